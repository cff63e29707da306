/**
 * What PyTorch did with every row of the parity table, the inputs it did it with, and the measure of what differs.
 *
 * The numbers are in test/fixtures/torch.json, which `npm run oracle -- --write` makes by running PyTorch; none of them
 * is written by hand.
 */

import { randomSigned } from "../../src/numbers/random.ts";
import type { Values } from "../../src/reference/index.ts";
import torchJson from "../fixtures/torch.json";
import type { Row, RowHyper, RuleName } from "./table.ts";

export type TensorName =
  | "param"
  | "velocity"
  | "m"
  | "v"
  | "vMax"
  | "gAvg"
  | "sum"
  | "vDelta"
  | "u"
  | "rowVar"
  | "colVar"
  | "variance";

export type Tensors = Partial<Record<TensorName, Values>>;

/** A tensor's bytes, little-endian, in base64; `decodeFloat32` and `decodeFloat64` read them. */
export type Bits = string;
export type TensorBits = Partial<Record<TensorName, Bits>>;

export interface TorchRow {
  rule: RuleName;
  desc: string;
  /** What PyTorch was given: one set for all steps, or one for each. */
  hyper: RowHyper | RowHyper[];
  /** The tensors after each of `recordedSteps`, from PyTorch as everyone runs it: with fused multiply-adds. */
  float32: Record<string, TensorBits>;
  /** The tensors after the last step, from PyTorch with each operation correctly rounded on its own: without those. */
  correctlyRounded: TensorBits;
  /** The parameter after the last step, from PyTorch in float64. */
  float64: Bits;
  /** The parameter after the last step from PyTorch's Muon as it is installed: its Newton-Schulz iteration in bfloat16. */
  bfloat16?: Bits;
}

/** `optimizer.defaults`, in PyTorch's words; some of them have no bearing on the numbers. */
export type TorchDefaults = Record<string, unknown> & { betas?: [number, number] };

export interface TorchFixtures {
  torch: string;
  /** The parameter and some gradients that PyTorch saw, so that the two generators can be compared. */
  inputs: { param: Bits; grad: Record<string, Bits> };
  defaults: Record<string, TorchDefaults>;
  /** The documents' example: one step of SGD on x², with the gradient from autograd. */
  documents: { start: number; gradient: number; hyper: RowHyper; after: number }[];
  rows: TorchRow[];
  /** Many steps at PyTorch's defaults: the tensors after the last, in the two ways of a row. */
  long: { rule: RuleName; steps: number; count: number; float32: TensorBits; correctlyRounded: TensorBits }[];
}

export const torchFixtures = torchJson as unknown as TorchFixtures;

export const fixtureSeed = 1;
export const fixtureCount = 96;
export const fixtureSteps = 50;
export const recordedSteps: readonly number[] = [1, 2, 3, 10, 50];
export const longRun = { steps: 1000, count: 256 };

/** Elements of the oracle's tensor. */
export const countOf = ({ shape }: Row): number => shape?.reduce((product, side) => product * side, 1) ?? fixtureCount;

/** The starting parameter: `count` numbers in [-1, 1), exact in float32. */
export function initialParam(seed: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => randomSigned(seed, 0, i));
}

/**
 * The gradient of step t (the first is t = 1), whatever the parameter: twelve magnitudes, exact in float32, and every
 * thirteenth one exactly zero, because a zero gradient still decays.
 */
export function gradientAt(seed: number, t: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => (i % 13 === 7 ? 0 : randomSigned(seed, t, i) * 2 ** -(i % 12)));
}

/** @throws Error that names the row when PyTorch has not been run for it. */
export function torchRow(row: Row): TorchRow {
  const found = torchFixtures.rows.find(({ rule, desc }) => rule === row.rule && desc === row.desc);
  if (found) return found;
  throw new Error(`torch.json: nothing for the row "${row.rule}: ${row.desc}". Run \`npm run oracle -- --write\`.`);
}

