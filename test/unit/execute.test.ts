import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { binary, ternary, unary } from "../../src/graph/operation.ts";
import { randomUniform } from "../../src/numbers/random.ts";
import { implementations } from "../../src/reference/implementations.ts";
import { execute, float32, float64, type Numbers } from "../../src/reference/index.ts";
import { erf, erfc } from "../../src/reference/ops/erf.ts";
import { KEY } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { compute, prepare } from "../graph/runRow.ts";

const count = (shape: g.Shape): number => g.elementsOf(shape);
const leaf = (name: string, shape: g.Shape): g.Tensor => g.input(name, shape, "float32");
const upTo = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => i);
/** Computed from leaves whose numbers count from 0 on. */
const ofCounts = (tensor: g.Tensor): number[] => [
  ...(execute([tensor], ({ shape }) => upTo(count(shape)), float64)[0] as Numbers),
];
const ofNumbers = (tensor: g.Tensor, numbers: readonly number[]): number[] => [
  ...(execute([tensor], () => Float64Array.from(numbers), float64)[0] as Numbers),
];

describe("every row of the table", () => {
  it.each(opTable)("$name: float32 and float64 agree, and there are no NaNs but of extremes", (row) => {
    const { outputs, gradients, numbers } = prepare(row);
    const tensors = [...outputs, ...Object.values(gradients)];
    const [single, double] = [compute(tensors, numbers, float32), compute(tensors, numbers, float64)];
    for (const [i, { shape, dtype }] of tensors.entries()) {
      const [found, exact] = [single[i] as Numbers, double[i] as Numbers];
      expect(found.length).toBe(count(shape));
      expect(found).toBeInstanceOf(dtype === "uint32" ? Uint32Array : Float32Array);
      // Rows are short: a few dozen roundings at the scale of the largest number, or of each and 1 where they are extremes.
      const largest = Math.max(...[...exact].map(Math.abs).filter(Number.isFinite), 1e-30);
      const wrong = found.findIndex((value, at) => {
        const wanted = Math.fround(exact[at] as number);
        if (row.withoutDifferences && !Number.isFinite(value)) return false; // on the way there float32 overflows
        const scale = row.withoutDifferences ? Math.abs(wanted) + 1 : largest;
        return !(value === wanted || Math.abs(value - wanted) <= 3e-6 * scale);
      });
      if (wrong >= 0) expect.fail(`output ${i}, element ${wrong}: ${found[wrong]} is not ${exact[wrong]}`);
    }
  });

  it("has every operation and every function", () => {
    const nodes = opTable.flatMap((row) => {
      const { outputs, gradients } = prepare(row);
      return g.collect([...outputs, ...Object.values(gradients)]).nodes;
    });
    const ops = new Set(nodes.map(({ operation }) => (operation.op === "map" ? operation.fn : operation.op)));
    // Built out of others: neg is a product with −1.
    const wanted = [...Object.keys(implementations), ...unary, ...binary, ...ternary, "key"];
    expect(wanted.filter((op) => !ops.has(op as never))).toEqual(["map", "neg"]);
  });
});

const x23 = (): g.Tensor => leaf("x", [2, 3]);
const known: readonly (readonly [name: string, build: () => g.Tensor, expected: readonly number[]])[] = [
  ["a product", () => g.matmul(x23(), leaf("y", [3, 2])), [10, 13, 28, 40]],
  ["a transposed product", () => g.matmul(x23(), leaf("y", [2, 3]), { transposeB: true }), [5, 14, 14, 50]],
  ["products of a batch", () => g.matmul(leaf("a", [2, 1, 2]), leaf("b", [2, 1])), [1, 3]],
  ["a product of nothing", () => g.matmul(leaf("a", [2, 0]), leaf("b", [0, 1])), [0, 0]],
  ["a broadcast sum", () => g.add(x23(), leaf("y", [2, 1])), [0, 1, 2, 4, 5, 6]],
  ["a difference", () => g.sub(leaf("y", [3]), x23()), [0, 0, 0, -3, -3, -3]],
  ["a quotient", () => g.div(leaf("y", [3]), g.constant(2)), [0, 0.5, 1]],
  ["a sum over rows", () => g.sum(x23(), { axes: [1] }), [3, 12]],
  ["a mean over columns", () => g.mean(x23(), { axes: [0] }), [1.5, 2.5, 3.5]],
  ["a largest", () => g.max(g.neg(x23())), [0]],
  ["a transposition", () => g.transpose(x23()), [0, 3, 1, 4, 2, 5]],
  ["a permutation", () => g.permute(leaf("x", [2, 2, 2]), [2, 0, 1]), [0, 2, 4, 6, 1, 3, 5, 7]],
  ["a slice", () => g.slice(x23(), 1, 1, 3), [1, 2, 4, 5]],
  ["an expansion", () => g.expand(leaf("x", [2, 1]), [2, 2, 3]), [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]],
  ["a concatenation", () => g.concat([x23(), leaf("y", [2, 1])], 1), [0, 1, 2, 0, 3, 4, 5, 1]],
  ["padding", () => g.pad(leaf("x", [1, 2]), [1, 0], [3, 3]), [0, 0, 0, 0, 1, 0, 0, 0, 0]],
  ["a maximum with a negative number", () => g.maximum(g.neg(leaf("x", [3])), g.constant(-1.5)), [0, -1, -1.5]],
  ["a minimum with a positive number", () => g.minimum(leaf("x", [3]), g.constant(1.5)), [0, 1, 1.5]],
  ["a choice", () => g.where(g.less(leaf("x", [3]), 1.5), leaf("x", [3]), -1), [0, 1, -1]],
  ["indices", () => g.float(g.argmax(g.concat([x23(), g.neg(x23())], 0))), [2, 2, 0, 0]],
  ["images", () => g.conv2d(leaf("x", [1, 1, 3, 3]), leaf("w", [1, 1, 2, 2])), [19, 25, 37, 43]],
  ["windows", () => g.maxPool2d(leaf("x", [1, 1, 3, 4]), [2, 2], { stride: 1 }), [5, 6, 7, 9, 10, 11]],
];

