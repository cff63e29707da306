/** The cases whose numbers are kept in fewer bits than 32: what is kept how, at every size and in every layout. */
import type { ParityCase } from "./cases.ts";
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

type Place = Pick<ParityCase, "tensors" | "memory" | "exempt" | "limits"> &
  Partial<Pick<ParityCase, "gradients" | "averageDecay">> & { where: string; groups?: number };

/** Each kind at each size, and its first row in each of the places. */
export function storageCases(sizes: readonly number[], places: readonly Place[], steps: number): ParityCase[] {
  const atSizes: Place[] = sizes.map((size) => ({
    where: `${size} elements`,
    tensors: [{ name: "w", shape: [size], paramGroup: 0 }],
    memory: "slabs",
    exempt: false,
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
        steps,
        seed: 20_000 + kind * 1000 + i * 100 + at,
        ...place,
      }));
    }),
  );
}
