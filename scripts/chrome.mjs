// @ts-check
// Finds a Chrome or Chromium, fetches one where there is none, and says how to start it. Node's own modules only.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { aptInstall, attempt, isExecutable, isRoot } from "./install.mjs";

const { env, platform } = process;

/** @type {Partial<Record<NodeJS.Platform, string[]>>} */
const wellKnown = {
  linux: [
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/snap/bin/chromium",
  ],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].map((name) =>
    join(env[name] ?? "C:\\", "Google", "Chrome", "Application", "chrome.exe"),
  ),
};

/** Where the executable lies inside one version of puppeteer's cache.
 * @type {Partial<Record<NodeJS.Platform, string[]>>} */
const insideCache = {
  linux: ["chrome-linux64/chrome", "chrome-linux-arm64/chrome"],
  darwin: ["arm64", "x64"].map(
    (cpu) => `chrome-mac-${cpu}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
  ),
  win32: ["chrome-win64/chrome.exe"],
};

/** Every Chrome in puppeteer's cache, newest first: puppeteer itself only looks for the one version it was made with. */
function cached() {
  const folder = join(env.PUPPETEER_CACHE_DIR ?? join(homedir(), ".cache", "puppeteer"), "chrome");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .flatMap((version) => (insideCache[platform] ?? []).map((path) => join(folder, version, path)));
}

function onPath() {
  const names = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"];
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => join(folder, name)));
}

/**
 * The browser to use: CHROME_PATH, then puppeteer's cache, the well-known places and PATH.
 * @returns {string | undefined} its executable, or undefined where there is none
 */
export function findChrome() {
  const named = env.CHROME_PATH ?? env.PUPPETEER_EXECUTABLE_PATH;
  if (!named) return [...cached(), ...(wellKnown[platform] ?? []), ...onPath()].find(isExecutable);
  if (isExecutable(named)) return named;
  throw new Error(`Chrome: CHROME_PATH names ${named}, which cannot be run. Correct it, or unset it.`);
}

/**
 * Finds a browser or fetches one, first with puppeteer and then (on Linux, as root) with apt.
 * Quiet unless it has to fetch.
 * @returns {string} its executable
 */
export function ensureChrome() {
  let path = findChrome();
  if (path) return path;
  console.log("No Chrome found; fetching one ...");
  attempt(process.execPath, "node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js", "browsers", "install", "chrome");
  path = findChrome();
  if (path) return path;
  aptInstall("chromium");
  path = findChrome();
  if (path) return path;
  throw new Error(
    "Chrome: none was found, and none could be fetched. Install one, or name its executable in CHROME_PATH.",
  );
}

/**
 * What `puppeteer.launch` is given, everywhere in this repository.
 * WEBGPU_ADAPTER=swiftshader forces the CPU adapter where there is a GPU.
 * @param {{ headed?: boolean | undefined }} [options]
 * @returns {import("puppeteer").LaunchOptions}
 */
export function launchOptions({ headed = false } = {}) {
  const executablePath = findChrome();
  if (!executablePath) throw new Error("Chrome: none was found. Run node scripts/setup.mjs, or set CHROME_PATH.");
  return {
    executablePath,
    headless: !headed,
    // Through a pipe, Chrome ends when this process does, however it ends.
    pipe: true,
    // A training run answers when it is done.
    protocolTimeout: 0,
    args: [
      ...(isRoot ? ["--no-sandbox"] : []),
      // WebGPU on every platform: the real GPU where there is one, else SwiftShader on the CPU.
      "--enable-unsafe-webgpu",
      "--enable-unsafe-swiftshader",
      ...(platform === "linux" ? ["--enable-features=Vulkan"] : []),
      ...(env.WEBGPU_ADAPTER === "swiftshader" ? ["--use-webgpu-adapter=swiftshader"] : []),
    ],
  };
}
