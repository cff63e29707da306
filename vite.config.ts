import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import ClosingLine from "./test/support/closingLine.ts";
import { puppeteerProvider } from "./test/support/puppeteerProvider.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Public doors: the root index and one a room. What is not written yet is left out of the build. */
const doors = ["index", "engine/index", "train/index", "reference/index", "interop/index"].filter((door) =>
  existsSync(here(`src/${door}.ts`)),
);

/** Shaders are read by people in the repository and by a parser in the bundle: the bundle goes without their comments. */
const stripWgslComments: Plugin = {
  name: "strip-wgsl-comments",
  enforce: "pre",
  apply: "build",
  async load(id) {
    if (!id.endsWith(".wgsl?raw")) return null;
    const source = await readFile(id.slice(0, -"?raw".length), "utf8");
    const code = source
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
      .replace(/[ \t]+$/gm, "")
      .replace(/\n{2,}/g, "\n")
      .trim();
    return { code: `export default ${JSON.stringify(code)};`, moduleType: "js", map: null };
  },
};

/** Browsers side by side: most of the time goes into compiling kernels, which a browser does one at a time. */
const inTheBrowser = {
  optim: ["test/{gpu,optim,parity}/**/*.test.ts", "test/bench/count.test.ts"],
  engine: ["test/{engine,train}/**/*.test.ts", "test/shaders.test.ts"],
  mutants: ["test/mutants/**/*.test.ts"],
};
const drivingChrome = ["test/{page,start}/**/*.test.ts"];

export default defineConfig({
  plugins: [stripWgslComments],
  // Cross-origin isolation gives the page 5 us timers and SharedArrayBuffer.
  server: {
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    watch: { ignored: ["**/.{oracle,oracleBeyond,gpu,deno,build}/**", "**/{dist,runs,reports,coverage}/**"] },
  },
  build: {
    target: "es2022",
    minify: false,
    sourcemap: true,
    copyPublicDir: false,
    lib: { entry: Object.fromEntries(doors.map((door) => [door, here(`src/${door}.ts`)])), formats: ["es"] },
    // One file out for each file in, under its own name: what is shipped reads like the sources and lies beside its types.
    rolldownOptions: { output: { preserveModules: true, preserveModulesRoot: here("src") } },
  },
  test: {
    // `npm run test:all`; see test/support/spread.ts.
    provide: { takesAll: process.argv.includes("--mode=all") },
    reporters: ["default", new ClosingLine()],
    // Within a project files take turns; the projects run side by side.
    maxWorkers: 1,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          environment: "node",
          testTimeout: 60_000,
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [...Object.values(inTheBrowser).flat(), ...drivingChrome],
        },
      },
      ...Object.entries(inTheBrowser).map(([room, include]) => ({
        extends: true as const,
        test: {
          name: room,
          include,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One page for all files, which then load and compile nothing twice.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: puppeteerProvider,
            instances: [{ browser: "chrome" as const, name: `chrome-${room}` }],
          },
        },
      })),
      {
        extends: true,
        test: {
          name: "page",
          environment: "node",
          include: drivingChrome,
          // Files that share a worker may run beside the browsers' projects.
          isolate: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
