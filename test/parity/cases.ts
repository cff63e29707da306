/**
 * The cases of the parity test: every row of the table in both profiles at every size where a kernel may go wrong, and
 * the layouts, limits and groups that one tensor alone does not show.
 */
import type { Limits } from "../../src/gpu/index.ts";
import type { GradientOptions } from "../../src/optim/index.ts";
import type { Profile } from "../../src/reference/index.ts";
import { fixtureCount } from "./fixtures.ts";
import {
  layouts,
  type Memory,
  matrixLayouts,
  mixed,
  type ParityTensor,
  sizes,
  tensorsFor,
  vectors,
} from "./layouts.ts";
import { averages } from "./rows/around.ts";
import { takesMatrices } from "./shapes.ts";
import type { CaseStorage } from "./storage.ts";
import { storageCases } from "./storageCases.ts";

import { profilesOf, type Row, type RuleName, table } from "./table.ts";

export type { Memory, ParityTensor };

export interface ParityCase {
  readonly name: string;
  readonly rule: RuleName;
  readonly profile: Profile;
  /** The hyperparameters of each param group. */
  readonly rows: readonly Row[];
  readonly tensors: readonly ParityTensor[];
  readonly memory: Memory;
  /** Whether biases and the like are left alone by the decay, as by default. */
  readonly exempt: boolean;
  readonly limits: Partial<Limits>;
  /** Where numbers are kept in fewer bits than 32. */
  readonly storage?: CaseStorage;
  /** Where an average of the weights is kept. */
  readonly averageDecay?: number | ((t: number) => number);
  /** What is done to the gradients; every seventh step has one that is not finite then. */
  readonly gradients?: GradientOptions;
  readonly steps: number;
  readonly seed: number;
}

const profiles: readonly Profile[] = ["accurate", "torch"];

/** Elements: none, one, around a group of four, a workgroup, a tile (1,024) and two tiles. */
export const edgeSizes = [0, 1, 3, 4, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 2049];

const steps = 50;

/** Matrices, and batches of them: the least, and one of four blocks, of 32 rows and 64 columns. */
const edgeMatrices = [
  [1, 1],
  [1, 7],
  [7, 1],
  [3, 5],
  [4, 3, 3, 3],
  [40, 70],
];
/** And for the row of the table that is large itself: more blocks, and blocks of other shapes. */
const largeMatrices = [
  [63, 65],
  [257, 129],
  [1000, 3],
  [3, 1000],
  [2, 33, 65],
  [300, 2, 3],
];

/** And for a rule that multiplies them: those that are transposed, and whose products are more than one block. */
const edgeFactors = [
  [0, 3],
  [33, 20],
  [65, 66],
];

/** What a row is tried on: vectors, or matrices where the oracle has one. */
function edgeShapes({ rule, shape = [] }: Row): [what: string, shape: number[]][] {
  if (shape.length < 2) return edgeSizes.map((size) => [`${size} elements`, [size]]);
  const isLarge = shape.reduce((product, side) => product * side) > fixtureCount;
  const more = takesMatrices(rule) ? edgeFactors : isLarge ? largeMatrices : [];
  return [...edgeMatrices, ...more].map((sides) => [`[${sides.join(", ")}]`, sides]);
}

function tableCases(): ParityCase[] {
  return table.flatMap((row, rowIndex) =>
    profilesOf(row).flatMap((profile) =>
      edgeShapes(row).map(([what, shape], sizeIndex) => ({
        name: `${row.rule} · ${row.desc} · ${profile} · ${what}`,
        rule: row.rule,
        profile,
        rows: [row],
        tensors: [{ name: "w", shape, paramGroup: 0 }],
        memory: "slabs" as const,
        exempt: false,
        limits: {},
        steps,
        seed: 1 + rowIndex * 100 + sizeIndex,
      })),
    ),
  );
}

/** A rule with all of its state: one row of the table. */
const fullest: readonly { rule: RuleName; desc: string }[] = [
  { rule: "sgd", desc: "nesterov, weight decay" },
  { rule: "sgdw", desc: "momentum, decay" },
  { rule: "adam", desc: "amsgrad, weight decay" },
  { rule: "adamw", desc: "cosine lr" },
  { rule: "rmsprop", desc: "centered, momentum, weight decay" },
  { rule: "lion", desc: "cosine lr, decay" },
  { rule: "adan", desc: "cosine lr, decay" },
  { rule: "lamb", desc: "cosine lr, decay" },
  { rule: "lars", desc: "nesterov, weight decay" },
  { rule: "stableAdamw", desc: "clipped hard" },
  { rule: "scheduleFreeAdamw", desc: "cosine lr, decay" },
  { rule: "scheduleFreeSgd", desc: "cosine lr, decay" },
  { rule: "adagrad", desc: "weight decay, lr decay" },
  { rule: "adadelta", desc: "weight decay" },
  { rule: "adamax", desc: "weight decay" },
  { rule: "nadam", desc: "decoupled decay" },
  { rule: "radam", desc: "decoupled decay" },
  { rule: "muon", desc: "strong decay" },
  { rule: "adafactor", desc: "decay" },
  { rule: "adamw", desc: "towards the start" },
];

