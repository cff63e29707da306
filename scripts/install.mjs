// @ts-check
// Installs what a script lacks. Node's own modules only.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

const { env, platform } = process;
export const isRoot = platform === "linux" && process.getuid?.() === 0;

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command and shows it; shows why, where it does not work. @param {string} command @param {string[]} args */
export function attempt(command, ...args) {
  console.log(`  ${[command === process.execPath ? "node" : command, ...args].join(" ")}`);
  const { status, stderr, error } = spawnSync(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: 300_000,
    env: { ...env, DEBIAN_FRONTEND: "noninteractive" },
    shell: platform === "win32" && command === "npm", // a .cmd file there
  });
  if (status === 0) return;
  const lines = error ? [error.message] : stderr.trim().split("\n");
  console.log(`  did not work: ${lines.find((line) => /error/i.test(line)) ?? lines.at(-1)}`);
}

/** Installs Debian packages, where this process may; does nothing elsewhere. @param {string[]} packages */
export function aptInstall(...packages) {
  if (!isRoot || !isExecutable("/usr/bin/apt-get")) return;
  attempt("apt-get", "update", "-qq");
  attempt("apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages);
}
