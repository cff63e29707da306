/** The models whose training steps are measured and counted, on numbers that are made up: no data set is needed. */
import { f32, losses, randomBelow, randomUniform, u32 } from "../src/engine/index.ts";
import { adam } from "../src/optim/index.ts";
import type { Dataset, TextDataset } from "../src/train/index.ts";
import { cnn, gpt, type gptDefaults, mlp, perceptron, type Task } from "../src/train/tasks/index.ts";

/** What a training of a task needs. */
export type BenchTask = Pick<Task, "model" | "batch" | "loss" | "optimizer" | "seed" | "batchAt">;

export interface TrainingWorkload {
  /** With all sizes that a reader needs to repeat it. */
  readonly name: string;
  /** Examples a step, and characters or tokens, where it is text. */
  readonly samples: number;
  readonly tokens?: number;
  /** Too large for an adapter that computes on the CPU. */
  readonly isLarge?: true;
  readonly task: () => BenchTask;
}

const classes = 10;

/** Images of noise, with classes by turns. */
function noise(count: number, side: number): Dataset {
  const features = side * side;
  const part = {
    count,
    x: Float32Array.from({ length: count * features }, (_, i) => randomUniform(1, 0, i)),
    y: Uint32Array.from({ length: count }, (_, i) => i % classes),
  };
  const names = Array.from({ length: classes }, (_, i) => `${i}`);
  return { name: "noise", classes: names, width: side, height: side, features, train: part, test: part };
}

/** A text of so many different characters, or tokens, drawn at random. */
function babble(characters: number, length: number): TextDataset {
  const ids = Uint32Array.from({ length }, (_, i) => randomBelow(characters, 1, 0, i));
  return {
    characters: Array.from({ length: characters }, (_, i) => String.fromCodePoint(0x100 + i)),
    train: ids,
    validation: ids,
  };
}

type GptSizes = Pick<{ [Key in keyof typeof gptDefaults]: number }, "batch" | "width" | "layers" | "heads" | "context">;

function gptWorkload(name: string, characters: number, sizes: GptSizes): TrainingWorkload {
  const { batch, width, layers, heads, context } = sizes;
  return {
    name: `${name}: ${layers} layers, width ${width}, ${heads} heads, context ${context}, batch ${batch}, AdamW`,
    samples: batch,
    tokens: batch * context,
    task: () => gpt(babble(characters, 8 * context), sizes),
  };
}

/** The perceptron that the README counts: three linear layers under Adam. */
function readmeMlp(): BenchTask {
  const [batch, features] = [128, 784];
  const x = Float32Array.from({ length: batch * features }, (_, i) => randomUniform(1, 0, i));
  const y = Uint32Array.from({ length: batch }, (_, i) => i % classes);
  return {
    model: perceptron([features, 512, 512, classes]),
    batch: { x: f32(batch, features), y: u32(batch) },
    loss: (model, { x, y }) => ({ loss: losses.crossEntropy(model(x), y) }),
    optimizer: adam(),
    seed: 1,
    batchAt: () => ({ x, y }),
  };
}

export const trainingWorkloads: readonly TrainingWorkload[] = [
  { name: "mlp: 784-512-512-10, batch 128, Adam", samples: 128, task: readmeMlp },
  {
    name: "cnn: 28×28, 16 and 32 channels, batch 50, AdamW",
    samples: 50,
    task: () => cnn(noise(100, 28), { batch: 50, width: 16 }),
  },
  gptWorkload("gpt", 75, { batch: 16, width: 128, layers: 4, heads: 4, context: 64 }),
  {
    ...gptWorkload("gpt-2 small", 50_257, { batch: 4, width: 768, layers: 12, heads: 12, context: 512 }),
    isLarge: true,
  },
];

/** The tasks of `npm start`, as they are there, on made-up data of the same sizes. */
export const exampleTasks: Readonly<Record<string, () => BenchTask>> = {
  "npm start -- --task mlp": () => mlp(noise(200, 28)),
  "npm start -- --task cnn": () => cnn(noise(100, 28)),
  "npm start -- --task gpt": () => gpt(babble(75, 2_000)),
  "mlp 784-512-512-10, batch 128, Adam": readmeMlp,
};