function rowNamed(rule: RuleName, desc: string): Row {
  const row = table.find((each) => each.rule === rule && each.desc === desc);
  if (row) return row;
  throw new Error(`cases: no row "${rule} · ${desc}" in the table.`);
}

function layoutCases(): ParityCase[] {
  return fullest.flatMap(({ rule, desc }) => {
    const row = rowNamed(rule, desc);
    const rows = [
      row,
      { ...row, hyper: { ...row.hyper, lr: 2e-3 } },
      { ...row, hyper: { ...row.hyper, weightDecay: 0.3 } },
    ];
    return profiles.flatMap((profile) =>
      [...layouts, ...(rule === "adafactor" ? matrixLayouts : [])].map(
        ({ what, groups = 1, exempt = false, ...layout }, i) => ({
          name: `${rule} · ${desc} · ${profile} · ${what}`,
          rule,
          profile,
          rows: rows.slice(0, groups),
          exempt,
          steps,
          seed: 9000 + i,
          ...layout,
          tensors: tensorsFor(rule, layout.tensors, layout.limits),
        }),
      ),
    );
  });
}

/** Gradients that are looked at first: what is done to them, and how they lie in memory. Half of the norms are over 16.7. */
const guarded: readonly (Pick<ParityCase, "gradients" | "memory" | "averageDecay"> & {
  what: string;
  limits?: Partial<Limits>;
})[] = [
  { what: "clipped, some steps skipped", gradients: { clipNorm: 16.7, nonFinite: "skip" }, memory: "own buffers" },
  {
    what: "unscaled and clipped, averaged",
    gradients: { clipNorm: 16.7, lossScale: { initial: 64, interval: 5 }, zero: true },
    memory: "slabs",
    averageDecay: 0.9,
  },
  {
    what: "clipped, some steps skipped, averaged, workgroups of 16", // whose tiles have several rounds
    gradients: { clipNorm: 16.7, nonFinite: "skip", zero: true },
    memory: "slabs",
    averageDecay: 0.9,
    limits: { maxComputeInvocationsPerWorkgroup: 16 },
  },
];

function guardedTensors(rule: RuleName, memory: Memory): readonly ParityTensor[] {
  if (rule === "adafactor") return mixed;
  return tensorsFor(rule, vectors(memory === "slabs" ? [...sizes, 0] : sizes), {});
}

function guardedCases(): ParityCase[] {
  return fullest.flatMap(({ rule, desc }) =>
    profiles.flatMap((profile) =>
      guarded.map((how, i) => ({
        name: `${rule} · ${desc} · ${profile} · ${how.what}`,
        rule,
        profile,
        rows: [rowNamed(rule, desc)],
        tensors: guardedTensors(rule, how.memory),
        exempt: false,
        limits: {},
        steps,
        seed: 9100 + i,
        ...how,
      })),
    ),
  );
}

/** The weights averaged by the average's row, as the table's rows are run. */
function averageCases(): ParityCase[] {
  return averages.flatMap(({ rule, desc, averageDecay }, i) =>
    profiles.flatMap((profile) =>
      edgeSizes.map((size, sizeIndex) => ({
        name: `${rule} · ${desc} · ${profile} · ${size} elements, averaged`,
        rule,
        profile,
        rows: [rowNamed(rule, desc)],
        tensors: [{ name: "w", shape: [size], paramGroup: 0 }],
        memory: "slabs" as const,
        exempt: false,
        limits: {},
        averageDecay,
        steps,
        seed: 20_000 + i * 100 + sizeIndex,
      })),
    ),
  );
}

/** More workgroups than one side of a dispatch may have, on any device: one lane each, so that 1 MiB is enough. */
function hugeGridCase(): ParityCase {
  const row = rowNamed("lamb", "cosine lr, decay"); // a rule that sums, whose tiles have one round
  return {
    name: "lamb · cosine lr, decay · accurate · 65,537 workgroups",
    rule: "lamb",
    profile: "accurate",
    rows: [row],
    tensors: vectors([4 * 65_537]),
    memory: "slabs",
    exempt: false,
    limits: { maxComputeInvocationsPerWorkgroup: 1 },
    steps,
    seed: 7,
  };
}

export const cases: readonly ParityCase[] = [
  ...tableCases(),
  ...layoutCases(),
  ...guardedCases(),
  ...averageCases(),
  hugeGridCase(),
  ...storageCases(edgeSizes, steps),
];

/**
 * One case of each `every` in a row, a place later from row to row: every tenth would only ever see the even ones of the
 * fourteen sizes.
 */
export function oneOfEvery(every: number): readonly ParityCase[] {
  return cases.filter((_, i) => i % every === Math.floor(i / every) % every);
}
