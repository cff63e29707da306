/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test, vi } from "vitest";
import { gatedBlock } from "../../examples/block.ts";
import { f32, layers, losses } from "../../src/engine/index.ts";
import { adamw } from "../../src/optim/index.ts";
import { compile } from "../../src/train/index.ts";

const readme = Object.values(
  import.meta.glob<string>("../../README.md", { query: "?raw", import: "default", eager: true }),
).join();

const printed = (log: { mock: { calls: unknown[][] } }): string => log.mock.calls.flat().join("\n");

test("examples/training.ts learns the digits", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../examples/training.ts");
  const [, percent] = /^(\d+\.\d) % of the test images right, on \S/m.exec(printed(log)) ?? [];
  log.mockRestore();
  expect(Number(percent)).toBeGreaterThan(94);
});

test("examples/cnn.ts tells digits apart, better with each epoch", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../examples/cnn.ts");
  const shares = [...printed(log).matchAll(/^step \d+: (\d+\.\d) % of the test images right$/gm)].map(([, share]) =>
    Number(share),
  );
  log.mockRestore();
  expect(shares).toHaveLength(2);
  expect(shares[1]).toBeGreaterThan(Math.max(80, shares[0] as number));
});

test("examples/gpt.ts learns which characters there are, and writes on", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../examples/gpt.ts");
  const lines = printed(log);
  log.mockRestore();
  const losses = [...lines.matchAll(/^step \d+: (\d\.\d\d) nats$/gm)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(3);
  expect(losses.at(-1)).toBeLessThan(3.2); // An even guess is worth more than 4.
  expect(lines).toMatch(/^It is a truth [\s\S]{40}$/m);
});

test("examples/model.ts learns where a circle is", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../examples/model.ts");
  const lines = printed(log);
  log.mockRestore();
  expect(lines).toMatch(/^\d+ parameters; \d+ nodes in \d+ dispatches a step:/);
  const losses = [...lines.matchAll(/step \d+: loss (\d\.\d+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(4);
  expect(losses.at(-1)).toBeLessThan(0.45);
});

test("examples/block.ts has named parameters, and learns where there is no GPU too", async () => {
  const loss: number[] = [];
  const training = await compile("cpu", {
    model: layers.sequential(layers.linear(2, 8), gatedBlock(8), layers.linear(8, 1)),
    loss: (model, { x, y }) => losses.mse(model(x), y),
    batch: { x: f32(8, 2), y: f32(8, 1) },
    optimizer: adamw({ lr: 0.01 }),
    onStep: (metrics) => loss.push(metrics.loss),
  });
  const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
  for (let step = 0; step < 60; step++) await training.step({ x, y: x.filter((_, i) => i % 2 === 0) });
  expect([...(await training.readWeights()).keys()]).toContain("1.gain");
  expect(loss.at(-1)).toBeLessThan(0.5 * (loss[0] as number));
});

test("examples/buffers.ts says what decays, as the README shows it", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../examples/buffers.ts");
  const description = printed(log);
  log.mockRestore();
  expect(readme).toContain(`\`\`\`\n${description}\n\`\`\``);
});
