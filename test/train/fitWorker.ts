/** Loaded as a worker by inWorker.test.ts. */
import { f32, layers, losses, u32 } from "../../src/engine/index.ts";
import { openGpu } from "../../src/gpu/index.ts";
import { adamw } from "../../src/optim/index.ts";
import { compile, serveFit } from "../../src/train/index.ts";

export interface Request {
  readonly steps: number;
  readonly lr: number;
}

const opened = openGpu();

serveFit(async ({ steps, lr }: Request) => {
  const training = await compile(await opened, {
    model: layers.sequential(layers.linear(4, 8), layers.relu(), layers.linear(8, 3)),
    loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
    batch: { x: f32(6, 4), y: u32(6) },
    optimizer: adamw({ lr }),
  });
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const y = Uint32Array.from({ length: 6 }, (_, i) => i % 3);
  const run = async (): Promise<number> => training.batchCount;
  return { training, steps, batch: () => ({ x, y }), evaluate: { every: 4, run } };
});
