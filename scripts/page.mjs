// @ts-check
// Runs a module of this repository in a Chrome: train, parity, bench and the tests of the page all go through here.
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer";
import { createLogger, createServer } from "vite";
import { launchOptions } from "./chrome.mjs";
import { describe, revive } from "./fault.mjs";
import { decode, encode } from "./wire.mjs";

/** @typedef {(type: string, text: string) => void} OnConsole */

/** @type {import("vite").Plugin} */
const forOneRun = {
  name: "for-one-run",
  /** Nothing is watched: a changed file must not reload the page. (Given inline, the null would be dropped in merging.) */
  config(config) {
    config.server = { ...config.server, watch: null };
  },
  /** An empty page of the same origin, cross-origin isolated like every other one. */
  configureServer(server) {
    server.middlewares.use("/blank", (_, response) => {
      response.writeHead(200, { ...server.config.server.headers, "Content-Type": "text/html" });
      response.end('<!doctype html><title>shrinkstep</title><link rel="icon" href="data:,">');
    });
  },
};

/** @param {string[]} faults */
async function serve(faults) {
  const logger = createLogger("warn");
  logger.error = (message) => void faults.push(message);
  const server = await createServer({
    root: fileURLToPath(new URL("..", import.meta.url)),
    customLogger: logger,
    plugins: [forOneRun],
    server: { host: "127.0.0.1", port: 0 },
    // A package that is found late would be bundled and the page reloaded, in the middle of a run.
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  await server.listen();
  return server;
}

/** @type {OnConsole} */
function print(type, text) {
  if (type === "debug") return; // Vite's client speaks of its connection there
  if (type === "error" || type === "warn") console.error(text);
  else console.log(text);
}

/**
 * Opens a page of this repository in a Chrome of its own.
 *
 * @param {object} [options]
 * @param {string} [options.path] the page, from the repository's root; an empty one by default
 * @param {boolean | undefined} [options.headed] show the window
 * @param {OnConsole | undefined} [options.onConsole] what the page prints; goes to this process's console by default
 * @param {AbortSignal | undefined} [options.signal] ends the run, with its reason
 * @param {boolean | undefined} [options.handleInterrupts] the caller handles Ctrl-C: Chrome stays until it is closed
 * @throws when there is no Chrome, or the page cannot be loaded. The caller must `close()`.
 */
export async function openChrome({
  path = "/blank",
  headed = false,
  onConsole = print,
  signal,
  handleInterrupts = false,
} = {}) {
  signal?.throwIfAborted();
  /** What the page complained of: console errors and uncaught exceptions. @type {string[]} */
  const faults = [];
  /** What the server complained of: modules that do not parse, imports that lead nowhere. @type {string[]} */
  const serverFaults = [];
  const server = await serve(serverFaults);
  const browser = await puppeteer
    .launch({ ...launchOptions({ headed }), handleSIGINT: !handleInterrupts })
    .catch(async (error) => {
      await server.close();
      throw error;
    });
  /** @param {string} stack */
  const asWritten = (stack) => inSources(stack, server);
  const origin = new URL(server.resolvedUrls?.local[0] ?? "").origin;

  async function close() {
    const stuck = setTimeout(() => browser.process()?.kill("SIGKILL"), 5_000);
    await browser.close();
    clearTimeout(stuck);
    await server.close();
  }

  /** @type {(error: unknown) => void} */
  let fail = () => {};
  /** Never resolves; rejects when the page can no longer answer. @type {Promise<never>} */
  const failure = new Promise((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {}); // it is raced against every call; without a call nobody may be listening
  signal?.addEventListener("abort", () => fail(signal.reason), { once: true });
  browser.once("disconnected", () => fail(new Error("Chrome: it ended before its work was done.")));

  try {
    const page = await browser.newPage();
    page.on("error", (error) => fail(new Error(`Chrome: the page crashed (${error.message}).`)));
    page.on("pageerror", (error) => {
      const fault = revive(describe(error), asWritten);
      faults.push(fault.stack ?? fault.message);
      fail(fault);
    });
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
      onConsole(message.type(), message.text());
    });

    let calls = 0;
    /** @type {Map<number, { onProgress: (value: any) => unknown, pending: Promise<unknown>[] }>} */
    const listening = new Map();
    await page.exposeFunction("shrinkstepReport", async (/** @type {number} */ id, /** @type {string} */ text) => {
      const listener = listening.get(id);
      const handled = Promise.resolve(listener?.onProgress(decode(text)));
      listener?.pending.push(handled);
      await handled;
    });
    await Promise.race([page.goto(origin + path, { timeout: 60_000 }), failure]);

    /**
     * Imports a module in the page and calls a function it exports as `fn(argument, progress)`.
     * Values cross in both directions as JSON that may hold typed arrays, NaN and infinities.
     *
     * @param {string} module its path from the repository's root, `/test/parity/run.ts`
     * @param {string} name the exported function
     * @param {unknown} [argument]
     * @param {(value: any) => unknown} [onProgress] receives what the function passes to `progress`; `await progress(…)` waits for it
     * @returns {Promise<any>} what the function returned
     * @throws what the function threw, with the page's stack in terms of the source files
     */
    async function call(module, name, argument, onProgress = () => {}) {
      const id = ++calls;
      /** @type {Promise<unknown>[]} */
      const pending = [];
      listening.set(id, { onProgress, pending });
      const args = [module, name, encode(argument), id].map((value) => JSON.stringify(value)).join(", ");
      // A string, not a function: a bundler or a test runner may have rewritten the functions of this file.
      const expression = `import("/scripts/inPage.mjs").then(({ callExport }) => callExport(${args}))`;
      const answer = decode(String(await Promise.race([page.evaluate(expression), failure])));
      await Promise.all(pending);
      listening.delete(id);
      if (!answer.fault) return answer.result;
      const error = revive(answer.fault, asWritten);
      // The page only learns that a module did not load; the server knows why.
      if (serverFaults.length > 0) error.cause ??= new Error(serverFaults.splice(0).join("\n"));
      throw error;
    }

    return { page, browser, origin, faults, call, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Runs one exported function of one module in an empty page, and closes everything behind it.
 *
 * @param {object} options
 * @param {string} options.module as for `call` of `openChrome`
 * @param {string} [options.call] the exported function, `run` by default
 * @param {unknown} [options.argument]
 * @param {(value: any) => unknown} [options.onProgress]
 * @param {OnConsole} [options.onConsole]
 * @param {boolean} [options.headed]
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<any>} what the function returned
 */
export async function runInChrome({ module, call = "run", argument, onProgress, onConsole, headed, signal }) {
  const chrome = await openChrome({ onConsole, headed, signal });
  try {
    return await chrome.call(module, call, argument, onProgress);
  } finally {
    await chrome.close();
  }
}

/**
 * A stack whose positions are those of the files as written, not as served.
 * @param {string} stack
 * @param {import("vite").ViteDevServer} server
 */
function inSources(stack, server) {
  const position = /http:\/\/[^/\s]+\/([^\s:?]+)[^\s:]*:(\d+):(\d+)/g;
  return stack.replace(position, (_, path, line, column) => {
    const map = server.environments.client.moduleGraph.urlToModuleMap.get(`/${path}`)?.transformResult?.map;
    if (!map || !("mappings" in map) || !map.mappings) return `${path}:${line}:${column}`;
    const origin = new SourceMap(/** @type {any} */ (map)).findEntry(line - 1, column - 1);
    if (!("originalLine" in origin)) return `${path}:${line}:${column}`;
    return `${path}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}
