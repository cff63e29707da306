// @ts-check
// A module of this repository and all that it imports, shaders included, as one JavaScript file: for where there is no
// server and no node_modules.
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * @param {string} entry the module's path from the repository's root
 * @returns the code, and a function that gives a stack from it the positions of the files as written
 */
export async function bundle(entry) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = await build({
    root,
    configFile: false, // that one is for the library: many files, and shaders without their comments
    logLevel: "warn",
    build: {
      target: "es2022",
      minify: false,
      sourcemap: "hidden",
      write: false,
      lib: { entry: `${root}${entry}`, formats: ["es"], fileName: "bundle" },
    },
  });
  const { output } = /** @type {import("vite").Rolldown.RolldownOutput[]} */ (built)[0] ?? { output: [] };
  const chunk = output[0];
  if (!chunk?.map) throw new Error(`bundle: nothing was made of ${entry}.`);
  const map = new SourceMap(/** @type {any} */ (chunk.map));

  /** @param {string} stack */
  const inSources = (stack) =>
    stack.replace(/\(?file:\/\/[^\s)]+:(\d+):(\d+)\)?/g, (place, line, column) => {
      const origin = map.findEntry(line - 1, column - 1);
      if (!("originalLine" in origin)) return place;
      const file = origin.originalSource.replace(/^(\.\.\/)+/, "");
      return `(${file}:${origin.originalLine + 1}:${origin.originalColumn + 1})`;
    });
  return { code: chunk.code, inSources };
}
