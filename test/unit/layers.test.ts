import { describe, expect, it } from "vitest";
import { initial, layers, type Model, model, namedParameters, namedStates } from "../../src/engine/index.ts";
import { initialNumbers } from "../../src/engine/model.ts";
import * as graph from "../../src/graph/index.ts";
import { float32 } from "../../src/reference/index.ts";
import { run } from "../graph/runModel.ts";

const input = (shape: graph.Shape, dtype: graph.DType = "float32"): graph.Tensor => graph.input("x", shape, dtype);
const counts = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(i + 1));
const shapesOf = (it: Parameters<typeof namedParameters>[0]): Record<string, graph.Shape> =>
  Object.fromEntries([...namedParameters(it)].map(([name, { shape }]) => [name, shape]));
const rolesOf = (it: Parameters<typeof namedParameters>[0]): Record<string, string> =>
  Object.fromEntries(
    [...namedParameters(it)].map(([name, { node }]) => [
      name,
      (node as graph.Node<graph.OperationOf<"parameter">>).operation.role,
    ]),
  );
const named = (it: Parameters<typeof namedParameters>[0], name: string): graph.Tensor =>
  namedParameters(it).get(name) ?? (namedStates(it).get(name) as graph.Tensor);

describe("linear", () => {
  it("is x · weight + bias", () => {
    const layer = layers.linear(2, 3);
    const x = input([2, 2]);
    const { weight, bias } = layer.parameters;
    expect(
      run(
        [layer(x)],
        [
          [x, [1, 2, 3, 4]],
          [weight, [1, 0, 2, 0, 1, 3]],
          [bias as graph.Tensor, [10, 20, 30]],
        ],
      ),
    ).toEqual([[11, 22, 38, 13, 24, 48]]);
  });

  it("starts as PyTorch's does, unless told", () => {
    const { weight, bias } = layers.linear(100, 40).parameters;
    for (const parameter of [weight, bias as graph.Tensor]) {
      const largest = Math.max(...initialNumbers(parameter, 3, 4).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.1);
      expect(largest).toBeGreaterThan(0.08);
    }
    const told = layers.linear(100, 40, { bias: false, weight: initial.kaimingUniform });
    expect(Math.max(...initialNumbers(told.parameters.weight, 3, 4))).toBeGreaterThan(0.2);
    expect(shapesOf(told)).toEqual({ weight: [100, 40] });
  });
});

describe("shapes", () => {
  const image = [2, 4, 6, 6];
  const rows: readonly (readonly [name: string, layer: Model, x: graph.Shape, y: graph.Shape])[] = [
    ["relu", layers.relu(), [3], [3]],
    ["conv2d", layers.conv2d(4, 6, 3, { padding: 1, groups: 2 }), image, [2, 6, 6, 6]],
    ["conv2d with a stride", layers.conv2d(4, 8, [3, 2], { stride: 2, bias: false }), image, [2, 8, 2, 3]],
    ["maxPool2d", layers.maxPool2d(2), image, [2, 4, 3, 3]],
    ["meanPool2d", layers.meanPool2d(3, { stride: 1 }), image, [2, 4, 4, 4]],
    ["flatten", layers.flatten(), image, [2, 144]],
    ["flatten of no rows", layers.flatten(), [0, 4, 6], [0, 24]],
    ["batchNorm", layers.batchNorm(4), image, image],
    ["layerNorm", layers.layerNorm(6), image, image],
    ["rmsNorm", layers.rmsNorm(6), image, image],
    ["attention", layers.attention(6, 3, { isCausal: true, rotary: true }), [2, 5, 6], [2, 5, 6]],
    ["transformerBlock", layers.transformerBlock(6, 3, { dropout: 0.1 }), [2, 5, 6], [2, 5, 6]],
    ["residual", layers.residual(layers.tanh()), [3, 2], [3, 2]],
  ];
  it.each(rows)("%s", (_, layer, x, y) => {
    const leaf = input(x);
    const { result } = graph.trace(true, () => layer(leaf));
    expect(result.shape).toEqual(y);
    const [numbers] = run([result], [[leaf, counts(graph.elementsOf(x))]], float32) as [number[]];
    expect(numbers.every(Number.isFinite)).toBe(true);
  });
});

