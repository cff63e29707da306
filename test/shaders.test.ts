/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, expect, test } from "vitest";
import { attentionParts } from "../src/engine/kernels/attentionLaunch.ts";
import { gatherParts } from "../src/engine/kernels/gather.ts";
import { pool2dParts } from "../src/engine/kernels/pool2d.ts";
import type { ShaderPart } from "../src/gpu/index.ts";
import { explain, join } from "../src/gpu/shader.ts";
import { squaresParts, verdictParts } from "../src/optim/gradients/guard.ts";
import { adamw, sgd } from "../src/optim/index.ts";
import { evaluationParts, mayHaveRounds, measureOf, measureParts, moduleParts, rowParts } from "../src/optim/parts.ts";
import { dtypes } from "../src/optim/storage.ts";
import { matmulModules } from "./engine/kernels/matmulModules.ts";
import { loweredModules } from "./engine/loweredModules.ts";
import { variants } from "./optim/variants.ts";

/** The shaders' text by file; what lies in a folder `parts`, or beside one, only means something once composed. */
const texts = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>("../shaders/**/*.wgsl", { query: "?raw", import: "default", eager: true }),
  ).map(([path, code]) => [path.replace("../", ""), code]),
);

const accesses = dtypes.flatMap((dtype) => [false, true].map((isRagged) => ({ dtype, isRagged })));
const withDecays = {
  "sgd towards the start": sgd({ towardsStart: true }),
  "adamw towards the start": adamw({ towardsStart: true }),
  "adamw with a cautious decay": adamw({ cautious: true }),
};

const optim = Object.entries({ ...variants, ...withDecays }).flatMap(([name, rule]) =>
  [false, true].flatMap((isSurrounded) =>
    accesses.flatMap((access) => {
      const around = { isGuarded: isSurrounded, hasAverage: isSurrounded, hasMasters: isSurrounded };
      const variant = rule.variant(rule.uses);
      const how = `${isSurrounded ? ", guarded, averaged and with masters" : ""}${access.isRagged ? ", ragged" : ""}`;
      const what = `${name} on ${access.dtype}${how}`;
      const update = { name: `optim/${what}`, parts: moduleParts(variant, access, around) };
      const measure = { name: `optim/measure ${what}`, parts: measureParts(variant, access, around) };
      const passes = (variant.passes ?? []).flatMap((pass) => {
        if (pass.kind === "measure") return [];
        return Object.entries(pass.kernels).map(([kernel, parts]) => {
          return { name: `optim/${kernel} of ${what}`, parts: [...rowParts(around, pass.lanes), ...parts] };
        });
      });
      const isPlain = access.dtype === "float32" && !access.isRagged;
      const rounds = { name: `${update.name}, in rounds`, parts: moduleParts(variant, access, around, true) };
      const others = isPlain ? [...passes, ...(mayHaveRounds(variant) ? [rounds] : [])] : [];
      return [update, ...(measureOf(variant) ? [measure] : []), ...others];
    }),
  ),
);

const gradients = [
  ...accesses.map((access) => ({
    name: `optim/gradients/squares of ${access.dtype}${access.isRagged ? ", ragged" : ""}`,
    parts: squaresParts(access),
  })),
  { name: "optim/gradients/verdict", parts: verdictParts },
];

const evaluation = accesses.map((access) => ({
  name: `optim/evaluation of ${access.dtype}${access.isRagged ? ", ragged" : ""}`,
  parts: evaluationParts(access),
}));

