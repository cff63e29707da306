// What the benchmark computes without timing anything.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fitLine } from "../../bench/fit.ts";
import { flopsOf, flopsOfStep } from "../../bench/flops.ts";
import { mixOf, mixOfUpdate } from "../../bench/limits/mix.ts";
import { planUpdates } from "../../bench/optimizers.ts";
import { suites } from "../../bench/row.ts";
import { benchRules } from "../../bench/rules.ts";
import { gpt2Tensors, manyTensors, oneTensor, sizeName } from "../../bench/shapes.ts";
import { exampleTasks, trainingWorkloads } from "../../bench/tasks.ts";
import { runOptions, suiteNames } from "../../scripts/benchRun.mjs";
import { attention, collect, conv2d, input, matmul } from "../../src/graph/index.ts";

const elements = (shapes: readonly { shape: readonly number[] }[]): number =>
  shapes.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);

describe("a line through points", () => {
  test("is found where there is one", () => {
    const { fixed, slope, worstDeviation } = fitLine([1, 10, 1000].map((x) => [x, 3 + 0.5 * x]));
    expect([fixed, slope]).toEqual([expect.closeTo(3, 9), expect.closeTo(0.5, 9)]);
    expect(worstDeviation).toBeLessThan(1e-9);
  });
  test("heeds small points as much as large ones", () => {
    // A large point that is 10 % off must not move the line away from the small ones by as much as it is large.
    const { fixed, worstDeviation } = fitLine([
      [1, 1],
      [2, 2],
      [1e6, 1.1e6],
    ]);
    expect(Math.abs(fixed)).toBeLessThan(0.2);
    expect(worstDeviation).toBeLessThan(0.1);
  });
  test.each([
    [[[1, 1]]],
    [
      [
        [1, 1],
        [1, 2],
      ],
    ],
    [
      [
        [1, 0],
        [2, 1],
      ],
    ],
  ] as [number, number][][][])("is none of %j", (points) => {
    expect(() => fitLine(points)).toThrow("fit: ");
  });
});

describe("a stream has the traffic of", () => {
  test.each([
    ["sgd", 8, 4, { reads: 2, writes: 1 }],
    ["sgd with momentum", 12, 8, { reads: 3, writes: 2 }],
    ["adamw", 16, 12, { reads: 4, writes: 3 }],
    ["adamw with amsgrad", 20, 16, { reads: 5, writes: 4 }],
    ["adan", 24, 20, { reads: 6, writes: 5 }],
    ["adamw, all in bf16", 8, 6, { reads: 4, writes: 3 }],
    ["adamw with float8 states, whose scales do not count", 10 + 1 / 32, 6 + 1 / 32, { reads: 5, writes: 3 }],
    ["lars, which measures first", 16, 4, { reads: 4, writes: 1 }],
    ["more than is possible", 1000, 4, { reads: 8, writes: 1 }],
  ])("%s", (_, read, written, mix) => expect(mixOf(read, written)).toEqual(mix));
  test("an update", () => expect(mixOfUpdate(28, 12)).toEqual({ reads: 4, writes: 3 }));
});

describe("the arithmetic of", () => {
  const x = input("x", [6, 5], "float32");
  test("products", () => {
    const w = input("w", [5, 7], "float32");
    expect(flopsOf(collect([matmul(x, w)]).nodes)).toBe(2 * 6 * 5 * 7);
    const turned = matmul(input("a", [3, 5, 6], "float32"), input("b", [3, 7, 5], "float32"), {
      transposeA: true,
      transposeB: true,
    });
    expect(flopsOf(collect([turned]).nodes)).toBe(3 * 2 * 6 * 5 * 7);
  });
  test("attention, of which a causal one needs half and the diagonal", () => {
    const [q, k, v] = ["q", "k", "v"].map((name) => input(name, [2, 10, 3, 4], "float32")) as [never, never, never];
    const product = 2 * 2 * 3 * 4;
    expect(flopsOf(collect([attention(q, k, v)]).nodes)).toBe(2 * product * 100);
    expect(flopsOf(collect([attention(q, k, v, { isCausal: true })]).nodes)).toBe(2 * product * 55);
  });
  test("a convolution", () => {
    const image = input("x", [2, 3, 8, 8], "float32");
    const y = conv2d(image, input("w", [5, 3, 3, 3], "float32"), { padding: [1, 1] });
    expect(flopsOf(collect([y]).nodes)).toBe(2 * (3 * 3 * 3) * (2 * 5 * 8 * 8));
  });
  test("a perceptron's step: forward once, backward twice, but for the gradient of its pictures", () => {
    const layers = [784 * 512, 512 * 512, 512 * 10].map((product) => 2 * 128 * product) as [number, number, number];
    const forward = layers.reduce((sum, flops) => sum + flops, 0);
    const mlp = exampleTasks["mlp 784-512-512-10, batch 128, Adam"]!;
    expect(flopsOfStep(mlp())).toEqual({ forward, backward: 2 * forward - layers[0] });
  });
  test("a convolutional step", () => {
    const [first, second] = [2 * 9 * 50 * 16 * 28 * 28, 2 * 9 * 16 * 50 * 32 * 14 * 14];
    const forward = first + second + 2 * 50 * 32 * 49 * 10;
    expect(flopsOfStep(exampleTasks["npm start -- --task cnn"]!())).toEqual({ forward, backward: 2 * forward - first });
  });
});

