import { initial, layers, losses, type Model, model, randomUniform, u32 } from "../../engine/index.ts";
import { add, parameter, type Tensor, type TensorType } from "../../graph/index.ts";
import { adamw, cosine } from "../../optim/index.ts";
import { decode, encode, randomWindows, type TextDataset, windowsIn, windowsInOrder } from "../text.ts";
import type { Evaluation, Trainer } from "../trainer.ts";
import { checkCount } from "./images.ts";
import type { Examples, Scores, Task, TaskOptions } from "./task.ts";

/** How a language model does on the text that was held back: `loss` is in nats a character. */
export interface TextScores extends Scores {
  /** What the model writes by itself. */
  readonly sample: string;
}

export interface GptOptions extends TaskOptions {
  readonly steps?: number;
  /** Of the residual stream. */
  readonly width?: number;
  readonly layers?: number;
  readonly heads?: number;
  /** Characters that the model sees at once. */
  readonly context?: number;
  readonly evaluateEvery?: number;
}

export const gptDefaults = {
  batch: 16,
  steps: 460,
  width: 128,
  layers: 4,
  heads: 4,
  context: 64,
  evaluateEvery: 46,
  lr: 3e-3,
  warmup: 20,
  weightDecay: 0.1,
  beta2: 0.95,
} as const;

/** Characters of a sample, and how boldly it is drawn: 1 as the model says, towards 0 the likeliest always. */
const sampled = { length: 120, lengthAtLast: 400, temperature: 0.8 };
/** Windows of the held back text at a time, and how many times so many a look takes, but for the last look. */
const evaluatedTogether = 16;
const glances = 4;
/** The random stream of the samples. */
const sampleStream = 0xfffd_0000;

/** A transformer that writes a text character by character, under AdamW with a warm-up and half a cosine. */
export function gpt(
  text: TextDataset,
  {
    batch = gptDefaults.batch,
    steps = gptDefaults.steps,
    width = gptDefaults.width,
    context = gptDefaults.context,
    evaluateEvery = gptDefaults.evaluateEvery,
    seed = 1,
    optimizer = (total) => {
      const { lr: peak, weightDecay, beta2 } = gptDefaults;
      const warmup = Math.min(gptDefaults.warmup, total - 1);
      return adamw({ lr: cosine({ peak, warmup, total }), weightDecay, beta2 });
    },
    ...options
  }: GptOptions = {},
): Task<TextScores> {
  for (const [name, value] of Object.entries({ batch, steps, width, context, evaluateEvery }))
    checkCount(name, value, 1);
  checkCount("seed", seed, 0);
  const sizes = {
    width,
    context,
    layers: options.layers ?? gptDefaults.layers,
    heads: options.heads ?? gptDefaults.heads,
  };
  return {
    model: transformer(text.characters.length, sizes),
    batch: { x: u32(batch, context), y: u32(batch, context) },
    loss: (model, { x, y }) => ({ loss: losses.crossEntropy(model(x), y) }),
    optimizer: optimizer(steps),
    seed,
    steps,
    stepsPerEpoch: Math.max(1, Math.floor(text.train.length / (batch * context))),
    evaluateEvery,
    batchAt: (step) => randomWindows(text.train, batch, context, seed, step),
    scorer: async (training) => {
      const lossOf = await validation(training, text, context);
      const writer = await Writer.create(training, text, context);
      return async (isWhole, onWriting) => {
        const loss = await lossOf(isWhole);
        const length = isWhole ? sampled.lengthAtLast : sampled.length;
        const [prompt = ""] = text.characters; // A new line, where there are lines.
        const sample = await writer.write(prompt, length, sampled.temperature, seed, onWriting);
        return { loss, sample };
      };
    },
    reportLines: ({ loss }) => [`validation loss: ${loss.toFixed(2)}`],
  };
}

