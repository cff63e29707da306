// @ts-check
// What the two oracles share: a Python environment each, the parity modules, a run of Python, readable JSON.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} message @returns {never} */
export function stop(message) {
  console.error(message);
  process.exit(1);
}

/** Whether `--write` was given; anything else is refused. */
export function askedToWrite() {
  const options = process.argv.slice(2);
  if (options.some((option) => option !== "--write")) {
    stop(`oracle: unknown option (got ${options.join(" ")}, allowed --write). Leave it out to check.`);
  }
  return options.includes("--write");
}

/**
 * Path of a Python that has these packages; makes the environment when it is missing or has other versions.
 * @param {string} folder @param {Record<string, string>} pinned versions by package @param {string} size in words
 * @param {Record<string, string>} alone the same, of packages that are taken without what they depend on
 */
export function ensurePython(folder, pinned, size, alone = {}) {
  const windows = process.platform === "win32";
  const python = join(root, folder, windows ? "Scripts" : "bin", windows ? "python.exe" : "python");
  const all = { ...pinned, ...alone };
  const names = Object.keys(all);
  const versions = `import importlib.metadata as m; print(*(m.version(name).split('+')[0] for name in ${JSON.stringify(names)}))`;
  const found = spawnSync(python, ["-c", versions], { encoding: "utf8" });
  if (found.status === 0 && found.stdout.trim() === Object.values(all).join(" ")) return python;

  const wanted = names.map((name) => `${name}==${all[name]}`);
  console.log(`Making a Python environment with ${wanted.join(", ")} in ${folder}/ (about ${size}, once) ...`);
  const venv = ["-m", "venv", "--clear", join(root, folder)];
  const made = spawnSync(windows ? "python" : "python3", venv, { stdio: "inherit" });
  if (made.status !== 0) stop("oracle: no Python environment could be made. Install Python 3.11 or newer with venv.");
  const own = wanted.splice(Object.keys(pinned).length);
  for (const packages of [[...wanted, "numpy"], ...(own.length > 0 ? [["--no-deps", ...own]] : [])]) {
    const install = ["-m", "pip", "install", "--disable-pip-version-check", ...packages];
    const installed = spawnSync(python, install, { stdio: "inherit" });
    if (installed.status !== 0) stop(`oracle: pip could not install ${packages.join(" ")}. Its message is above.`);
  }
  return python;
}

/**
 * The exports of modules of the tests, all in one object: TypeScript, so vite loads them.
 * @param {...string} paths from the root
 */
export async function loadModules(...paths) {
  const server = await createServer({
    root,
    configFile: false,
    appType: "custom",
    logLevel: "error",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, ws: false },
  });
  const modules = [];
  for (const path of paths) modules.push(await server.ssrLoadModule(`/${path}`));
  await server.close();
  return /** @type {any} */ (Object.assign({}, ...modules));
}

/**
 * Runs a script of this folder: a request to its stdin, an answer from its stdout, both JSON.
 * @param {string} python @param {string} script @param {object} request @param {Record<string, string>} env
 */
export function runPython(python, script, request, env = {}) {
  const ran = spawnSync(python, [join(root, "scripts", script)], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  if (ran.status !== 0) stop(`oracle: ${script} did not run. Its message is above.`);
  return JSON.parse(ran.stdout);
}

/** JSON with what fits on a line on one line, so that a diff shows which tensor changed. @param {unknown} value */
export function readableJson(value, indent = "") {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null || flat.length + indent.length <= 120) return flat;
  const inner = `${indent} `;
  /** @type {string[]} */
  const parts = Array.isArray(value)
    ? value.map((item) => inner + readableJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${readableJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}