/** What a rule does not have is off. */
const off: Required<RowHyper> = {
  lr: 0,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  beta1: 0,
  beta2: 0,
  eps: 0,
  weightDecay: 0,
  maximize: false,
  amsgrad: false,
  alpha: 0,
  rho: 0,
  centered: false,
  beta3: 0,
  lrDecay: 0,
  momentumDecay: 0,
  decoupled: false,
  nsSteps: 0,
  nsCoefficients: [],
  adjust: "original",
  beta2Decay: 0,
  eps1: 0,
  eps2: 0,
  d: 0,
  trustCoefficient: 0,
  alwaysAdapt: false,
  warmup: 0,
  r: 0,
  weightLrPower: 0,
  towardsStart: false,
  cautious: false,
};

const inCamelCase = (name: string): string =>
  name === "decoupled_weight_decay" ? "decoupled" : name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** Adafactor's `eps` are two, of which PyTorch's first is none: the eps of the parameter's type. */
function withTwoEps(defaults: TorchDefaults): TorchDefaults {
  if (!Array.isArray(defaults.eps)) return defaults;
  const [eps1, eps2] = defaults.eps as [number | null, number];
  return { ...defaults, eps: 0, eps1: eps1 ?? 2 ** -23, eps2 };
}

/** PyTorch's defaults in our words; what a rule does not have is off. */
export function torchDefaults(rule: RuleName): Required<RowHyper> {
  // PyTorch has no SGDW: it is a shrink and then its SGD.
  const defaults = torchFixtures.defaults[rule === "sgdw" ? "sgd" : rule];
  if (!defaults)
    throw new Error(`torch.json: no defaults of ${rule}. If PyTorch does not have it, see beyondTorch.json.`);
  const { betas: [beta1, beta2] = [0, 0], ...others } = withTwoEps(defaults);
  const ours = Object.entries(others).map(([name, value]) => [inCamelCase(name), value]);
  return { ...off, beta1, beta2, ...Object.fromEntries(ours.filter(([name]) => Object.hasOwn(off, name as string))) };
}

export function decodeFloat32(bits: Bits): Float32Array<ArrayBuffer> {
  return new Float32Array(bytesOf(bits));
}

export function decodeFloat64(bits: Bits): Float64Array<ArrayBuffer> {
  return new Float64Array(bytesOf(bits));
}

export function decodeTensors(tensors: TensorBits): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, bits]) => [name, decodeFloat32(bits)]));
}

// Every machine with WebGPU is little-endian, as the fixtures are.
function bytesOf(bits: Bits): ArrayBuffer {
  return Uint8Array.from(atob(bits), (char) => char.charCodeAt(0)).buffer;
}

const asFloat = new Float32Array(1);
const asWord = new Uint32Array(asFloat.buffer);

/** The spacing of float32 numbers at |x|; below the normal numbers, and at zero, 2^-149. */
export function ulp(x: number): number {
  asFloat[0] = Math.abs(x);
  const exponent = asWord[0]! >>> 23;
  return 2 ** (Math.max(exponent, 1) - 150);
}

/**
 * How far `actual` is from `expected`, in float32 spacings at `scale`. The scale is the largest |value| the element has
 * had, not the value itself: near a zero crossing that would make a good result look bad without bound.
 */
export function ulpError(actual: number, expected: number, scale: number): number {
  return Math.abs(actual - expected) / ulp(scale);
}

/**
 * The worst `ulpError` of all elements of all tensors; NaN, which no bound admits, when they cannot be compared: other
 * tensors, another length, a NaN on either side.
 */
export function worstUlpErrors(actual: Tensors, expected: Tensors, scales: Tensors): number {
  const names = Object.keys(expected) as TensorName[];
  if (names.length === 0 || names.length !== Object.keys(actual).length) return Number.NaN;
  return Math.max(...names.map((name) => worstUlpError(actual[name], expected[name], scales[name])));
}

export function worstUlpError(actual: Values = none, expected: Values = none, scale: Values = none): number {
  if (actual.length !== expected.length || actual.length !== scale.length || actual.length === 0) return Number.NaN;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, ulpError(actual[i]!, expected[i]!, scale[i]!));
  return worst;
}

const none = new Float32Array(0);