describe("shapes", () => {
  test("GPT-2 small has its own at its own size", () => {
    const shapes = gpt2Tensors(124_439_808);
    expect(shapes).toHaveLength(148);
    expect(elements(shapes)).toBe(124_439_808);
  });
  test.each([2 ** 16, 2 ** 20, 2 ** 22, 2 ** 26])("of %i parameters are about as many", (size) => {
    expect(elements(oneTensor(size))).toBe(size);
    expect(Math.abs(elements(gpt2Tensors(size)) / size - 1)).toBeLessThan(0.1); // of few, rounding is much
  });
  test("of many tensors have exactly as many", () => {
    expect(elements(manyTensors(200, 2e6))).toBe(2e6);
    for (const count of [1, 4, 256, 1024]) expect(elements(manyTensors(count, 2 ** 20))).toBe(2 ** 20);
  });
  test.each([
    [65_536, "64k"],
    [2 ** 20, "1M"],
    [2 ** 26, "64M"],
    [2e6, "2M"],
    [10_000, "10k"],
  ])("%i is %s", (size, name) => expect(sizeName(size)).toBe(name));
});

describe("what is measured", () => {
  test("every rule, in both profiles", () => {
    const made = readdirSync(new URL("../../src/optim/rules", import.meta.url)).map((file) => file.replace(".ts", ""));
    expect(made).toContain("adamw");
    for (const profile of ["accurate", "torch"]) {
      const measured = benchRules.filter(({ rule }) => rule.profile === profile).map(({ rule }) => rule.name);
      expect([...new Set(measured)].sort()).toEqual(made.sort());
    }
  });
  test("small states of every rule that has them", () => {
    const bf16 = benchRules.filter(({ dtype }) => dtype === "bfloat16").map(({ rule }) => rule.name);
    expect(bf16).toEqual(["adam", "adamw", "nadam", "radam", "lion"]);
  });
  test("a software adapter leaves out what takes long, and says so", () => {
    const { pairs, leftOut } = planUpdates({ isQuick: false, takesAll: false }, true);
    const largest = pairs.filter(([, { parameters }]) => parameters === 2 ** 26);
    expect([...new Set(largest.map(([{ name }]) => name))]).toEqual(["sgd", "adam", "adamw"]);
    expect(leftOut.map(({ what }) => what)).toContain("rules but sgd, adam and adamw at sizes but 1M");
    const every = planUpdates({ isQuick: false, takesAll: false }, false);
    expect(every.pairs.length).toBeGreaterThan(2 * pairs.length);
    expect(every.leftOut.every(({ what }) => what.startsWith("muon"))).toBe(true);
  });
  test("sizes that are asked for", () => {
    const { pairs } = planUpdates({ isQuick: false, takesAll: false, sizes: [2 ** 22] }, true);
    expect([...new Set(pairs.map(([, { name }]) => name))]).toContain("1 tensor, 4M");
  });
  test("the suites have one list in Node and one in the page", () => expect(suiteNames).toEqual(suites));
});

describe("the command's words", () => {
  const refuse = (message: string): never => {
    throw new RangeError(message);
  };
  const words = { quick: false, all: false, large: false };
  test("ask for a run", () => {
    const asked = runOptions({ ...words, suite: "training,limits", sizes: "64k,3M,1000" }, refuse);
    expect(asked).toEqual({
      suites: ["limits", "training"],
      isQuick: false,
      takesAll: false,
      takesLarge: false,
      sizes: [65_536, 3 * 2 ** 20, 1000],
    });
  });
  test.each([
    [{ suite: "limit" }, "--suite must be some of"],
    [{ sizes: "1G" }, "--sizes must be numbers"],
    [{ quick: true, all: true }, "--quick and --all"],
    [{ quick: true, large: true }, "--quick and --large"],
  ])("%j are refused", (wrong, message) => {
    expect(() => runOptions({ ...words, ...wrong }, refuse)).toThrow(message);
  });
});

test("PyTorch's models go by the names of ours", () => {
  const python = readFileSync(new URL("../../bench/torch/models.py", import.meta.url), "utf8");
  for (const { name } of trainingWorkloads) expect(python).toContain(`"${name}"`);
});
