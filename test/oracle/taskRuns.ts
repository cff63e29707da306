/**
 * The tasks that are shipped, at their own sizes, on their own data and under their own optimizers, for 30 steps: what PyTorch
 * makes of the same weights and batches is in test/fixtures/taskRuns.json. `npm run oracle -- --write` makes it, and none of
 * its numbers is written by hand.
 */
import { initialNumbers, namedParameters } from "../../src/engine/index.ts";
import { elementsOf, type OperationOf } from "../../src/graph/index.ts";
import { exemptByDefault } from "../../src/optim/index.ts";
import { loadDataset, textDataset } from "../../src/train/index.ts";
import { cnn, gpt, mlp, type Task } from "../../src/train/tasks/index.ts";
import taskRunsJson from "../fixtures/taskRuns.json";
import type { Bits } from "../parity/fixtures.ts";
import type { StartingWeight, Trajectory } from "./trajectories.ts";
import type { Trainee } from "./trainOnCpu.ts";

export const taskNames = ["mlp", "cnn", "gpt"] as const;
export type TaskName = (typeof taskNames)[number];

export const taskSteps = 30;

/** Makes the tasks as `npm start` does: the images are Fashion-MNIST's, the text Pride and Prejudice. */
export async function shippedTasks(
  bytesOf: (file: string) => Promise<Uint8Array>,
): Promise<Readonly<Record<TaskName, () => Task>>> {
  const fashion = await loadDataset("fashion", bytesOf);
  const book = textDataset(new TextDecoder().decode(await bytesOf("pride-and-prejudice.txt")));
  return { mlp: () => mlp(fashion), cnn: () => cnn(fashion), gpt: () => gpt(book) as unknown as Task };
}

/** A task as the executor and PyTorch are given it. */
export function traineeOf({ model, batch, loss, optimizer, seed, batchAt }: Task): Trainee {
  const start = [...namedParameters(model)].map(([name, leaf], stream): StartingWeight => {
    const { role } = leaf.node.operation as OperationOf<"parameter">;
    const decays = !exemptByDefault({ name, shape: leaf.shape, role });
    return { name, leaf, data: initialNumbers(leaf, seed, stream), decays };
  });
  const types = batch as Trajectory["batch"];
  return { start, batch: types, loss: (leaves) => loss(model, leaves).loss, rule: optimizer, batchAt };
}

const sampledOfTensor = 64;

/** So that every so manieth element of a tensor, from the first on, makes 64 or fewer, in all its rows and columns alike. */
export function everyOf(elements: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let every = Math.ceil(elements / sampledOfTensor);
  while (divisor(every, elements) > 1) every += 1;
  return every;
}

export const everyOfLeaf = ({ leaf }: StartingWeight): number => everyOf(elementsOf(leaf.shape));

/** What PyTorch did in a precision, as float64 bits. */
export interface TorchTaskRun {
  /** Of each step, before it. */
  losses: Bits;
  /** √(Σ w²) of each tensor after the last step, in the order of the weights. */
  norms: Bits;
  /** After the last step, every `everyOf` element; the bits are those of the precision. */
  weights: Record<string, Bits>;
}

export interface TaskRunFixtures {
  torch: string;
  runs: Record<TaskName, Record<"float32" | "float64", TorchTaskRun>>;
}

export const taskRunFixtures = taskRunsJson as unknown as TaskRunFixtures;