it.each(known)("%s", (_, build, expected) => {
  expect(ofCounts(build()).map((value) => value + 0)).toEqual(expected); // −0 + 0 is 0
});

/** From mpmath, of 60 digits. */
const functions: readonly (readonly [name: string, fn: (x: g.Tensor) => g.Tensor, x: number, y: number])[] = [
  ["gelu", g.gelu, 0.5, 0.34573123063700656],
  ["gelu", g.gelu, -1.25, -0.13206221708356908],
  ["gelu", g.gelu, 3.0, 2.99595030590511],
  ["gelu", g.gelu, -6.5, -2.6104003795084267e-10],
  ["gelu", g.gelu, -30.0, -1.472014178144456e-196],
  ["gelu", g.gelu, 20.0, 20.0],
  ["geluTanh", g.geluTanh, 0.5, 0.34571400982514394],
  ["geluTanh", g.geluTanh, -1.25, -0.1322857970302854],
  ["geluTanh", g.geluTanh, 3.0, 2.996362607918227],
  ["geluTanh", g.geluTanh, -6.5, -6.278258772591408e-13],
  ["geluTanh", g.geluTanh, 20.0, 20.0],
  ["silu", g.silu, 0.5, 0.3112296656009273],
  ["silu", g.silu, -1.25, -0.27837517353163604],
  ["silu", g.silu, 3.0, 2.8577223804672998],
  ["silu", g.silu, -6.5, -0.009757684668790446],
  ["silu", g.silu, -30.0, -2.8072868906517896e-12],
  ["silu", g.silu, 20.0, 19.99999995877693],
  ["softplus", g.softplus, 0.5, 0.9740769841801067],
  ["softplus", g.softplus, -1.25, 0.2519290813453729],
  ["softplus", g.softplus, 3.0, 3.048587351573742],
  ["softplus", g.softplus, -6.5, 0.0015023101597542838],
  ["softplus", g.softplus, -30.0, 9.357622968839737e-14],
  ["softplus", g.softplus, 20.0, 20.000000002061153],
  ["sigmoid", g.sigmoid, 0.5, 0.6224593312018546],
  ["sigmoid", g.sigmoid, -1.25, 0.22270013882530884],
  ["sigmoid", g.sigmoid, 3.0, 0.9525741268224333],
  ["sigmoid", g.sigmoid, -6.5, 0.0015011822567369915],
  ["sigmoid", g.sigmoid, -30.0, 9.357622968839299e-14],
  ["sigmoid", g.sigmoid, 20.0, 0.9999999979388464],
  ["tanh", g.tanh, 0.5, 0.46211715726000974],
  ["tanh", g.tanh, -1.25, -0.8482836399575129],
  ["tanh", g.tanh, 3.0, 0.9950547536867305],
  ["tanh", g.tanh, -6.5, -0.9999954793514042],
  ["tanh", g.tanh, -30.0, -1.0],
  ["tanh", g.tanh, 20.0, 1.0],
  ["geluGradient", (x) => g.geluGradient(x, 1), 0.5, 0.8674951246561629],
  ["geluGradient", (x) => g.geluGradient(x, 1), -1.25, -0.12266158306942213],
  ["geluGradient", (x) => g.geluGradient(x, 1), 4.0, 1.0005036496612265],
  ["geluGradient", (x) => g.geluGradient(x, 1), -9.0, -9.138937373906639e-18],
  ["siluGradient", (x) => g.siluGradient(x, 1), 0.5, 0.7399611873026518],
  ["siluGradient", (x) => g.siluGradient(x, 1), -1.25, 0.0063191550846875815],
  ["siluGradient", (x) => g.siluGradient(x, 1), 4.0, 1.052664614891073],
  ["siluGradient", (x) => g.siluGradient(x, 1), -9.0, -0.0009870195718974083],
];

