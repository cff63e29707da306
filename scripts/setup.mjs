// @ts-check
// Makes a fresh clone ready; does nothing when it already is. Uses Node's own modules only.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const stamp = "node_modules/.package-lock.json";
const stale = !existsSync(stamp) || statSync("package-lock.json").mtimeMs > statSync(stamp).mtimeMs;
if (stale) {
  console.log("Installing packages (npm ci) ...");
  const installed = spawnSync("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (installed.status !== 0) process.exit(installed.status ?? 1);
}
if (!process.argv.includes("--no-browser")) {
  const { ensureChrome } = await import("./chrome.mjs");
  ensureChrome();
}
