import { initial, layers, type Model, model } from "../../engine/index.ts";
import { relu, type Tensor } from "../../graph/index.ts";
import { adamw, cosine } from "../../optim/index.ts";
import type { Dataset } from "../datasets.ts";
import { checkCount, type ImageOptions, type ImageScores, imageTask } from "./images.ts";
import type { Task } from "./task.ts";

export const mlpDefaults = { batch: 100, epochs: 20, width: 128, lr: 1e-3, weightDecay: 0.1 } as const;

/** A multilayer perceptron on images: three linear layers with ReLU between them, under AdamW with half a cosine. */
export function mlp(
  dataset: Dataset,
  {
    batch = mlpDefaults.batch,
    epochs = mlpDefaults.epochs,
    width = mlpDefaults.width,
    seed = 1,
    optimizer = (total) => adamw({ lr: cosine({ peak: mlpDefaults.lr, total }), weightDecay: mlpDefaults.weightDecay }),
  }: ImageOptions = {},
): Task<ImageScores> {
  const { features, classes } = dataset;
  checkCount("width", width, 1);
  return imageTask(dataset, perceptron([features, width, width, classes.length]), [features], {
    batch,
    epochs,
    seed,
    optimizer,
  });
}

/** Linear layers of these sizes with ReLU between them: `layers.0.weight`, `layers.0.bias`, … */
export function perceptron(sizes: readonly number[]): Model {
  const parts = sizes
    .slice(1)
    .map((outputs, i) => layers.linear(sizes[i] as number, outputs, { weight: initial.kaimingUniform }));
  return model({ layers: parts }, ({ layers }, x: Tensor) =>
    layers.reduce((value, layer, i) => layer(i > 0 ? relu(value) : value), x),
  );
}
