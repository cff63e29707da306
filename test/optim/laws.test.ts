/** What the documents say of weight decay, of the optimizer on the GPU as its users have it. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, layoutSlab, openGpu, Slab } from "../../src/gpu/index.ts";
import { createOptimizer, type HyperInput, type Role, type UpdateRule } from "../../src/optim/index.ts";
import type { Profile } from "../../src/reference/index.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { readAll } from "../parity/memory.ts";
import { optionsOf, ruleOf } from "../parity/rules.ts";
import { profilesOf, type RuleName, table } from "../parity/table.ts";
import { spreadOfEachRule } from "../support/spread.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

interface Tensor {
  name: string;
  shape: number[];
  role?: Role;
  start: Float32Array<ArrayBuffer>;
  gradient: (t: number, param: Float32Array) => Float32Array<ArrayBuffer>;
}

/** Steps of an optimizer over tensors, with its own choice of what is exempt; gives their parameters after each. */
async function train(rule: UpdateRule, tensors: Tensor[], steps: number): Promise<Float32Array[][]> {
  const counts = tensors.map(({ start }) => start.length);
  const layout = layoutSlab(
    tensors.map(({ name, start }) => ({ name, elements: start.length })),
    gpu.limits.maxBufferSize,
  );
  const [params, grads] = [new Slab(gpu.pool, layout, "test param"), new Slab(gpu.pool, layout, "test grad")];
  const read = () =>
    readAll(
      gpu,
      tensors.map(({ name }) => params.slice(name)),
      counts,
    );
  for (const { name, start } of tensors) gpu.stream.write(params.slice(name), start);
  const optimizer = await createOptimizer(
    gpu,
    rule,
    tensors.map(({ name, shape, role }) => ({
      name,
      shape,
      ...(role && { role }),
      param: params.slice(name),
      grad: grads.slice(name),
    })),
  );
  const history: Float32Array[][] = [await read()];
  for (let t = 1; t <= steps; t++) {
    for (const [i, { name, gradient }] of tensors.entries()) {
      gpu.stream.write(grads.slice(name), gradient(t, history[t - 1]![i]!));
    }
    optimizer.step();
    history.push(await read());
  }
  optimizer.destroy();
  params.destroy();
  grads.destroy();
  return history;
}

describe("the documents' example, x² from 1 at lr 0.1", () => {
  const example: Tensor = {
    name: "x",
    shape: [1, 1],
    start: new Float32Array([1]),
    gradient: (_, x) => x.map((each) => 2 * each) as Float32Array<ArrayBuffer>,
  };
  const pathOf = async (name: RuleName, profile: Profile, hyper: HyperInput) =>
    (await train(ruleOf(name)({ lr: 0.1, profile, ...hyper }), [example], 3)).map(([x]) => x![0]);

  test.each<[RuleName, Profile]>([
    ["sgd", "accurate"],
    ["sgd", "torch"],
    ["sgdw", "torch"],
  ])("%s, %s: 0.800000011920929, and with weight decay 0.1 it is 0.7900000214576721", async (name, profile) => {
    expect((await pathOf(name, profile, {}))[1]).toBe(0.800000011920929);
    const decayed = await pathOf(name, profile, { weightDecay: 0.1 });
    expect(decayed).toEqual([1, 0.7900000214576721, 0.6241000294685364, 0.49303901195526123]);
  });

  test("sgdw, accurate: one float32 below, where the sum of decay and step falls on a tie", async () => {
    expect((await pathOf("sgdw", "accurate", { weightDecay: 0.1 }))[1]).toBe(0.7899999618530273);
  });
});

const rows = spreadOfEachRule(table, 1).map((row) => [`${row.rule}, ${row.desc}`, row] as const);
const count = 24;
const noise = (t: number) => gradientAt(3, t, count);
const tensor = (name: string, shape: number[], role?: Role): Tensor => ({
  name,
  shape,
  ...(role && { role }),
  start: initialParam(3, count),
  gradient: noise,
});
const decaying = ["fc.weight", "head"];
const anyTensors = [
  tensor("fc.weight", [4, 6]),
  tensor("fc.bias", [24]),
  tensor("conv.bias", [1, 24, 1, 1]),
  tensor("norm", [4, 6], "norm"),
  tensor("wte", [4, 6], "embedding"),
  tensor("head", [24], "weight"),
];
/** The tensors that a rule takes: all of them, or the matrices. */
const tensorsOf = (rule: UpdateRule): Tensor[] =>
  anyTensors.filter((each) => {
    try {
      rule.checkTensor(each);
      return true;
    } catch {
      return false;
    }
  });

describe("biases, norms and embeddings are exempt by default: λ = 0 or 0.9 are one trajectory, bit for bit", () => {
  test.each(rows)("%s", async (_, row) => {
    // The learning rate is the row's, 1 at most, so that lr λ is below 1.
    const tensors = tensorsOf(ruleOf(row.rule)(optionsOf(row)));
    const at = async (weightDecay: number) => train(ruleOf(row.rule)({ ...optionsOf(row), weightDecay }), tensors, 5);
    const [without, full] = [await at(0), await at(0.9)];
    for (const [i, { name }] of tensors.entries()) {
      const same = without.every((step, t) => step[i]!.every((p, k) => Object.is(p, full[t]![i]![k])));
      expect(same, name).toBe(!decaying.includes(name));
    }
  });
});

describe("a zero gradient still decays, and nothing else of the tensor moves", () => {
  // Those of the others are where the decay pulls them to: see test/optim/around.test.ts.
  test.each(rows.filter(([, { hyper }]) => !hyper.towardsStart))("%s", async (_, row) => {
    const options = { ...optionsOf(row), weightDecay: 0.5 };
    const tensors = tensorsOf(ruleOf(row.rule)(options));
    const still = tensors.map((each) => ({ ...each, gradient: () => new Float32Array(count) }));
    const [before, after] = await train(ruleOf(row.rule)(options), still, 1);
    for (const [i, { name }] of still.entries()) {
      for (const [k, p] of before![i]!.entries()) {
        const moved = after![i]![k]! - p;
        // Toward zero; past it, where p is smaller than the step of lr that Adam makes of any L2 gradient.
        if (decaying.includes(name)) expect(moved * p, name).toBeLessThan(0);
        else expect(moved, name).toBe(0);
      }
    }
  });
});

describe("padding stays zero: a zero weight whose gradients are zero", () => {
  const zeros = new Float32Array(count);
  test.each(rows)("%s", async (_, row) => {
    const padding = [{ ...tensor("w", [4, 6]), start: zeros, gradient: () => zeros }];
    for (const profile of profilesOf(row)) {
      const history = await train(ruleOf(row.rule)({ ...optionsOf(row), profile }), padding, 5);
      expect(
        history
          .flat(2)
          .flatMap((values) => [...values])
          .every((p) => p === 0),
      ).toBe(true);
    }
  });
});