it.each(functions)("%s at %#", (_, fn, x, y) => {
  const [found] = ofNumbers(fn(leaf("x", [1])), [x]) as [number];
  expect(Math.abs(found - y)).toBeLessThanOrEqual(4e-13 * Math.abs(y));
});

it.each([
  [1e-10, 1.1283791670955126e-10, 0.999999999887162],
  [0.1, 0.1124629160182849, 0.887537083981715],
  [-0.5, -0.5204998778130465, 1.5204998778130465],
  [1.0, 0.8427007929497149, 0.15729920705028513],
  [1.999, 0.9953015566513705, 0.004698443348629487],
  [2.0, 0.9953222650189527, 0.004677734981047266],
  [-3.0, -0.9999779095030014, 1.9999779095030015],
  [5.9, 0.9999999999999999, 7.190409783550478e-17],
  [6.5, 1.0, 3.8421483271206475e-20],
  [-7.0, -1.0, 2.0],
])("erf and erfc of %d", (x, value, rest) => {
  expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(1e-15 * Math.abs(value));
  expect(Math.abs(erfc(x) - rest)).toBeLessThanOrEqual(4e-13 * Math.abs(rest));
});

describe("dropout", () => {
  const x = leaf("x", [1000]);
  const [dropped] = g.trace(true, () => [g.dropout(x, 0.3)]).result as [g.Tensor];
  const numbers = Float32Array.from({ length: 1000 }, (_, i) => i + 1);

  it("drops what the generator says, and scales the rest", () => {
    const [found] = compute([dropped], { x: numbers }, float32) as [Numbers];
    const scale = Math.fround(1 / 0.7);
    expect([...found]).toEqual(
      [...numbers].map((value, i) => (randomUniform(KEY, 0, i) < 0.3 ? 0 : Math.fround(value * scale))),
    );
  });

  it("is another one in each place, and none in evaluation", () => {
    const both = g.trace(true, () => [g.dropout(x, 0.5), g.dropout(x, 0.5)]).result;
    const [first, second] = compute(both, { x: numbers }, float32);
    expect(first).not.toEqual(second);
    expect(g.trace(false, () => g.dropout(x, 0.5)).result).toBe(x);
  });
});

describe("execute", () => {
  it("rounds each operation: sums are sequential", () => {
    const numbers = Float32Array.of(2 ** 24, 1, 1, 1);
    const x = leaf("x", [4]);
    expect(execute([g.sum(x)], () => numbers, float32)).toEqual([Float32Array.of(2 ** 24)]);
    expect(execute([g.sum(x)], () => numbers, float64)).toEqual([Float64Array.of(2 ** 24 + 3)]);
    const product = g.matmul(g.reshape(x, [1, 4]), g.constant(1, [4, 1]));
    expect(execute([product], () => numbers, float32)).toEqual([Float32Array.of(2 ** 24)]);
  });

  it("takes leaves in either precision and rounds them once", () => {
    const x = leaf("x", [1]);
    expect(execute([g.mul(x, 3)], () => Float64Array.of(0.1), float32)).toEqual([
      Float32Array.of(Math.fround(0.1) * 3),
    ]);
    expect(execute([g.mul(x, 3)], () => Float32Array.of(0.5), float64)).toEqual([Float64Array.of(1.5)]);
  });

  it("asks for each leaf once, and for no constant", () => {
    const [x, weight] = [leaf("x", [2]), g.parameter([2], "weight", 0)];
    const asked: g.Tensor[] = [];
    const give = (tensor: g.Tensor): Numbers => {
      asked.push(tensor);
      return Float64Array.of(1, 2);
    };
    const y = g.add(g.mul(x, weight), g.mul(x, 2));
    expect(execute([y, x, g.add(y, 1)], give, float64)).toEqual([
      Float64Array.of(3, 8),
      Float64Array.of(1, 2),
      Float64Array.of(4, 9),
    ]);
    expect(asked).toEqual([x, weight]);
  });

  it("refuses a wrong number of elements", () => {
    expect(() => execute([leaf("x", [2, 3])], () => new Float32Array(5), float32)).toThrow(
      'input "x": a wrong number of elements (got 5, allowed 6 for [2, 3]). Pass them all.',
    );
  });

  it("computes operands before what needs them, in the order of their making", () => {
    const x = leaf("x", [2]);
    const [a, b] = [g.exp(x), g.tanh(x)];
    const { nodes } = g.collect([g.add(b, a), a]);
    expect(nodes.map(({ operation }) => (operation.op === "map" ? operation.fn : operation.op))).toEqual([
      ...["input", "exp", "tanh", "add"],
    ]);
  });
});
