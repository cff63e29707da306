import { initial, layers } from "../../engine/index.ts";
import { adamw, cosine } from "../../optim/index.ts";
import type { Dataset } from "../datasets.ts";
import { checkCount, type ImageOptions, type ImageScores, imageTask } from "./images.ts";
import type { Task } from "./task.ts";

export const cnnDefaults = { batch: 50, epochs: 8, width: 16, lr: 3e-3, weightDecay: 0.05 } as const;

/** A convolutional network on images: twice 3×3 convolution, ReLU and the largest of 2×2, then a linear layer. */
export function cnn(
  dataset: Dataset,
  {
    batch = cnnDefaults.batch,
    epochs = cnnDefaults.epochs,
    width = cnnDefaults.width,
    seed = 1,
    optimizer = (total) => adamw({ lr: cosine({ peak: cnnDefaults.lr, total }), weightDecay: cnnDefaults.weightDecay }),
  }: ImageOptions = {},
): Task<ImageScores> {
  checkCount("width", width, 1);
  const { width: columns, height: rows, classes } = dataset;
  const convolution = (from: number, to: number) =>
    layers.conv2d(from, to, 3, { padding: 1, weight: initial.kaimingUniform });
  const features = 2 * width * Math.floor(rows / 4) * Math.floor(columns / 4);
  const model = layers.sequential(
    convolution(1, width),
    layers.relu(),
    layers.maxPool2d(2),
    convolution(width, 2 * width),
    layers.relu(),
    layers.maxPool2d(2),
    layers.flatten(),
    layers.linear(features, classes.length),
  );
  return imageTask(dataset, model, [1, rows, columns], { batch, epochs, seed, optimizer });
}
