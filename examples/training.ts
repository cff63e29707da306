import { adamw, cosine, openGpu } from "../src/index.ts";
import { compile, fit, loadDataset, tasks } from "../src/train/index.ts";

const gpu = await openGpu();
const dataset = await loadDataset("digits", async (file) => {
  return new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());
});
const optimizer = (total: number) => adamw({ lr: cosine({ peak: 2e-3, total }), weightDecay: 0.1 });
const task = tasks.mlp(dataset, { epochs: 20, batch: 50, width: 64, optimizer });
const training = await compile(gpu, task);
await fit(training, {
  steps: task.steps,
  batch: task.batchAt,
  onProgress: ({ step, metrics }) => console.log(`step ${step}: loss ${metrics.loss.toFixed(3)}`),
});
const score = await task.scorer(training);
const { accuracy } = await score(true);
console.log(`${(accuracy * 100).toFixed(1)} % of the test images right, on ${gpu.adapter.label}`);
