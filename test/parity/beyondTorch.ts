/**
 * What published implementations did with the rows of rows/beyondTorch.ts, and the reference's run of the same.
 *
 * The numbers are in test/fixtures/beyondTorch.json, which `npm run oracle:beyond -- --write` makes by running them; none
 * of them is written by hand.
 */
import { evaluationPoint, float32, float64, type Profile, type Values } from "../../src/reference/index.ts";
import beyondTorchJson from "../fixtures/beyondTorch.json";
import { run } from "../unit/lawsRun.ts";
import {
  type Bits,
  decodeFloat32,
  decodeFloat64,
  fixtureCount,
  fixtureSeed,
  fixtureSteps,
  gradientAt,
  initialParam,
} from "./fixtures.ts";
import type { BeyondTorchRule, Row, RowHyper } from "./rows/row.ts";
import { resolvedHyper } from "./rules.ts";

type NamedBits = Record<string, Bits>;
type NamedValues = Record<string, Values>;

/** The tensors after the last step; of schedule-free rules also x, the weights to evaluate with. */
export interface BeyondTorchRun {
  /** Not of an implementation that rounds more often than either profile. */
  float32?: NamedBits;
  /** Where the order is that of the torch profile: each operation correctly rounded, without fused multiply-adds. */
  correctlyRounded?: NamedBits;
  float64: NamedBits;
}

export interface BeyondTorchRow {
  rule: BeyondTorchRule;
  desc: string;
  /** What the implementations were given: one set for all steps, or one for each. */
  hyper: RowHyper | RowHyper[];
  /** By the package that did it. */
  runs: Record<string, BeyondTorchRun>;
}

export interface BeyondTorchFixtures {
  /** Of the packages that made the file. */
  versions: Record<string, string>;
  /** `optimizer.defaults` of the implementations on PyTorch, in their words. */
  defaults: Record<BeyondTorchRule, Record<string, unknown> & { betas?: number[] }>;
  rows: BeyondTorchRow[];
}

export const beyondTorchFixtures = beyondTorchJson as unknown as BeyondTorchFixtures;

/** @throws Error that names the row when no implementation has been run for it. */
export function beyondTorchRow({ rule, desc }: Row): BeyondTorchRow {
  const found = beyondTorchFixtures.rows.find((row) => row.rule === rule && row.desc === desc);
  if (found) return found;
  throw new Error(`beyondTorch.json: nothing for "${rule}: ${desc}". Run \`npm run oracle:beyond -- --write\`.`);
}

/** The reference after the last step, with x where it has z, and the largest magnitude that each element has had. */
export function traceBeyond(row: Row, precision: "float32" | "float64", profile: Profile) {
  const scales: Record<string, Float64Array> = {};
  const gradient = (t: number) => gradientAt(fixtureSeed, t, fixtureCount);
  const what = { ...row, start: initialParam(fixtureSeed, fixtureCount), gradient, steps: fixtureSteps };
  const tensors: NamedValues = run({ ...what, precision, profile }, (_, state) => {
    for (const [name, values] of Object.entries(state)) {
      const scale = (scales[name] ??= Float64Array.from(name === "param" ? what.start : [], Math.abs));
      scales[name] = Float64Array.from(values, (x, i) => Math.max(scale[i] ?? 0, Math.abs(x)));
    }
  });
  const { param, z } = scales;
  if (!z) return { tensors, scales };
  const { beta1, momentum } = resolvedHyper(row, fixtureSteps);
  const beta = Number(beta1 ?? momentum);
  const round = precision === "float32" ? float32 : float64;
  const x = tensors.param!.map((y, i) => evaluationPoint(y, tensors.z![i]!, beta, round));
  // The way from z to y is made longer by 1 / β, and with it their errors.
  const scaleOfX = param!.map((y, i) => Math.max(y, z[i]!) / beta);
  return { tensors: { ...tensors, x }, scales: { ...scales, x: scaleOfX } };
}

export function decode(bits: NamedBits, precision: "float32" | "float64"): NamedValues {
  const decodeOne = precision === "float32" ? decodeFloat32 : decodeFloat64;
  return Object.fromEntries(Object.entries(bits).map(([name, each]) => [name, decodeOne(each)]));
}

/**
 * The largest |a - b| of all elements of the tensors of b, in units of `unitOf` their scale; NaN, which no bound admits,
 * where they cannot be compared. An element whose scale is zero has always been zero.
 */
export function worstError(a: NamedValues, b: NamedValues, scales: NamedValues, unitOf: (scale: number) => number) {
  const names = Object.keys(b);
  if (!names.includes("param")) return Number.NaN;
  const errors = names.flatMap((name) => {
    if (a[name]?.length !== b[name]!.length) return [Number.NaN];
    return Array.from(b[name]!, (value, i) => {
      const difference = Math.abs(a[name]![i]! - value);
      return difference === 0 ? 0 : difference / unitOf(scales[name]![i]!);
    });
  });
  return Math.max(...errors);
}
