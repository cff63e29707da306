/**
 * Three small models that are trained for 30 steps from given weights on given batches, here and by PyTorch, whose losses and
 * weights are in test/fixtures/trajectories.json; `npm run oracle -- --write` makes it, and none of its numbers is written by
 * hand.
 */
import {
  type BatchTypes,
  f32,
  type LeavesOf,
  layers,
  losses,
  type Model,
  model,
  namedParameters,
  u32,
} from "../../src/engine/index.ts";
import * as graph from "../../src/graph/index.ts";
import { randomBits, randomSigned } from "../../src/numbers/random.ts";
import trajectoriesJson from "../fixtures/trajectories.json";
import type { Bits } from "../parity/fixtures.ts";

type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface Trajectory {
  readonly name: "mlp" | "cnn" | "transformer";
  readonly model: (options?: { readonly isCausal?: boolean }) => Model;
  readonly batch: BatchTypes & Record<"x" | "y", graph.TensorType>;
  readonly rule: "adam" | "sgd" | "adamw";
  /** In the words of `src/optim`; what is left out has the rule's default, which is PyTorch's. */
  readonly hyper: Readonly<Record<string, number>>;
  readonly batchAt: (step: number) => { readonly x: Numbers; readonly y: Uint32Array<ArrayBuffer> };
}

export const trajectorySteps = 30;

/** Of the models' outputs; y are the classes. */
export const lossOf = (model: Model, { x, y }: LeavesOf<Trajectory["batch"]>): graph.Tensor =>
  losses.crossEntropy(model(x), y);

/** The same four batches over and over, so that the models learn something of them. */
const repeated = (x: graph.Shape, classes: number): Trajectory["batchAt"] => {
  const rows = x[0] as number;
  return (step) => ({
    x: Float32Array.from({ length: graph.elementsOf(x) }, (_, i) => randomSigned(21, step % 4, i)),
    y: Uint32Array.from({ length: rows }, (_, i) => randomBits(22, step % 4, i) % classes),
  });
};

const { linear, conv2d, relu, maxPool2d, meanPool2d, flatten, embedding, layerNorm, transformerBlock } = layers;

const mlp = (): Model => layers.sequential(linear(20, 32), relu(), linear(32, 32), relu(), linear(32, 5));

const cnn = (): Model => {
  const convolutions = [conv2d(2, 6, 3, { padding: 1 }), relu(), maxPool2d(2), conv2d(6, 8, 3, { padding: 1 }), relu()];
  return layers.sequential(...convolutions, meanPool2d(2), flatten(), linear(72, 4));
};

const letters = "abcdefghijklmnopqrstuvwxyz .";
const [width, heads, times, sequences] = [32, 4, 16, 4];

const transformer = ({ isCausal = true } = {}): Model =>
  model(
    {
      embed: embedding(letters.length, width),
      positions: graph.parameter([times, width], "embedding", 0),
      blocks: [0, 1].map(() => transformerBlock(width, heads, { isCausal })),
      norm: layerNorm(width),
      head: linear(width, letters.length, { bias: false }),
    },
    ({ embed, positions, blocks, norm, head }, ids: graph.Tensor) =>
      head(norm(blocks.reduce((x, block) => block(x), graph.add(embed(ids), positions)))),
  );

const text =
  "it is a truth universally acknowledged that a single man in possession of a good fortune must be in want of a wife. " +
  "however little known the feelings or views of such a man may be on his first entering a neighbourhood this truth is " +
  "so well fixed in the minds of the surrounding families that he is considered as the rightful property of some one or " +
  "other of their daughters.";
const ids = [...text].map((letter) => letters.indexOf(letter));

function textAt(step: number): { readonly x: Numbers; readonly y: Uint32Array<ArrayBuffer> } {
  const starts = Array.from({ length: sequences }, (_, i) => randomBits(23, step, i) % (ids.length - times));
  const windows = (shift: number): Uint32Array<ArrayBuffer> =>
    Uint32Array.from(starts.flatMap((start) => ids.slice(start + shift, start + shift + times)));
  return { x: windows(0), y: windows(1) };
}

export const trajectories: readonly Trajectory[] = [
  {
    name: "mlp",
    model: mlp,
    batch: { x: f32(16, 20), y: u32(16) },
    rule: "adam",
    hyper: { lr: 3e-3 },
    batchAt: repeated([16, 20], 5),
  },
  {
    name: "cnn",
    model: cnn,
    batch: { x: f32(8, 2, 12, 12), y: u32(8) },
    rule: "sgd",
    hyper: { lr: 0.05, momentum: 0.9, weightDecay: 1e-3 },
    batchAt: repeated([8, 2, 12, 12], 4),
  },
  {
    name: "transformer",
    model: transformer,
    batch: { x: u32(sequences, times), y: u32(sequences, times) },
    rule: "adamw",
    hyper: { lr: 3e-3, weightDecay: 0.1, beta1: 0.9, beta2: 0.95 },
    batchAt: textAt,
  },
];

/** A parameter with the numbers that it starts with. */
export interface StartingWeight {
  readonly name: string;
  readonly leaf: graph.Tensor;
  readonly data: Float32Array<ArrayBuffer>;
  /** Norms, biases and embeddings do not, as by the default of `createOptimizer`. */
  readonly decays: boolean;
}

/** Larger than a model is given by itself, so that attention has something to tell apart and biases show. */
export const startOf = (model: Model): readonly StartingWeight[] =>
  [...namedParameters(model)].map(([name, leaf], stream) => {
    const { role } = leaf.node.operation as graph.OperationOf<"parameter">;
    const { shape } = leaf;
    const fanIn = shape.length === 2 ? (shape[0] as number) : graph.elementsOf(shape.slice(1));
    const bound = { weight: 2 / Math.sqrt(fanIn), bias: 0.2, norm: 0.25, embedding: 1 }[role];
    const center = role === "norm" && name.endsWith("weight") ? 1 : 0;
    const length = graph.elementsOf(shape);
    const data = Float32Array.from({ length }, (_, i) => center + bound * randomSigned(20, stream, i));
    return { name, leaf, data, decays: role === "weight" };
  });

/** What PyTorch did. */
export interface TorchTrajectory {
  /** Of each step, before it, float64 bits; of float32 training the same numbers. */
  losses: { float64: Bits; float32: Bits };
  /** After the last step. */
  float32: Record<string, Bits>;
  /** In float64 training, every 16th element, from the first on. */
  float64: Record<string, Bits>;
}

export const sampledFloat64 = 16;

export const trajectoryFixtures = trajectoriesJson as unknown as {
  torch: string;
  runs: Record<Trajectory["name"], TorchTrajectory>;
};
