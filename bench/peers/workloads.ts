/** What the peers are compared on: trainings with their weights and batches, and bare updates with their gradients. */
import { initialNumbers, type NamedNumbers, namedParameters, randomSigned } from "../../src/engine/index.ts";
import { elementsOf, type TensorType } from "../../src/graph/index.ts";
import type { UpdateRule } from "../../src/optim/index.ts";
import { adam } from "../../src/optim/index.ts";
import { type Dataset, loadDataset, type TextDataset, tasks, textDataset } from "../../src/train/index.ts";
import type { Task } from "../../src/train/tasks/task.ts";
import type { Batch, Hyper, Network, RuleName, TrainingTask } from "./task.ts";

export type Size = "full" | "quick";

/** Steps of the gate, each on a batch of its own. */
export const gateSteps = 10;

export const trainingNames = ["mlp", "transformer", "cnn"] as const;
export type TrainingName = (typeof trainingNames)[number];

/** A training as the peers are told of it, and as shrinkstep is. */
export interface Training {
  readonly task: TrainingTask;
  readonly model: Task["model"];
  readonly types: { readonly x: TensorType; readonly y: TensorType };
  /** Of the parameters. */
  readonly bytes: number;
}

/** Large enough that ten steps change the losses by far more than the gate allows. */
export const trainingHyper: Hyper = { lr: 3e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

const fetchData = async (file: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());

const images = (): Promise<Dataset> => loadDataset("fashion", fetchData);
const book = async (): Promise<TextDataset> =>
  textDataset(new TextDecoder().decode(await fetchData("pride-and-prejudice.txt")));

export async function trainingOf(name: TrainingName, size: Size): Promise<Training> {
  const optimizer = (): UpdateRule => adam(trainingHyper);
  const isQuick = size === "quick";
  switch (name) {
    case "mlp": {
      const [batch, width] = isQuick ? [32, 64] : [128, 512];
      const dataset = await images();
      const { features, classes } = dataset;
      const network: Network = { kind: "mlp", batch, sizes: [features, width, width, classes.length] };
      return trainingFrom(network, tasks.mlp(dataset, { batch, width, optimizer }));
    }
    case "transformer": {
      const text = await book();
      const sizes = isQuick
        ? { batch: 4, width: 64, context: 32, layers: 2, heads: 2 }
        : { batch: 16, width: 128, context: 64, layers: 4, heads: 4 };
      const network: Network = { kind: "transformer", characters: text.characters.length, ...sizes };
      return trainingFrom(network, tasks.gpt(text, { ...sizes, optimizer }));
    }
    case "cnn": {
      const [batch, channels] = isQuick ? [8, 4] : [50, 16];
      const dataset = await images();
      const network: Network = { kind: "cnn", batch, side: dataset.width, channels, classes: dataset.classes.length };
      return trainingFrom(network, tasks.cnn(dataset, { batch, width: channels, optimizer }));
    }
  }
}

function trainingFrom(
  network: Network,
  { model, batch: types, batchAt, seed }: Pick<Task, "model" | "batch" | "batchAt" | "seed">,
): Training {
  const batches = Array.from({ length: gateSteps }, (_, step): Batch => {
    const { x, y } = batchAt(step);
    return { x: (types.x.dtype === "uint32" ? Uint32Array : Float32Array).from(x), y: Uint32Array.from(y) };
  });
  const leaves = [...namedParameters(model)];
  const weights = new Map<string, NamedNumbers>(
    leaves.map(([name, leaf], stream) => {
      const numbers = initialNumbers(leaf, seed, stream);
      return [name, { shape: leaf.shape, data: network.kind === "transformer" ? widened(name, numbers) : numbers }];
    }),
  );
  const bytes = leaves.reduce((sum, [, { shape }]) => sum + 4 * elementsOf(shape), 0);
  return { task: { network, weights, batches, hyper: trainingHyper }, model, types, bytes };
}

/**
 * Weights of deviation 0.02 leave every score near 0: attention would be an average of all times whatever its scale. With five
 * times as much, products of queries and keys have deviation 1.
 */
const widened = (name: string, numbers: Float32Array): Float32Array =>
  name.includes("norm") ? Float32Array.from(numbers) : numbers.map((value) => 5 * value);

/** Bare updates. */
export interface UpdateShape {
  readonly name: string;
  readonly tensors: number;
  readonly elements: number;
}

export const updateShapes: Readonly<Record<Size, readonly UpdateShape[]>> = {
  full: [
    { name: "16M in 1 tensor", tensors: 1, elements: 2 ** 24 },
    { name: "200 tensors of 10k", tensors: 200, elements: 10_000 },
  ],
  quick: [
    { name: "1M in 1 tensor", tensors: 1, elements: 2 ** 20 },
    { name: "4M in 1 tensor", tensors: 1, elements: 2 ** 22 },
    { name: "200 tensors of 10k", tensors: 200, elements: 10_000 },
  ],
};

const updateHyper: Hyper = { lr: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.1 };

/** Adam goes without decay: those that have no AdamW have none. */
export const hyperOf = (rule: RuleName): Hyper => (rule === "adamw" ? updateHyper : { ...updateHyper, weightDecay: 0 });

/** Numbers repeat after so many, a prime, so that the reference has to be computed for these alone. */
export const period = 8191;

/** Which of these numbers element `i` of a tensor is: each tensor begins with another one. */
export const placeOf = (tensor: number, i: number): number => (i + 37 * tensor) % period;

/** Parameters (stream 0) or the gradients of a step (from 1 on) of a tensor, in [−1, 1): no two tensors have the same. */
export function numbersOf(stream: number, tensor: number, elements: number): Float32Array<ArrayBuffer> {
  const once = Float32Array.from({ length: period }, (_, i) => randomSigned(1, stream, placeOf(tensor, i)));
  const numbers = new Float32Array(elements);
  for (let at = 0; at < elements; at += period) numbers.set(once.subarray(0, Math.min(period, elements - at)), at);
  return numbers;
}
