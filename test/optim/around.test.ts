/** The states of what every rule can be asked for beside its own, on the GPU: the weights' average and their start. */
import { describe, expect } from "vitest";
import { readOptimizerState, writeOptimizerState } from "../../src/interop/index.ts";
import {
  adam,
  adamw,
  CheckpointMismatchError,
  lion,
  nadam,
  sgd,
  sgdw,
  type UpdateRule,
} from "../../src/optim/index.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { alone, holds, none, opened, run } from "./aroundRun.ts";
import { testTensor } from "./solo.ts";

const both = { lr: 1e-2, weightDecay: 0.3, towardsStart: true };

const rules: [string, UpdateRule][] = [
  ["sgd", sgd({ ...both, momentum: 0.9 })],
  ["adam", adam({ ...both })],
  ["adamw without a start", adamw({ lr: 1e-2, amsgrad: true })],
  ["adamw", adamw({ ...both })],
  ["lion", lion({ ...both })],
  ["nadam", nadam({ ...both, decoupled: true })],
];

describe("the average and the start of a tensor", () => {
  sharedGpuTest.for(rules)(
    "%s: rest while it is frozen, and then go on where they left off",
    async ([, rule], { gpu }) => {
      const [still, moving] = [testTensor(gpu, "still", 37, 1), testTensor(gpu, "moving", 70, 2)];
      const optimizer = await opened(gpu, rule, [still, moving]);
      run(optimizer, [still, moving], 3);
      optimizer.freeze("still");
      const before = await holds(optimizer, still);
      run(optimizer, [still, moving], 4);
      expect(await holds(optimizer, still)).toEqual(before);
      optimizer.unfreeze("still");
      run(optimizer, [still, moving], 5);
      expect(await holds(optimizer, still)).toEqual(await alone(gpu, rule, still, 1, 8));
      expect(await holds(optimizer, moving)).toEqual(await alone(gpu, rule, moving, 2, 12));
      optimizer.destroy();
    },
  );

  sharedGpuTest.for(rules)("%s: begin with it, where it joins later", async ([, rule], { gpu }) => {
    const [first, later] = [testTensor(gpu, "first", 1030, 4), testTensor(gpu, "later", 21, 5)];
    const optimizer = await opened(gpu, rule, [first]);
    run(optimizer, [first], 5);
    await optimizer.addParamGroup({ tensors: [later], exempt: none });
    run(optimizer, [first, later], 1);
    const begun = await holds(optimizer, later);
    expect(begun.get("average")).toEqual(begun.get("param"));
    run(optimizer, [first, later], 3);
    expect(await holds(optimizer, first)).toEqual(await alone(gpu, rule, first, 4, 9));
    expect(await holds(optimizer, later)).toEqual(await alone(gpu, rule, later, 5, 4));
    optimizer.destroy();
  });

  sharedGpuTest.for(rules)(
    "%s: are carried over by a file, to the bit, saved at any step",
    async ([, rule], { gpu }) => {
      const tensor = () => testTensor(gpu, "w", 1027, 6);
      const whole = tensor();
      const expected = await alone(gpu, rule, whole, 6, 8);
      for (const at of [0, 1, 5]) {
        const [first, second] = [tensor(), tensor()];
        const saver = await opened(gpu, rule, [first]);
        run(saver, [first], at);
        const file = writeOptimizerState(await saver.state());
        const resumed = await opened(gpu, rule, [second]);
        run(resumed, [second], 2); // What it did before must not show.
        const values = (await first.read()) as Float32Array<ArrayBuffer>;
        gpu.stream.write({ buffer: second.param, offset: 0, size: second.param.size }, values);
        resumed.load(readOptimizerState(file));
        run(resumed, [second], 8 - at);
        expect(await holds(resumed, second), `saved at ${at}`).toEqual(expected);
        for (const optimizer of [saver, resumed]) optimizer.destroy();
      }
    },
  );

  gpuTest("are part of a state: one that lacks them, or has them in addition, is refused", async ({ gpu }) => {
    const tensor = () => testTensor(gpu, "w", 9, 7);
    const plain = await opened(gpu, adamw(), [tensor()], {});
    const full = await opened(gpu, adamw({ towardsStart: true }), [tensor()]);
    expect(full.stateNames).toEqual(["m", "v", "average", "start"]);
    const [without, whole] = [await plain.state(), await full.state()];
    expect(() => full.load(without)).toThrow(CheckpointMismatchError);
    expect(() => full.load(without)).toThrow(
      'tensor "w": its states are others (got m, v, allowed average, m, start, v)',
    );
    expect(() => plain.load(whole)).toThrow(
      'tensor "w": its states are others (got average, m, start, v, allowed m, v)',
    );
    for (const optimizer of [plain, full]) optimizer.destroy();
  });

  gpuTest(
    "are two states: with the average of nothing but the first step, and the weights before it",
    async ({ gpu }) => {
      const w = testTensor(gpu, "w", 64, 8);
      const before = await w.read();
      const optimizer = await opened(gpu, adamw({ ...both }), [w]);
      run(optimizer, [w], 1);
      const { param, average, start } = Object.fromEntries(await holds(optimizer, w));
      expect(start).toEqual(before);
      expect(average).toEqual(param);
      expect(param).not.toEqual(before);
      run(optimizer, [w], 3);
      expect((await holds(optimizer, w)).get("start")).toEqual(before);
      optimizer.destroy();
    },
  );
});

describe("towardsStart", () => {
  sharedGpuTest.for(rules.filter(([, rule]) => rule.uses("towardsStart")))(
    "%s: with zero gradients every weight stays where it began, bit for bit",
    async ([, rule], { gpu }) => {
      const w = testTensor(gpu, "w", 1027, 9);
      const before = await w.read();
      const optimizer = await opened(gpu, rule, [w], {});
      for (let t = 1; t <= 5; t++) optimizer.step();
      expect(await w.read()).toEqual(before);
      optimizer.destroy();
    },
  );
});

describe("cautious", () => {
  // Of 1e-30 times 1e-30 float32 keeps no sign: what is compared are the signs and not the product.
  const values = [0, -0, 1, -1, 1e-30, -1e-30, 1e30, -1e30];
  const pairs = values.flatMap((p) => values.map((step) => [p, step] as const));

  gpuTest("asks for signs alone: zeros, tiny and large weights and steps, bit for bit", async ({ gpu }) => {
    const w = testTensor(gpu, "w", pairs.length, 1);
    const [weights, grads] = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k] as number));
    const whole = (buffer: GPUBuffer) => ({ buffer, offset: 0, size: buffer.size });
    gpu.stream.write(whole(w.param), weights as Float32Array<ArrayBuffer>);
    gpu.stream.write(whole(w.grad), grads as Float32Array<ArrayBuffer>);
    const optimizer = await opened(gpu, sgdw({ lr: 0.5, weightDecay: 0.5, cautious: true }), [w], {});
    optimizer.step();
    const found = await w.read();
    for (const [i, [p, g]] of pairs.entries()) {
      const step = 0.5 * Math.fround(g); // exact, as is a quarter
      const decay = Math.sign(g) * Math.sign(p) >= 0 ? 0.25 * Math.fround(p) : 0;
      const expected = Math.fround(Math.fround(p) - Math.fround(decay + step));
      // The sign of a zero is WGSL's to choose.
      if (gpu.adapter.isSoftware) expect(found[i]! + 0, `p ${p}, g ${g}`).toBe(expected + 0);
      else expect(Math.abs(found[i]! - expected), `p ${p}, g ${g}`).toBeLessThanOrEqual(2e-7 * Math.abs(expected));
    }
    optimizer.destroy();
  });
});