/**
 * Token and position embeddings, pre-norm blocks, a norm and a linear head: logits [batch, context, characters]. Weights
 * are normal of deviation 0.02, those that end a branch of the residual stream over √(2 · layers); no biases but the norms'.
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.3; GPT-2.
 */
function transformer(
  characters: number,
  { width, context, layers: depth, heads }: { width: number; context: number; layers: number; heads: number },
): Model {
  const weight = () => initial.normal(0.02);
  const outputWeight = () => initial.normal(0.02 / Math.sqrt(2 * depth));
  const block = () => layers.transformerBlock(width, heads, { isCausal: true, bias: false, weight, outputWeight });
  const parts = {
    tokens: layers.embedding(characters, width, { weight }),
    positions: parameter([context, width], "embedding", weight()),
    blocks: Array.from({ length: depth }, block),
    norm: layers.layerNorm(width),
    head: layers.linear(width, characters, { bias: false, weight }),
  };
  return model(parts, ({ tokens, positions, blocks, norm, head }, ids: Tensor) => {
    const stream = blocks.reduce((x, block) => block(x), add(tokens(ids), positions));
    return head(norm(stream));
  });
}

type GptTraining = Trainer<Model, Examples>;

/** The mean loss over windows of the held back text, side by side: all of them, or a few. */
async function validation(training: GptTraining, { validation: ids }: TextDataset, context: number) {
  const rows = Math.min(evaluatedTogether, windowsIn(ids, context));
  const types = { x: u32(rows, context), y: u32(rows, context) };
  const evaluator = await training.evaluator(types, (model, { x, y }) => ({ loss: losses.crossEntropy(model(x), y) }));
  const batches = Math.max(1, Math.floor(windowsIn(ids, context) / rows));
  return async (isWhole: boolean): Promise<number> => {
    const count = isWhole ? batches : Math.min(glances, batches);
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const first = Math.floor((i * batches) / count) * rows;
      const found = await evaluator.run(windowsInOrder(ids, rows, context, first));
      loss += (found.loss?.[0] as number) / count;
    }
    return loss;
  };
}

/** Has a model write. */
export class Writer {
  readonly #evaluator: Evaluation<{ readonly x: TensorType }>;
  readonly #text: TextDataset;
  readonly #context: number;

  private constructor(evaluator: Evaluation<{ readonly x: TensorType }>, text: TextDataset, context: number) {
    this.#evaluator = evaluator;
    this.#text = text;
    this.#context = context;
  }

  static async create(training: GptTraining, text: TextDataset, context: number): Promise<Writer> {
    const evaluator = await training.evaluator({ x: u32(1, context) }, (model, { x }) => ({ logits: model(x) }));
    return new Writer(evaluator, text, context);
  }

  /**
   * The prompt and what the model writes after it, a character at a time, each drawn from softmax(logits / temperature).
   * The same seed and weights give the same text. `onWriting` is told of the text after each character.
   */
  async write(
    prompt: string,
    length: number,
    temperature: number,
    seed: number,
    onWriting?: (text: string) => void,
  ): Promise<string> {
    const ids = [...encode(this.#text, prompt)];
    const count = this.#text.characters.length;
    for (let i = 0; i < length; i++) {
      const seen = ids.slice(-this.#context);
      const x = new Uint32Array(this.#context);
      x.set(seen); // What lies behind them is not seen: each place sees only those before it.
      const { logits } = await this.#evaluator.run({ x });
      const last = (logits as Float32Array).subarray((seen.length - 1) * count, seen.length * count);
      ids.push(drawn(last, temperature, randomUniform(seed, sampleStream, i)));
      onWriting?.(decode(this.#text, ids));
    }
    return decode(this.#text, ids);
  }
}

/** The index at which the sum of the probabilities passes `share`, which is from 0 to below 1. */
function drawn(logits: Float32Array, temperature: number, share: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  let left = share * weights.reduce((a, b) => a + b, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}
