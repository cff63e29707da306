// Holds DESIGN.md's "rooms and arrows": who may import whom, and what belongs together.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

/** Room → the rooms (or folders of shaders) it may import, besides itself. */
const mayImport: Record<string, readonly string[] | "anything"> = {
  gpu: [],
  graph: [],
  numbers: [],
  reference: ["graph", "numbers"],
  optim: ["gpu", "shaders/optim", "shaders/numbers"],
  engine: ["graph", "gpu", "numbers", "shaders/engine", "shaders/numbers"],
  train: ["graph", "reference", "engine", "optim", "gpu"],
  interop: "anything",
  page: "anything",
  "the root index": "anything",
};

/** Rooms that may import packages; every other one runs on nothing but its own files. */
const mayImportPackages = ["page", "interop"];

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Paths of the files in `folder` that end in one of `endings`, from the repository's root; none when it is not there. */
function filesIn(folder: string, ...endings: string[]): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => join(folder, path).split(sep).join("/"))
    .sort();
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");

const names = (folder: string, ending: string): string[] =>
  filesIn(folder, ending).map((path) => path.slice(folder.length + 1, -ending.length));

function roomOf(path: string): string {
  const [top = "", ...rest] = path.split("/");
  if (top === "shaders") return `shaders/${rest[0]}`;
  if (top !== "src") return top;
  return rest.length > 1 ? rest[0]! : path === "src/index.ts" ? "the root index" : path;
}

interface Import {
  readonly from: string;
  /** A path from the root, or a package's name. */
  readonly to: string;
  readonly isPackage: boolean;
}

/** Everything a file imports: statically, by `import()`, for types only, or by `import.meta.glob`. */
function importsOf(from: string): Import[] {
  const source = read(from);
  const globs = [...source.matchAll(/import\.meta\.glob(?:<[^()]*>)?\(\s*\[?\s*["'`]([^"'`]+)/g)].map(
    ([, path]) => path!,
  );
  const imported = ts.preProcessFile(source, true, true).importedFiles.map((file) => file.fileName);
  return [...imported, ...globs].map((specifier) => {
    const isPackage = !/^[./]/.test(specifier);
    const path = specifier.replace(/\?.*$/, "");
    const file = path.startsWith("/") ? path.slice(1) : relative(root, join(root, dirname(from), path));
    return { from, to: isPackage ? specifier : file.split(sep).join("/"), isPackage };
  });
}

const sources = filesIn("src", ".ts").filter((path) => !path.endsWith(".d.ts"));
const imports = sources.flatMap(importsOf);

/** What is wrong with an import, or undefined. */
function fault({ from, to, isPackage }: Import): string | undefined {
  const room = roomOf(from);
  const allowed = mayImport[room] ?? "anything"; // a room that is none fails a test of its own
  if (isPackage) {
    return mayImportPackages.includes(room) ? undefined : `${from} imports the package ${to}; ${room} runs on none.`;
  }
  if (to === "src/index.ts" && room !== "page") return `${from} imports the root index; import from the room itself.`;
  const target = roomOf(to);
  if (target === room || allowed === "anything" || allowed.includes(target)) return undefined;
  return `${from} imports ${to}; ${room} may import ${allowed.join(", ") || "nothing of ours"}.`;
}

/** The first import cycle found, as the files along it; empty when there is none. */
function findCycle(): string[] {
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { to } of imports.filter(({ from }) => from === file)) {
      const cycle = visit(to, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of sources) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

test("every file lies in a room", () => {
  expect(sources.filter((path) => !mayImport[roomOf(path)])).toEqual([]);
});

test("imports follow the arrows", () => {
  expect(imports.map(fault).filter((text) => text !== undefined)).toEqual([]);
});

/** The compiler does not follow `?raw`, and looks at no shader. */
test("what is imported is there", () => {
  const others = ["bench", "test", "examples"].flatMap((folder) => filesIn(folder, ".ts"));
  const own = others.filter((path) => !path.includes("/node_modules/"));
  const lost = [...imports, ...own.flatMap(importsOf)].filter(
    ({ to, isPackage }) => !isPackage && !to.includes("*") && !existsSync(join(root, to)),
  );
  expect(lost.map(({ from, to }) => `${from} imports ${to}, which is not there.`)).toEqual([]);
});

test("no import cycles", () => {
  expect(findCycle()).toEqual([]);
});

test("an update rule has its shader, its reference and its row of the parity table", () => {
  const table = filesIn("test/parity/rows", ".ts")
    .filter((path) => !path.endsWith("/row.ts")) // which only names the rules
    .map(read)
    .join("\n");
  const missing = names("src/optim/rules", ".ts")
    .filter((rule) => rule !== "index")
    .flatMap((rule) => [
      ...[`shaders/optim/${rule}.wgsl`, `src/reference/${rule}.ts`].filter((path) => !existsSync(join(root, path))),
      ...(new RegExp(`["'\`]${rule}["'\`]|rule: ${rule}\\b`).test(table)
        ? []
        : [`a row for ${rule} in test/parity/rows`]),
      ...["src/optim", "src/reference"]
        .filter((room) => !read(`${room}/index.ts`).includes(`/${rule}.ts"`))
        .map((room) => `a line for ${rule} in ${room}/index.ts`),
    ]);
  expect(missing).toEqual([]);
});

test("no file is longer than 300 lines", () => {
  const files = ["src", "shaders", "test"].flatMap((folder) => filesIn(folder, ".ts", ".mjs", ".wgsl", ".css"));
  const long = files
    .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
    .filter(({ lines }) => lines > 300);
  expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
});

test("no test can be skipped", () => {
  const skip = /\b(?:test|it|describe|suite|context|ctx)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|only)\b/;
  expect(
    filesIn("test", ".ts").filter((path) => path !== "test/structure/rooms.test.ts" && skip.test(read(path))),
  ).toEqual([]);
});
