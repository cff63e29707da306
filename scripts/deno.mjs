// @ts-check
// Runs a JavaScript file in Deno, whose WebGPU is wgpu over Vulkan, on a software adapter; fetches what is missing.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findChrome } from "./chrome.mjs";
import { aptInstall, attempt, isExecutable } from "./install.mjs";
import { decode } from "./wire.mjs";

const { env, platform } = process;

/** The version says which wgpu and which naga are the second opinion. */
const version = "2.9.6";

/** Where the first file is whose name matches. @param {string[]} folders @param {RegExp} name */
function find(folders, name) {
  for (const folder of folders) {
    const file = existsSync(folder) && readdirSync(folder).find((each) => name.test(each));
    if (file) return join(folder, file);
  }
  return undefined;
}

const vulkan = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const besideChrome = () => [dirname(findChrome() ?? ""), "/usr/lib/chromium", "/opt/google/chrome"];

/** Where the description of each adapter's Vulkan driver is, what else installs it, and how it calls itself. */
const drivers = {
  swiftshader: {
    look: () => find([...besideChrome(), ...vulkan], /^vk_swiftshader_icd.*\.json$/),
    packages: ["chromium"],
    remedy: "It comes with Chrome: install one or name it in CHROME_PATH, or take --adapter lavapipe.",
    name: /swiftshader/i,
  },
  lavapipe: {
    look: () => find(vulkan, /^lvp_icd.*\.json$/),
    packages: ["mesa-vulkan-drivers"],
    remedy:
      "Install Mesa's Vulkan drivers (Debian, Ubuntu: apt install mesa-vulkan-drivers), or take --adapter swiftshader.",
    name: /llvmpipe|lavapipe/i,
  },
};

/** @typedef {keyof typeof drivers} Adapter */

/** The adapters to run on; each also is a word of the command line. */
export const adapters = /** @type {Adapter[]} */ (Object.keys(drivers));

/**
 * The description of an adapter's Vulkan driver, installed where it may be.
 * @param {Adapter} adapter
 * @throws Error with the remedy.
 */
export function ensureDriver(adapter) {
  const { look, packages, remedy } = drivers[adapter];
  if (platform !== "linux")
    throw new Error(`${adapter}: only Linux has it here (got ${platform}). Leave out --on deno.`);
  const found = look();
  const hasLoader = /libvulkan\.so\.1/.test(spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" }).stdout ?? "");
  if (found && hasLoader) return found;
  console.log(`No Vulkan ${found ? "loader" : `driver for ${adapter}`} found.`);
  aptInstall("libvulkan1", ...(found ? [] : packages));
  const driver = found ?? look();
  if (driver) return driver;
  throw new Error(`${adapter}: its Vulkan driver was not found, and could not be installed from here. ${remedy}`);
}

/**
 * Deno, from DENO_PATH, from `.deno/` or from npm: into that folder, not among the packages, for it weighs 95 MB.
 * @returns {string} its executable
 * @throws Error with the remedy.
 */
export function ensureDeno() {
  const named = env.DENO_PATH;
  if (named && isExecutable(named)) return named;
  if (named) throw new Error(`Deno: DENO_PATH names ${named}, which cannot be run. Correct it, or unset it.`);
  const folder = fileURLToPath(new URL(`../.deno/${version}`, import.meta.url));
  const scope = join(folder, "node_modules", "@deno");
  const executable = () => {
    const platforms = existsSync(scope) ? readdirSync(scope) : [];
    return platforms.map((name) => join(scope, name, platform === "win32" ? "deno.exe" : "deno")).find(isExecutable);
  };
  const known = executable();
  if (known) return known;
  console.log(`No Deno ${version} found; fetching it ...`);
  const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  // Its install script only moves the executable to where `npx` looks for it.
  attempt("npm", "install", "--prefix", folder, "--ignore-scripts", ...quiet, `deno@${version}`);
  const fetched = executable();
  if (fetched) return fetched;
  throw new Error(`Deno: version ${version} could not be fetched from npm. Name its executable in DENO_PATH.`);
}

/** A run that says nothing for so long hangs, in milliseconds. */
const patience = 120_000;

/**
 * Runs a file that speaks in lines of `encode`d messages: `{ progress }`, and at the end `{ report }` or `{ fault }`.
 *
 * @param {object} options
 * @param {string} options.deno the executable
 * @param {Adapter} options.adapter
 * @param {string} options.driver from `ensureDriver`
 * @param {string} options.file
 * @param {string[]} options.args
 * @param {(value: any) => void} options.onProgress
 * @returns {Promise<{ report?: any, fault?: import("./fault.mjs").Fault }>} the last message
 * @throws when the adapter is not there or another one answered, and when Deno ended without a word, or fell silent.
 */
export async function runInDeno({ deno, adapter, driver, file, args, onProgress }) {
  const child = spawn(deno, ["run", "--quiet", "--no-config", "--no-lock", "--no-prompt", file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...env,
      // The first name is today's; the second is that of Vulkan loaders before 1.3.207.
      VK_DRIVER_FILES: driver,
      VK_ICD_FILENAMES: driver,
      DENO_WEBGPU_BACKEND: "vulkan",
      XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? tmpdir(),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
    },
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaints += text;
  });
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  ended.catch(() => {}); // it is awaited only after the last line
  let silent = false;
  const watchdog = setTimeout(() => {
    silent = true;
    child.kill("SIGKILL");
  }, patience);
  /** @type {any} */
  let last;
  for await (const line of createInterface(child.stdout)) {
    watchdog.refresh();
    const message = line.startsWith("{") ? decode(line) : {};
    if (message.progress) onProgress(message.progress);
    else if (message.report || message.fault) last = message;
    else complaints += `${line}\n`; // a driver that speaks where only we should
  }
  clearTimeout(watchdog);
  const status = await ended;
  if (last?.fault?.name === "WebGPUUnavailableError") {
    throw new Error(
      `${adapter}: wgpu finds no adapter with ${driver}. ${drivers[adapter].remedy}\n${complaints.trim()}`,
    );
  }
  if (last?.report && !drivers[adapter].name.test(last.report.adapter)) {
    throw new Error(`${adapter}: wgpu took another adapter (got ${last.report.adapter}). Update the Vulkan loader.`);
  }
  if (last) return last;
  const how = silent ? `was silent for ${patience / 1000} s` : `ended with status ${status} and without a result`;
  throw new Error(`Deno on ${adapter}: it ${how}.\n${complaints.trim()}`);
}
