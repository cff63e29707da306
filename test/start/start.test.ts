import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { readSafetensors } from "../../src/interop/index.ts";

const names = ["test-first", "test-second", "test-interrupted", "test-cnn", "test-gpt", "test-cpu"];
const file = (name: string, path: string): URL => new URL(`../../runs/${name}/${path}`, import.meta.url);

afterAll(() => {
  for (const name of names) rmSync(file(name, "."), { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  output: string;
}

/** Runs the script behind `npm start`; `onOutput` sees all that was printed so far. */
function start(args: string[], onOutput: (output: string, interrupt: () => void) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, ["scripts/train.mjs", ...args], { cwd: new URL("../..", import.meta.url) });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output += chunk;
    onOutput(output, () => child.kill("SIGINT"));
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

const digits = ["--dataset", "digits", "--width", "32", "--lr", "0.01"];

test("a run learns, proves itself and writes its folder; the same seed gives the same bits", async () => {
  const { code, output } = await start([...digits, "--epochs", "4", "--name", "test-first"]);
  expect(output).toMatch(/^test accuracy: \d+\.\d %$/m);
  expect(output).toMatch(/^submits a step: 1$/m);
  expect(output).toMatch(/^dispatches a step: 13$/m);
  expect(output).toMatch(/^adapter: \S/m);
  expect(output).toMatch(/^proof: the CPU reference replayed the first 50 steps; /m);
  expect(code).toBe(0);

  const report = JSON.parse(readFileSync(file("test-first", "report.json"), "utf8"));
  expect(report.testAccuracy).toBeGreaterThan(0.9);
  expect(report.proof.maxUlp).toBeLessThan(16);
  const metrics = readFileSync(file("test-first", "metrics.jsonl"), "utf8").trim().split("\n");
  expect(metrics).toHaveLength(report.steps);
  expect(readFileSync(file("test-first", "loss.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  const model = readFileSync(file("test-first", "model.safetensors"));
  const { tensors, metadata } = readSafetensors(model);
  expect([...tensors.keys()]).toEqual([0, 1, 2].flatMap((i) => [`layers.${i}.weight`, `layers.${i}.bias`]));
  expect(metadata.get("step")).toBe(String(report.steps));

  await start([...digits, "--epochs", "4", "--name", "test-second"]);
  expect(readFileSync(file("test-second", "model.safetensors")).equals(model)).toBe(true);
});

test("a convolutional network learns, and proves its first steps", async () => {
  const { code, output } = await start([
    ...["--task", "cnn", "--dataset", "digits", "--epochs", "5", "--width", "8"],
    ...["--name", "test-cnn"],
  ]);
  expect(output).toMatch(/^test accuracy: \d+\.\d %$/m);
  expect(output).toMatch(/^proof: the CPU reference replayed the first 3 steps; /m);
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(file("test-cnn", "report.json"), "utf8")).testAccuracy).toBeGreaterThan(0.8);
});

test("a transformer learns and writes", async () => {
  const { code, output } = await start([
    ...["--task", "gpt", "--steps", "12", "--batch", "2", "--width", "16", "--lr", "0.015"],
    ...["--name", "test-gpt"],
  ]);
  expect(output).toMatch(/^validation loss: \d\.\d\d$/m);
  expect(output).toMatch(/^submits a step: 1$/m);
  expect(output).toMatch(/^proof: none, /m);
  expect(output).toMatch(/^--- after 12 steps it writes:$/m);
  expect(code).toBe(0);
  // An even guess among 75 characters is worth 4.32 nats.
  expect(JSON.parse(readFileSync(file("test-gpt", "report.json"), "utf8")).validationLoss).toBeLessThan(3.6);
  expect(readFileSync(file("test-gpt", "sample.txt"), "utf8").length).toBeGreaterThan(200);
});

test("the CPU reference trains where it is asked to, and the report says so", async () => {
  const { code, output } = await start([
    ...["--on", "cpu", "--dataset", "digits", "--epochs", "1", "--width", "16", "--lr", "0.01", "--name", "test-cpu"],
  ]);
  expect(output).toMatch(/^mlp on digits, adamw: 1,482 parameters on the CPU reference, not a GPU$/m);
  expect(output).toMatch(/^test accuracy: \d+\.\d %$/m);
  expect(output).toMatch(/^submits a step: 0$/m);
  expect(output).toMatch(/^adapter: the CPU reference, not a GPU$/m);
  expect(output).toMatch(/^proof: none, for the CPU reference itself has trained$/m);
  expect(code).toBe(0);
});

test("Ctrl-C stops between two steps and leaves a usable checkpoint", async () => {
  let interrupted = false;
  const { code, output } = await start(
    [...digits, "--epochs", "500", "--name", "test-interrupted"],
    (text, interrupt) => {
      if (interrupted || !text.includes("epoch")) return;
      interrupted = true;
      interrupt();
    },
  );
  expect(output).toContain("Stopping after this step");
  expect(output).toMatch(/^steps: .*interrupted$/m);
  expect(code).toBe(130);
  const { metadata } = readSafetensors(readFileSync(file("test-interrupted", "model.safetensors")));
  const report = JSON.parse(readFileSync(file("test-interrupted", "report.json"), "utf8"));
  expect(report.interrupted).toBe(true);
  expect(metadata.get("step")).toBe(String(report.steps));
});

test.each([
  [["--lr", "fast"], '--lr must be a number, got "fast"'],
  [["--epochs", "0"], '--epochs must be a whole number >= 1, got "0"'],
  [["--dataset", "mnist"], '--dataset must be one of fashion, digits, got "mnist"'],
  [["--on", "tpu"], '--on must be one of gpu, cpu, got "tpu"'],
  [["--task", "vae"], '--task must be one of mlp, cnn, gpt, got "vae"'],
  [["--task", "gpt", "--epochs", "3"], "--epochs means nothing to gpt"],
  [["--steps", "10"], "--steps means nothing to mlp"],
  [["--name", "../up"], "--name must be letters"],
  [["--learning-rate", "1"], "--learning-rate"],
])("%j is refused with a word on what is allowed", async (args, message) => {
  const { code, output } = await start(args);
  expect(output).toContain(message);
  expect(code).toBe(2);
});

test("a rule's own refusal reaches the terminal without a stack", async () => {
  const { code, output } = await start([
    "--dataset",
    "digits",
    "--lr",
    "2",
    "--weight-decay",
    "0.9",
    "--name",
    "test-first",
  ]);
  expect(output).toContain("lr * weightDecay must be below 1");
  expect(output).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
});
