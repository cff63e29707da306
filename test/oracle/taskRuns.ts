/**
 * The tasks that are shipped, at their own sizes, on their own data and under their own optimizers, for up to 30 steps: what
 * PyTorch makes of the same weights and batches is in test/fixtures/taskRuns.json. `npm run oracle -- --write` makes it, and
 * none of its numbers is written by hand.
 */
import { initialNumbers, namedParameters } from "../../src/engine/index.ts";
import { elementsOf, type OperationOf } from "../../src/graph/index.ts";
import { exemptByDefault } from "../../src/optim/index.ts";
import { loadDataset, textDataset } from "../../src/train/index.ts";
import { cnn, gpt, mlp, type Task } from "../../src/train/tasks/index.ts";
import taskRunsJson from "../fixtures/taskRuns.json";
import type { Bits } from "../parity/fixtures.ts";
import type { Trainee } from "./trainOnCpu.ts";
import type { StartingWeight, Trajectory } from "./trajectories.ts";

export const taskNames = ["mlp", "cnn", "gpt"] as const;
export type TaskName = (typeof taskNames)[number];

/** A task and how many of its first steps are taken. */
export interface TaskRow {
  readonly name: TaskName;
  readonly steps: number;
}

/** 30 steps of each. Rounding does not part runs of the cnn before its 18th: see taskApart.ts. */
export const taskRows: readonly TaskRow[] = [
  { name: "mlp", steps: 30 },
  { name: "cnn", steps: 15 },
  { name: "cnn", steps: 30 },
  { name: "gpt", steps: 30 },
];

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

const sampledOfTensor = 32;

/** So that every so manieth element of a tensor, from the first on, makes 32 or fewer, in all its rows and columns alike. */
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

/** In both precisions. */
export type TorchTaskRuns = Record<"float32" | "float64", TorchTaskRun>;

export interface TaskRunFixtures {
  torch: string;
  runs: Partial<Record<TaskName, Record<string, TorchTaskRuns>>>;
}

/** Of a file, the runs of a row. */
export const runsOf = ({ runs }: TaskRunFixtures, { name, steps }: TaskRow): TorchTaskRuns | undefined =>
  runs?.[name]?.[steps];

export const taskRunFixtures = taskRunsJson as unknown as TaskRunFixtures;
