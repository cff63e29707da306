/** The cases whose numbers are kept in fewer bits than 32: what is kept how, at every size and in every layout. */
import type { ParityCase } from "./cases.ts";
import { gptTensors, sizes, vectors } from "./layouts.ts";
import type { CaseStorage } from "./storage.ts";
import { type Row, type RuleName, table } from "./table.ts";

const rowNamed = (rule: RuleName, desc: string): Row => {
  const row = table.find((each) => each.rule === rule && each.desc === desc);
  if (row) return row;
  throw new Error(`cases: no row "${rule} · ${desc}" in the table.`);
};

/** How the numbers are kept, and the rows of the table that show it. */
const kinds: readonly { what: string; storage: CaseStorage; rows: readonly (readonly [RuleName, string])[] }[] = [
  ...(["bfloat16", "float8"] as const).map((states) => ({
    what: `states in ${states}`,
    storage: { states },
    rows: [
      ["adamw", "cosine lr"],
      ["adam", "weight decay"],
      ["adamw", "amsgrad"],
      ["nadam", "decoupled decay"],
      ["radam", "decoupled decay"],
      ["lion", "cosine lr, decay"],
    ] as const,
  })),
  ...(["bfloat16", "float16"] as const).flatMap((dtype) =>
    [false, true].map((masters) => ({
      what: `${dtype}${masters ? " with masters" : ""}`,
      storage: { dtype, masters },
      rows: [
        ["adamw", "cosine lr"],
        ["sgd", "nesterov, weight decay"],
        ["rmsprop", "centered, momentum, weight decay"],
        ["lion", "cosine lr, decay"],
      ] as const,
    })),
  ),
  ...[
    { what: "bfloat16 throughout", storage: { dtype: "bfloat16", states: "bfloat16" } as const },
    { what: "bfloat16, states in float8", storage: { dtype: "bfloat16", states: "float8" } as const },
    {
      what: "float16 with masters, states in float8",
      storage: { dtype: "float16", masters: true, states: "float8" } as const,
    },
  ].map((kind) => ({
    ...kind,
    rows: [
      ["adamw", "cosine lr"],
      ["lion", "cosine lr, decay"],
    ] as const,
  })),
];

type Place = Pick<ParityCase, "tensors" | "memory" | "limits"> &
  Partial<Pick<ParityCase, "exempt" | "gradients" | "averageDecay">> & { where: string; groups?: number };

/** Where such tensors may go wrong: at the ends of blocks, buffers and bindings, and among the optimizer's other work. */
const places: readonly Place[] = [
  { where: "148 tensors in 3 groups", tensors: gptTensors(12), memory: "slabs", limits: {}, groups: 3, exempt: true },
  {
    where: "bindings of 80 KiB",
    tensors: vectors([20_000, 3, 5000]),
    memory: "slabs",
    limits: { maxStorageBufferBindingSize: 81_920 },
  },
  { where: "buffers of 20 KiB", tensors: vectors(sizes), memory: "slabs", limits: { maxBufferSize: 20_480 } },
  {
    where: "workgroups of 64",
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxComputeInvocationsPerWorkgroup: 64 },
  },
  { where: "ragged buffers", tensors: vectors([1, 2, 3, 5, 6, 7, 1025, 1030]), memory: "own buffers", limits: {} },
  { where: "one buffer for all", tensors: vectors([1, 2, 300, 5, 64, 1025]), memory: "one buffer", limits: {} },
  {
    where: "clipped, some steps skipped, averaged",
    tensors: vectors(sizes),
    memory: "own buffers",
    limits: {},
    gradients: { clipNorm: 1, nonFinite: "skip", zero: true },
    averageDecay: 0.9,
  },
];

/** Each kind at each size, and its first row in each of the places. */
export function storageCases(edgeSizes: readonly number[], steps: number): ParityCase[] {
  const atSizes: Place[] = edgeSizes.map((size) => ({
    where: `${size} elements`,
    tensors: [{ name: "w", shape: [size], paramGroup: 0 }],
    memory: "slabs",
    limits: {},
  }));
  return kinds.flatMap(({ what, storage, rows }, kind) =>
    rows.flatMap(([rule, desc], i) => {
      const row = rowNamed(rule, desc);
      const groups = [row, { ...row, hyper: { ...row.hyper, lr: 2e-3 } }, row];
      return [...atSizes, ...(i === 0 ? places : [])].map(({ where, groups: count = 1, ...place }, at) => ({
        name: `${rule} · ${desc} · ${what} · ${where}`,
        rule,
        profile: at % 2 ? ("torch" as const) : ("accurate" as const),
        rows: groups.slice(0, count),
        storage,
        exempt: false,
        steps,
        seed: 20_000 + kind * 1000 + i * 100 + at,
        ...place,
      }));
    }),
  );
}
