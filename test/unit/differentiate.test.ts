import { describe, expect, it } from "vitest";
import {
  add,
  attention,
  collect,
  concat,
  constant,
  differentiate,
  dropout,
  GraphError,
  gelu,
  input,
  layerNorm,
  matmul,
  mean,
  mul,
  recomputed,
  relu,
  rotary,
  softmax,
  split,
  square,
  sum,
  type Tensor,
  tanh,
  trace,
} from "../../src/graph/index.ts";
import { float64, type Numbers } from "../../src/reference/index.ts";
import { differences, expectNear } from "../graph/differences.ts";
import type { LeafName } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { compute, prepare } from "../graph/runRow.ts";

describe("gradients are central differences, in float64", () => {
  it.each(opTable.filter((row) => !row.withoutGradient && !row.withoutDifferences))("$name", (row) => {
    const { loss, gradients, numbers } = prepare(row);
    for (const [name, gradient] of Object.entries(gradients)) {
      const [found] = compute([gradient], numbers, float64) as [Float64Array];
      expect(gradient.shape).toEqual(row.leaves[name as LeafName]?.shape);
      expectNear([...found], slopes(loss as Tensor, numbers, name), name);
    }
  });
});

/** The slopes of a loss along each element of a leaf. */
function slopes(loss: Tensor, numbers: Readonly<Record<string, Numbers>>, name: string): number[] {
  const lossAt = (moved: Numbers): number =>
    (compute([loss], { ...numbers, [name]: moved }, float64)[0] as Numbers)[0] as number;
  return differences(lossAt, numbers[name] as Numbers);
}

const numbersIn = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(1 + i));

