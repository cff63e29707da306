import { adamw, openGpu } from "../src/index.ts";
import { createTraining, loadDataset } from "../src/train/index.ts";

const gpu = await openGpu();
const dataset = await loadDataset("digits", async (file) => {
  return new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());
});
const optimizer = adamw({ lr: (t) => 2e-3 / (1 + t / 500), weightDecay: 0.1 });
const training = await createTraining(gpu, { dataset, optimizer, epochs: 20, batch: 50, width: 64, seed: 1 });
await training.run({ onProgress: ({ step, loss }) => console.log(`step ${step}: loss ${loss.toFixed(3)}`) });
const { accuracy } = await training.evaluate();
console.log(`${(accuracy * 100).toFixed(1)} % of the test images right, on ${gpu.adapter.label}`);
