// @ts-check
// Makes a fresh clone ready, and does nothing when it already is. Node's own modules only: nothing is installed yet.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const installed = "node_modules/.package-lock.json";
const upToDate = existsSync(installed) && statSync(installed).mtimeMs >= statSync("package-lock.json").mtimeMs;
if (!upToDate) {
  console.log("Installing packages (npm ci) ...");
  const { status } = spawnSync("npm", ["ci", "--prefer-offline", "--loglevel=error"], {
    stdio: "inherit",
    shell: process.platform === "win32", // npm is a .cmd file there
  });
  if (status !== 0) process.exit(status ?? 1);
}
if (!process.argv.includes("--no-browser")) {
  const { ensureChrome } = await import("./chrome.mjs");
  try {
    ensureChrome();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}