const rows = [
  ...["softmax", "softmaxGradient", "layerNorm", "layerNormGradient", "rmsNorm", "rmsNormGradient", "argmax"].map(
    (name) => [name],
  ),
  ...["crossEntropyAlone", "crossEntropyWithGradient"].map((name) => ["crossEntropy", name]),
  ["crossEntropyGradient"],
].flatMap((body) => [
  [...body, "lane"],
  [...body, "team"],
  ["parts/subgroups", ...body, "subgroups"],
]);
const blocks = ["layerNormWeightGradient", "rmsNormWeightGradient", "columnSum", "columnSums"].map((body) => [
  body,
  "blocks",
]);
/** Modules over a folder's parts for rows of fours and for others. */
const inFolder = (folder: string, modules: readonly string[][]): string[][] =>
  modules.flatMap((names) =>
    ["wide", "ragged"].map((width) => [
      ...[...names, width].map((name) => (name.includes("/") ? name : `${folder}/${name}`)),
      ...(folder === "rows" && width === "ragged" ? [] : ["parts/exponentials"]),
      ...["parts/exponential", "parts/logarithm"],
    ]),
  );

const engine = [
  ...inFolder("rows", [...rows, ...blocks]),
  ...inFolder("attention", [["rotary"]]),
  ...["forward", "inputGradient"].flatMap((name) =>
    ["Wide", "Ragged"].map((width) => ["conv2d/product", `conv2d/${name}`, `matmul/store${width}`]),
  ),
  ...["Wide", "Ragged"].map((width) => ["conv2d/weightGradient", `conv2d/gradient${width}`]),
  ["conv2d/pack"],
  ["conv2d/sumPartials"],
].map((names) => ({
  name: `engine/${names.join(" + ")}`,
  parts: names.map((name) => ({
    file: `shaders/engine/${name}.wgsl`,
    code: texts[`shaders/engine/${name}.wgsl`] ?? "",
  })),
}));

const kernels = [
  ...(["forward", "queryGradient", "keyValueGradient"] as const).flatMap((pass) =>
    (["lanes", "tiles"] as const).flatMap((by) =>
      [false, true].map((isWide) => ({
        name: `engine/attention/${pass} by ${by} of ${isWide ? "fours" : "ones"}`,
        parts: attentionParts(pass, by, isWide),
      })),
    ),
  ),
  ...Object.entries(pool2dParts).map(([name, parts]) => ({ name: `engine/pool2d/${name}`, parts })),
  ...[false, true].flatMap((isWide) =>
    (["gather", "scan", "sums"] as const).map((name) => ({
      name: `engine/gather/${name} of ${isWide ? "fours" : "ones"}`,
      parts: gatherParts[name](isWide),
    })),
  ),
  { name: "engine/gather/chains", parts: gatherParts.chains },
  { name: "engine/gather/occurrences", parts: gatherParts.occurrences },
  { name: "engine/gather/stackIds", parts: gatherParts.stackIds },
];

/** Modules that a room composes from parts. */
const composed: readonly { name: string; parts: readonly ShaderPart[] }[] = [
  ...optim,
  ...gradients,
  ...evaluation,
  ...engine,
  ...matmulModules,
  ...kernels,
  ...loweredModules,
];

const whole = Object.entries(texts)
  .filter(([file]) => !/^shaders\/(optim|engine|numbers)\/(?!kernels\/)/.test(file))
  .map(([file, code]) => ({ name: file, parts: [{ file, code }] }));

const modules = [...whole, ...composed];

let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("No WebGPU adapter: nothing on the GPU can be tested here.");
  device = await adapter.requestDevice({ requiredFeatures: [...adapter.features] as GPUFeatureName[] });
});

test("there is an adapter", () => expect(device).toBeInstanceOf(GPUDevice));

test("every shader is in a module that is compiled here, as it is on disk", () => {
  const files = modules.flatMap(({ parts }) => parts).filter(({ file }) => file.startsWith("shaders/"));
  const compiled = new Map(files.map(({ file, code }) => [file, code]));
  expect(Object.fromEntries([...compiled].sort())).toEqual(Object.fromEntries(Object.entries(texts).sort()));
});

test.for(modules)("$name compiles", async ({ name, parts }) => {
  device.pushErrorScope("validation");
  const { messages } = await device.createShaderModule({ code: join(parts), label: name }).getCompilationInfo();
  const error = await device.popErrorScope();
  const faults = messages.filter(({ type }) => type !== "info").map((message) => explain(parts, message));
  if (error && faults.length === 0) faults.push(error.message);
  expect(faults).toEqual([]);
});
