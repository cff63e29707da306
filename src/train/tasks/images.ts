import { f32, losses, type Model, u32 } from "../../engine/index.ts";
import { argmax, crossEntropy, max, softmax } from "../../graph/index.ts";
import { HyperparameterError, ShapeError, type UpdateRule } from "../../optim/index.ts";
import { Batches } from "../batches.ts";
import type { Dataset } from "../datasets.ts";
import type { Scores, Task, TaskOptions } from "./task.ts";

/** How a classifier does on the test images. */
export interface ImageScores extends Scores {
  /** Share of images predicted right. */
  readonly accuracy: number;
  /** The predicted class of each image, and the probability that the model gives it. */
  readonly predictions: Uint32Array;
  readonly confidences: Float32Array;
}

export interface ImageOptions extends TaskOptions {
  /** Times that the training images are gone through. */
  readonly epochs?: number;
  /** Units of a hidden layer, or channels of the first convolution. */
  readonly width?: number;
}

/** Test images at a time. */
const evaluatedTogether = 200;

/**
 * Telling the classes of images apart.
 * @param model of images [batch, ...side] to logits [batch, classes]
 * @throws HyperparameterError or ShapeError for options or data that cannot be trained on.
 */
export function imageTask(
  dataset: Dataset,
  model: Model,
  side: readonly number[],
  {
    batch,
    epochs,
    seed,
    optimizer,
  }: { batch: number; epochs: number; seed: number; optimizer: (steps: number) => UpdateRule },
): Task<ImageScores> {
  checkDataset(dataset);
  checkCount("epochs", epochs, 1);
  checkCount("seed", seed, 0);
  const batches = new Batches(dataset.train, batch, seed);
  const x = new Float32Array(batch * dataset.features);
  const y = new Uint32Array(batch);
  const { stepsPerEpoch } = batches;
  const steps = epochs * stepsPerEpoch;
  return {
    model,
    batch: { x: f32(batch, ...side), y: u32(batch) },
    loss: (model, { x, y }) => {
      const logits = model(x);
      return { loss: losses.crossEntropy(logits, y), accuracy: losses.accuracy(logits, y) };
    },
    optimizer: optimizer(steps),
    seed,
    steps,
    stepsPerEpoch,
    evaluateEvery: stepsPerEpoch,
    batchAt: (step) => {
      batches.fill(step, x, y);
      return { x, y };
    },
    scorer: (training) => scorer(dataset, side, training),
    reportLines: ({ accuracy, loss }) => [
      `test accuracy: ${(accuracy * 100).toFixed(1)} %`,
      `test loss: ${loss.toFixed(4)} nats`,
    ],
  };
}

const scorer = async (
  { test, features }: Dataset,
  side: readonly number[],
  training: Parameters<Task["scorer"]>[0],
): Promise<() => Promise<ImageScores>> => {
  const together = Math.min(test.count, evaluatedTogether);
  const evaluator = await training.evaluator({ x: f32(together, ...side), y: u32(together) }, (model, { x, y }) => {
    const logits = model(x);
    const confidences = max(softmax(logits), { axes: [1] });
    return { losses: crossEntropy(logits, y), predictions: argmax(logits), confidences };
  });
  const x = new Float32Array(together * features);
  const y = new Uint32Array(together);
  return async () => {
    let [loss, right] = [0, 0];
    const predictions = new Uint32Array(test.count);
    const confidences = new Float32Array(test.count);
    for (let first = 0; first < test.count; first += together) {
      const count = Math.min(together, test.count - first);
      x.set(test.x.subarray(first * features, (first + count) * features));
      y.set(test.y.subarray(first, first + count));
      const found = await evaluator.run({ x, y });
      predictions.set((found.predictions as Uint32Array).subarray(0, count), first);
      confidences.set((found.confidences as Float32Array).subarray(0, count), first);
      for (const value of (found.losses as Float32Array).subarray(0, count)) loss += value;
    }
    for (const [i, guess] of predictions.entries()) right += guess === test.y[i] ? 1 : 0;
    return { loss: loss / test.count, accuracy: right / test.count, predictions, confidences };
  };
};

const most = 0xffff_ffff;

/** @throws HyperparameterError unless it is a whole number from `least` on. */
export function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new HyperparameterError(`${name}: not a whole number in range (got ${value}, allowed ${least} to ${most}).`);
}

function checkDataset({ name, features, classes, train, test }: Dataset): void {
  for (const [part, { count, x, y }] of Object.entries({ train, test })) {
    const thing = `dataset ${name}, ${part} part`;
    if (count < 1 || x.length !== count * features || y.length !== count) {
      throw new ShapeError(
        `${thing}: its arrays do not hold its examples (got ${x.length} values and ${y.length} classes, allowed ` +
          `${count * features} and ${count}, of at least one example). Correct its count or its arrays.`,
      );
    }
    const wrong = y.findIndex((label) => label >= classes.length);
    if (wrong >= 0) {
      throw new ShapeError(
        `${thing}, example ${wrong}: no such class (got ${y[wrong]}, allowed 0 to ${classes.length - 1}). Correct it.`,
      );
    }
  }
}
