/**
 * Runs that are carried from PyTorch to us and back: what they train, and what PyTorch alone did, in
 * test/fixtures/checkpoints.json, which `npm run oracle -- --write` makes by running PyTorch.
 */
import checkpointsJson from "../fixtures/checkpoints.json";
import { type Bits, gradientAt, initialParam } from "./fixtures.ts";
import { type Row, torchRows } from "./table.ts";

const chosen: readonly [rule: Row["rule"], desc: string][] = [
  ["sgd", "defaults"],
  ["sgd", "momentum, dampening"],
  ["sgd", "nesterov, weight decay"],
  ["adam", "amsgrad, weight decay"],
  ["adamw", "language model"],
  ["rmsprop", "centered, momentum, weight decay"],
  ["adagrad", "weight decay, lr decay"],
  ["adadelta", "weight decay"],
  ["adamax", "weight decay"],
  ["nadam", "decoupled decay"],
  ["radam", "weight decay"],
  ["adafactor", "decay"],
];

/** Rows of the table, one set of hyperparameters for all steps: a schedule would have to be carried over too. */
export const checkpointRows: readonly Row[] = chosen.map(([rule, desc]) => {
  const row = torchRows.find((each) => each.rule === rule && each.desc === desc);
  if (row && !row.vary) return row;
  throw new Error(`checkpoints: no row "${rule}: ${desc}" without a schedule in the table.`);
});

export const checkpointSeed = 60;
/** Steps on each side: PyTorch, here, PyTorch. */
export const stepsEach = 10;

interface CheckpointTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Steps at which it has no gradient: PyTorch passes over it then, and does not count. */
  readonly rests: (t: number) => boolean;
}

/** One that is always updated, one that rests now and then, one that joins on our side, and one that never does. */
export const checkpointTensors: readonly CheckpointTensor[] = [
  { name: "fc.weight", shape: [5, 7], rests: () => false },
  { name: "fc.bias", shape: [7], rests: (t) => t % 5 === 3 },
  { name: "scale", shape: [], rests: (t) => t <= 12 },
  { name: "unused", shape: [2, 3], rests: () => true },
];

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

export const checkpointStart = (i: number): Float32Array<ArrayBuffer> =>
  initialParam(checkpointSeed + i, elementsOf(checkpointTensors[i]?.shape ?? []));

export const checkpointGradient = (i: number, t: number): Float32Array<ArrayBuffer> =>
  gradientAt(checkpointSeed + i, t, elementsOf(checkpointTensors[i]?.shape ?? []));

/** A run at one step: its parameters, and its optimizer's state as a safetensors file, both in base64. */
export interface Checkpoint {
  params: Bits[];
  file: Bits;
}

export interface CheckpointRun {
  rule: string;
  desc: string;
  /** PyTorch alone, after `stepsEach`, two and three times as many. */
  at: Record<string, Checkpoint>;
}

export interface CheckpointFixtures {
  torch: string;
  runs: CheckpointRun[];
}

export const checkpointFixtures = checkpointsJson as unknown as CheckpointFixtures;

export const checkpointRun = ({ rule, desc }: Row): CheckpointRun => {
  const found = checkpointFixtures.runs.find((run) => run.rule === rule && run.desc === desc);
  if (found) return found;
  throw new Error(`checkpoints.json: nothing for "${rule}: ${desc}". Run \`npm run oracle -- --write\`.`);
};

// Every machine with WebGPU is little-endian, and atob knows no other than Latin letters.
export const bytesOf = (bits: Bits): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(bits), (char) => char.charCodeAt(0));
export const bitsOf = (bytes: Uint8Array): Bits =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
