import { f32, layers, losses, u32 } from "../src/engine/index.ts";
import { adamw, openGpu, WebGPUUnavailableError } from "../src/index.ts";
import { compile } from "../src/train/index.ts";

const gpu = await openGpu().catch((error) => {
  if (error instanceof WebGPUUnavailableError) return "cpu" as const; // the reference trains then, slowly
  throw error;
});
const training = await compile(gpu, {
  model: layers.sequential(layers.linear(2, 16), layers.gelu(), layers.linear(16, 2)),
  loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
  batch: { x: f32(64, 2), y: u32(64) },
  optimizer: adamw({ lr: 0.02, weightDecay: 0.01 }),
  onStep: ({ step, loss }) => step % 50 === 0 && console.log(`step ${step}: loss ${loss.toFixed(3)}`),
});
console.log(training.describe());
for (let step = 0; step < 200; step++) {
  const x = Float32Array.from({ length: 128 }, () => 2 * Math.random() - 1);
  const y = Uint32Array.from({ length: 64 }, (_, i) => Number(Math.hypot(x[2 * i] ?? 0, x[2 * i + 1] ?? 0) < 0.7));
  await training.step({ x, y }); // one submit; nothing is created or read back
}
await training.settled();
