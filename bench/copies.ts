/** Many models at once, each with a learning rate of its own. */
import { f32, layers, losses, randomUniform, u32 } from "../src/engine/index.ts";
import type { Gpu } from "../src/gpu/index.ts";
import { adam } from "../src/optim/index.ts";
import { compile } from "../src/train/index.ts";
import type { Work } from "./contenders.ts";

const [batch, features, hidden, classes] = [32, 64, 4096, 10];

/** Steps of so many perceptrons that have 4,096 hidden units in all. */
export async function modelsWork(gpu: Gpu, count: number): Promise<Work> {
  const training = await compile(gpu, {
    model: layers.sequential(
      layers.linear(features, hidden / count),
      layers.relu(),
      layers.linear(hidden / count, classes),
    ),
    loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
    batch: { x: f32(batch, features), y: u32(batch) },
    optimizer: adam(),
    copies: { count },
    groups: (tensors) =>
      Array.from({ length: count }, (_, copy) => ({
        tensors: tensors.filter((tensor) => tensor.copy === copy),
        hyper: { lr: 1e-2 / (copy + 1) },
      })),
  });
  const x = Float32Array.from({ length: batch * features }, (_, i) => randomUniform(1, 0, i));
  const y = Uint32Array.from({ length: batch }, (_, i) => i % classes);
  return {
    name: `${count} × perceptron ${features}-${hidden / count}-${classes}, batch ${batch}, Adam`,
    step: () => training.step({ x, y }),
    settle: () => training.settled(),
    destroy: () => training.destroy(),
  };
}