describe("batchNorm", () => {
  const layer = layers.batchNorm(2, { momentum: 0.25, eps: 1e-5 });
  const x = input([3, 2]);
  const numbers = [1, 10, 2, 20, 6, 60];
  const weights = [
    [named(layer, "weight"), [2, 1]],
    [named(layer, "bias"), [0, 5]],
  ] as const;
  const { runningMean, runningVariance } = layer.parameters;

  it("goes by the batch in training, and has the running statistics follow it", () => {
    const { result, updates } = graph.trace(true, () => layer(x));
    expect([...updates.keys()]).toEqual([runningMean, runningVariance]);
    const [y, mean, variance] = run([result, ...updates.values()], [[x, numbers], ...weights]) as [
      number[],
      number[],
      number[],
    ];
    const normal = (value: number, center: number, spread: number): number =>
      (value - center) / Math.sqrt(spread + 1e-5);
    // Means 3 and 30; biased variances 14/3 and 1400/3, unbiased ones 7 and 700.
    const expected = numbers.map((value, i) =>
      i % 2 === 0 ? 2 * normal(value, 3, 14 / 3) : normal(value, 30, 1400 / 3) + 5,
    );
    expect(y).toEqual(expected.map((value) => expect.closeTo(value, 12)));
    expect(mean).toEqual([0.75, 7.5]);
    expect(variance).toEqual([0.75 + 7 / 4, 0.75 + 700 / 4].map((value) => expect.closeTo(value, 12)));
  });

  it("goes by the running statistics in evaluation, and leaves them alone", () => {
    const { result, updates } = graph.trace(false, () => layer(x));
    expect(updates.size).toBe(0);
    const given = [[x, numbers], ...weights, [runningMean, [1, 10]], [runningVariance, [4, 25]]] as const;
    const [y] = run([result], given) as [number[]];
    expect(y).toEqual([0, 5, 1, 7, 5, 15].map((value) => expect.closeTo(value, 4)));
  });

  it("has its gradient by central differences, through the batch's statistics", () => {
    const { result } = graph.trace(true, () => graph.sum(graph.square(graph.tanh(layer(x)))));
    const [gradient] = graph.differentiate(result, [x]) as [graph.Tensor];
    const [slopes] = run([gradient], [[x, numbers]]) as [number[]];
    const lossAt = (i: number, step: number): number =>
      run([result], [[x, numbers.map((value, at) => (at === i ? value + step : value))]])[0]?.[0] as number;
    for (const [i, slope] of slopes.entries()) {
      expect(slope).toBeCloseTo((lossAt(i, 1e-4) - lossAt(i, -1e-4)) / 2e-4, 7);
    }
  });

  it("wants two elements a channel in training", () => {
    expect(() => graph.trace(true, () => layer(input([1, 2])))).toThrow(/^batchNorm: no variance in training \(got 1/);
    expect(() => layer(input([3, 5]))).toThrow(/^batchNorm: x has the wrong shape \(got \[3, 5\].*layers\.test\.ts/);
  });
});

describe("names and roles", () => {
  const width = 4;
  const transformer = model(
    {
      embed: layers.embedding(7, width),
      blocks: [0, 1].map(() => layers.recomputed(layers.transformerBlock(width, 2, { isCausal: true }))),
      norm: layers.layerNorm(width),
      head: layers.linear(width, 7, { bias: false }),
    },
    ({ embed, blocks, norm, head }, ids: graph.Tensor) => head(norm(blocks.reduce((x, block) => block(x), embed(ids)))),
  );

  it("are paths, in the model's order", () => {
    const block = {
      ...{ "norm1.weight": "norm", "norm1.bias": "norm" },
      ...{ "attention.qkv.weight": "weight", "attention.qkv.bias": "bias" },
      ...{ "attention.output.weight": "weight", "attention.output.bias": "bias" },
      ...{ "norm2.weight": "norm", "norm2.bias": "norm" },
      ...{ "mlp.expand.weight": "weight", "mlp.expand.bias": "bias" },
      ...{ "mlp.contract.weight": "weight", "mlp.contract.bias": "bias" },
    };
    const inBlocks = [0, 1].flatMap((i) => Object.entries(block).map(([name, role]) => [`blocks.${i}.${name}`, role]));
    const expected = [
      ["embed.weight", "embedding"],
      ...inBlocks,
      ...[
        ["norm.weight", "norm"],
        ["norm.bias", "norm"],
        ["head.weight", "weight"],
      ],
    ];
    expect(Object.entries(rolesOf(transformer))).toEqual(expected);
    expect(shapesOf(transformer)["blocks.1.attention.qkv.weight"]).toEqual([4, 12]);
  });

  it("can be differentiated by all of them, and sees no later time", () => {
    const ids = input([1, 3], "uint32");
    const { result: logits } = graph.trace(true, () => transformer(ids));
    const last = graph.slice(logits, 1, 0, 1);
    const [first, changed] = [run([last], [[ids, [1, 2, 3]]]), run([last], [[ids, [1, 5, 6]]])];
    expect(first).toEqual(changed);
    const parameters = [...namedParameters(transformer).values()];
    const gradients = graph.differentiate(graph.sum(graph.square(logits)), parameters);
    const numbers = run(gradients, [[ids, [1, 2, 3]]]);
    expect(numbers.map((values) => values.length)).toEqual(parameters.map(({ shape }) => graph.elementsOf(shape)));
    expect(numbers.every((values) => values.some((value) => value !== 0))).toBe(true);
  });

  it("are numbers in a sequence, and those of the inside of a residual", () => {
    const inner = layers.residual(layers.sequential(layers.linear(4, 4), layers.relu(), layers.linear(4, 4)));
    expect(Object.keys(shapesOf(layers.sequential(layers.flatten(), inner)))).toEqual([
      ...["1.0.weight", "1.0.bias", "1.2.weight", "1.2.bias"],
    ]);
  });

  it("are there once for what is shared, and states are apart", () => {
    const embed = layers.embedding(5, 3);
    const tied = model({ embed, head: embed.parameters.weight }, ({ embed, head }, ids: graph.Tensor) =>
      graph.matmul(embed(ids), head, { transposeB: true }),
    );
    expect(Object.keys(shapesOf(tied))).toEqual(["embed.weight"]);
    expect(tied(input([2], "uint32")).shape).toEqual([2, 5]);
    const normed = layers.sequential(layers.batchNorm(3));
    expect([...namedParameters(normed).keys()]).toEqual(["0.weight", "0.bias"]);
    expect([...namedStates(normed).keys()]).toEqual(["0.runningMean", "0.runningVariance"]);
  });
});

describe("a mistake", () => {
  it("is named with the line of the model", () => {
    const net = layers.sequential(layers.linear(4, 3), layers.relu(), layers.linear(4, 2));
    expect(() => net(input([5, 4]))).toThrow(
      /^matmul: inner sides that differ \(got \[5, 3\] and \[4, 2\].*layers\.test\.ts:\d+/,
    );
    expect(() => layers.attention(10, 3)).toThrow(
      /^attention: a width that does not divide into heads \(got 10 in 3\)/,
    );
    expect(() => layers.conv2d(3, 4, 3, { groups: 2 })).toThrow(/^conv2d: channels that do not divide into groups/);
  });
});

it("trains: 300 steps of gradient descent in float32 learn XOR", () => {
  const net = layers.sequential(layers.linear(2, 8), layers.tanh(), layers.linear(8, 1));
  const [x, y] = [input([4, 2]), graph.input("y", [4, 1], "float32")];
  const parameters = [...namedParameters(net).values()];
  const { result: loss } = graph.trace(true, () => graph.mean(graph.square(graph.sub(net(x), y))));
  const gradients = graph.differentiate(loss, parameters);
  let weights = parameters.map((parameter, stream) => [...initialNumbers(parameter, 0, stream)]);
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 300; step++) {
    const given = parameters.map((parameter, i) => [parameter, weights[i] as number[]] as const);
    const [[found], ...slopes] = run(
      [loss, ...gradients],
      [[x, [0, 0, 0, 1, 1, 0, 1, 1]], [y, [0, 1, 1, 0]], ...given],
      float32,
    ) as [[number], ...number[][]];
    last = found;
    weights = weights.map((values, i) => values.map((value, at) => value - 0.3 * (slopes[i]?.[at] as number)));
  }
  expect(last).toBeLessThan(0.01);
});
