import { openGpu } from "../src/index.ts";
import { compile, fit, tasks, textDataset } from "../src/train/index.ts";

const gpu = await openGpu();
const book = await (await fetch("/data/pride-and-prejudice.txt")).text();
const text = textDataset(book.slice(0, 100_000));
const context = 16; // characters that it sees at once
const task = tasks.gpt(text, { steps: 60, batch: 16, width: 32, layers: 1, heads: 1, context });
const training = await compile(gpu, task);
const writer = await tasks.Writer.create(training, text, context);
await fit(training, {
  steps: task.steps,
  batch: task.batchAt,
  onProgress: ({ step, metrics }) => step % 20 === 0 && console.log(`step ${step}: ${metrics.loss.toFixed(2)} nats`),
});
console.log(await writer.write("It is a truth ", 40, 0.8, 1)); // 40 characters at temperature 0.8, by seed 1
