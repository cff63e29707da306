import { f32, layers, losses, u32 } from "../src/engine/index.ts";
import { adamw, openGpu } from "../src/index.ts";
import { Batches, compile, fit, loadDataset } from "../src/train/index.ts";

const gpu = await openGpu();
const { train, test } = await loadDataset("digits", async (file) => {
  return new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());
});
const block = (from: number, to: number) =>
  layers.sequential(layers.conv2d(from, to, 3, { padding: 1 }), layers.relu(), layers.maxPool2d(2));
const training = await compile(gpu, {
  model: layers.sequential(block(1, 8), block(8, 16), layers.flatten(), layers.linear(16 * 2 * 2, 10)),
  loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
  batch: { x: f32(64, 1, 8, 8), y: u32(64) }, // images of 8 × 8 pixels in one channel
  optimizer: adamw({ lr: 0.01, weightDecay: 0.05 }),
});
const evaluator = await training.evaluator({ x: f32(test.count, 1, 8, 8), y: u32(test.count) }, (model, { x, y }) => ({
  accuracy: losses.accuracy(model(x), y),
}));
const batches = new Batches(train, 64, 1);
const [x, y] = [new Float32Array(64 * 8 * 8), new Uint32Array(64)];
await fit(training, {
  steps: 2 * batches.stepsPerEpoch,
  batch: (step) => {
    batches.fill(step, x, y);
    return { x, y };
  },
  evaluate: { every: batches.stepsPerEpoch, run: async () => (await evaluator.run(test)).accuracy?.[0] ?? 0 },
  onProgress: ({ step, evaluation: share }) =>
    share && console.log(`step ${step}: ${(share * 100).toFixed(1)} % of the test images right`),
});
