// @ts-check
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir, platform } from "node:os";
import { delimiter, join } from "node:path";

const root = platform() === "linux" && process.getuid?.() === 0;
/** Arguments every headless run uses. */
export const launchArgs = [
  ...(root ? ["--no-sandbox"] : []),
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // WebGPU on every platform: the real GPU where there is one, else SwiftShader on the CPU.
  "--enable-unsafe-webgpu",
  "--enable-unsafe-swiftshader",
  ...(platform() === "linux" ? ["--enable-features=Vulkan"] : []),
  ...(process.env.WEBGPU_ADAPTER === "swiftshader" ? ["--use-webgpu-adapter=swiftshader"] : []),
];

/** @param {string | undefined} p */
const usable = (p) => {
  try {
    accessSync(/** @type {string} */ (p), constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Newest Chrome for Testing in puppeteer's cache, whatever its revision. */
function cached() {
  const dir = join(process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), ".cache", "puppeteer"), "chrome");
  if (!existsSync(dir)) return undefined;
  const leaf =
    {
      linux: ["chrome-linux64/chrome", "chrome-linux-arm64/chrome"],
      win32: ["chrome-win64/chrome.exe"],
      darwin: ["arm64", "x64"].map(
        (a) => `chrome-mac-${a}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
      ),
    }[/** @type {'linux'} */ (platform())] ?? [];
  return readdirSync(dir)
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .flatMap((v) => leaf.map((l) => join(dir, v, l)))
    .find(usable);
}

/** CHROME_PATH, puppeteer's cache, the well-known places, PATH. */
export function findChrome() {
  const env = process.env.CHROME_PATH ?? process.env.PUPPETEER_EXECUTABLE_PATH;
  if (env) {
    if (!usable(env)) throw new Error(`CHROME_PATH names ${env}, which cannot be run.`);
    return env;
  }
  const places =
    {
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
      win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].map((v) =>
        join(process.env[v] ?? "C:\\", "Google/Chrome/Application/chrome.exe"),
      ),
    }[/** @type {'linux'} */ (platform())] ?? [];
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .flatMap((d) => ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"].map((n) => join(d, n)));
  return cached() ?? [...places, ...onPath].find(usable);
}

/** Find a browser, or get one. Says what it does only when it has to fetch. */
export function ensureChrome() {
  const found = findChrome();
  if (found) return found;
  /** @param {string} what @param {string} cmd @param {string[]} args */
  const attempt = (what, cmd, args) => {
    console.log(`No Chrome found; trying: ${what}`);
    const r = spawnSync(cmd, args, {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (r.status !== 0) console.log(`  did not work: ${(r.stderr ?? "").trim().split("\n").at(-1)}`);
    return r.status === 0 ? findChrome() : undefined;
  };
  const viaPuppeteer = attempt("puppeteer browsers install chrome", process.execPath, [
    join("node_modules", "puppeteer", "lib", "cjs", "puppeteer", "node", "cli.js"),
    "browsers",
    "install",
    "chrome",
  ]);
  if (viaPuppeteer) return viaPuppeteer;
  if (root && usable("/usr/bin/apt-get")) {
    attempt("apt-get update", "apt-get", ["update", "-qq"]);
    const viaApt = attempt("apt-get install chromium", "apt-get", [
      "install",
      "-y",
      "-qq",
      "--no-install-recommends",
      "chromium",
    ]);
    if (viaApt) return viaApt;
  }
  throw new Error(
    "No Chrome or Chromium could be found or fetched. Install one, or set CHROME_PATH to its executable.",
  );
}