describe("the graph of gradients", () => {
  it("sums what arrives at a weight that is used twice", () => {
    const x = input("x", [2, 3], "float32");
    const weight = input("weight", [3, 3], "float32");
    const loss = sum(matmul(tanh(matmul(x, weight)), weight));
    const [gradient] = differentiate(loss, [weight]) as [Tensor];
    const numbers = { x: numbersIn(6), weight: numbersIn(9) };
    expectNear([...(compute([gradient], numbers, float64)[0] as Numbers)], slopes(loss, numbers, "weight"), "weight");
  });

  it("is zero where the loss does not depend on a leaf, and 1 where it is the loss", () => {
    const [x, y] = [input("x", [2], "float32"), input("y", [], "float32")];
    const gradients = differentiate(y, [x, y]);
    expect(compute(gradients, { x: numbersIn(2), y: numbersIn(1) }, float64)).toEqual([
      Float64Array.of(0, 0),
      Float64Array.of(1),
    ]);
  });

  it("does not go into what leads to no leaf that is asked for", () => {
    const [x, weight] = [input("x", [4, 3], "float32"), input("weight", [3, 2], "float32")];
    const [gradient] = differentiate(mean(matmul(x, weight)), [weight]) as [Tensor];
    const products = collect([gradient]).nodes.filter(({ operation }) => operation.op === "matmul");
    expect(products.map(({ outputs: [product] }) => product?.shape)).toEqual([[3, 2]]);
  });

  it("has the pieces that a tensor was cut into come back in one", () => {
    const x = input("x", [2, 9], "float32");
    const [q, k, v] = split(x, 3, -1) as [Tensor, Tensor, Tensor];
    const [gradient] = differentiate(sum(mul(mul(q, k), tanh(v))), [x]) as [Tensor];
    const ops = collect([gradient]).nodes.map(({ operation }) => operation.op);
    expect(gradient.node.operation).toEqual({ op: "concat", axis: 1 });
    expect(ops).not.toContain("pad");
  });

  it("adds the pieces where they overlap or leave a gap", () => {
    const x = input("x", [9], "float32");
    const [first, , third] = split(x, 3, 0) as [Tensor, Tensor, Tensor];
    const [gradient] = differentiate(sum(mul(first, third)), [x]) as [Tensor];
    expect([...(compute([gradient], { x: numbersIn(9) }, float64)[0] as Numbers)]).toEqual([
      ...numbersIn(9).slice(6),
      ...[0, 0, 0],
      ...numbersIn(9).slice(0, 3),
    ]);
  });

  it("wants one number", () => {
    const [x, ids] = [input("x", [2, 3], "float32"), input("ids", [1], "uint32")];
    expect(() => differentiate(relu(x), [x])).toThrow(
      /^loss: only a number can be differentiated \(got float32 \[2, 3\]/,
    );
    expect(() => differentiate(ids, [ids])).toThrow(/got uint32 \[1\]/);
  });

  it.each([
    ["geluGradient", "float32 [3], float32 [3]", (x: Tensor) => gelu(x)],
    ["softmaxGradient", "float32 [3], float32 [3]", (x: Tensor) => square(softmax(x))],
    ["normWeightGradient", "float32 [3], float32 [], float32 [], float32 [3]", (x: Tensor) => layerNorm(x, x, x)],
  ] as const)("is not to be differentiated again where that is not known: %s", (op, got, call) => {
    const x = input("x", [3], "float32");
    const y = call(x); // Errors name the line that the function was called at.
    const [gradient] = differentiate(sum(y), [x]) as [Tensor];
    const again = () => differentiate(sum(gradient), [x]);
    expect(again).toThrow(GraphError);
    const [, line] = y.node.where.match(/^differentiate\.test\.ts:(\d+)/) as [string, string];
    expect(again).toThrow(`${op}: a gradient has no gradient of its own (got ${got}). Differentiate once.`);
    expect(again).toThrow(new RegExp(`\\(at differentiate\\.test\\.ts:${line}:\\d+\\)$`));
  });
});

describe("recomputed", () => {
  const block = (x: Tensor, weight: Tensor): Tensor =>
    add(x, dropout(gelu(matmul(softmax(matmul(x, weight)), weight)), 0.4));
  const gradientsOf = (isRecomputed: boolean): readonly Tensor[] => {
    const [x, weight] = [input("x", [4, 5], "float32"), input("weight", [5, 5], "float32")];
    const call = (value: Tensor): Tensor => block(value, weight);
    return trace(true, () => {
      const once = isRecomputed ? recomputed("first", () => call(x)) : call(x);
      const twice = isRecomputed ? recomputed("second", () => call(once)) : call(once);
      const loss = mean(square(twice));
      return [loss, ...differentiate(loss, [x, weight])];
    }).result;
  };
  const countOf = (tensors: readonly Tensor[], op: string): number =>
    collect(tensors).nodes.filter(({ operation }) => operation.op === op).length;

  it("gives the same numbers", () => {
    const numbers = { x: numbersIn(20), weight: numbersIn(25) };
    expect(compute(gradientsOf(true), numbers, float64)).toEqual(compute(gradientsOf(false), numbers, float64));
  });

  it("computes the block a second time for the backward pass, and only what that needs", () => {
    const [kept, again] = [gradientsOf(false), gradientsOf(true)];
    expect(countOf(kept, "softmax")).toBe(2);
    expect(countOf(again, "softmax")).toBe(4);
    // Two in a block; the gradient of a block needs the input of gelu again, so both; and four of the gradients each.
    expect(countOf(kept, "matmul")).toBe(4 + 8);
    expect(countOf(again, "matmul")).toBe(8 + 8);
    expect(countOf(again, "input")).toBe(2);
  });

  it("is nothing to a graph that has no gradient", () => {
    const x = input("x", [2], "float32");
    expect(trace(false, () => recomputed("block", () => relu(x))).result.node.region).toEqual({ name: "block" });
    expect(recomputed("outside a trace", () => relu(x)).node.region).toBeUndefined();
  });
});

describe("what does not fit is refused, with the line that asked for it", () => {
  const x = input("x", [2, 3], "float32");
  const ids = input("ids", [4], "uint32");
  const fourAxes = input("ids", [1, 1, 1, 2], "uint32");
  const faults: readonly (readonly [name: string, call: () => Tensor, message: RegExp])[] = [
    ["matmul", () => matmul(x, x), /^matmul: inner sides that differ \(got \[2, 3\] and \[2, 3\], so 3 and 2\)/],
    ["matmul of rows", () => matmul(constant(1, [3]), x), /^matmul: operands need two axes .*\[3\] and \[2, 3\]/],
    ["add", () => add(x, constant(1, [2])), /^add: shapes that do not broadcast \(got \[2, 3\] and \[2\]\)/],
    ["mul of indices", () => mul(ids, ids), /^mul: an operand of the wrong type \(got uint32 \[4\], allowed float32\)/],
    ["layerNorm", () => layerNorm(x, x, x), /^layerNorm: weight has the wrong shape \(got \[2, 3\], allowed \[3\]\)/],
    ["attention", () => attention(x, x, x), /^attention: q has the wrong shape \(got \[2, 3\], allowed \[any, any/],
    ["concat", () => concat([x, ids], 0), /^concat: tensors that do not fit \(got \[2, 3\] and \[4\] along 0\)/],
    ["split", () => split(x, 2, 1)[0] as Tensor, /^split: an axis that does not divide \(got \[2, 3\] in 2 along 1\)/],
    ["sum over no axis", () => sum(x, { axes: [2] }), /^sum: no such axis \(got 2 of a tensor of shape \[2, 3\]\)/],
    ["dropout", () => dropout(x, 1), /^dropout: no rate \(got 1, allowed 0 up to 1/],
    ["dropout of indices", () => dropout(ids, 0), /^dropout: an operand of the wrong type \(got uint32 \[4\], allowed/],
    ["rotary of indices", () => rotary(fourAxes), /^rotary: an operand of the wrong type \(got uint32 \[1, 1, 1, 2\]/],
    [
      "deep in a model",
      () =>
        [...Array(20)].reduce<() => Tensor>(
          (call) => () => call(),
          () => matmul(x, x),
        )(),
      /matmul/,
    ],
  ];
  it.each(faults)("%s", (_, call, message) => {
    expect(call).toThrow(GraphError);
    expect(call).toThrow(message);
    expect(call).toThrow(/ \(at differentiate\.test\.ts:\d+:\d+\)$/);
  });

  it("knows the line of every node", () => {
    expect(x.node.where).toMatch(/^differentiate\.test\.ts:\d+:\d+$/);
  });
});
