import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import {
  adam,
  adamw,
  createOptimizer,
  type HyperInput,
  HyperparameterError,
  muon,
  rmsprop,
  sgd,
  sgdw,
} from "../../src/optim/index.ts";
import { ruleOf } from "../parity/rules.ts";
import { all, bufferOf, gpuTest, outcome, readWords, sharedGpuTest } from "../support/gpuTest.ts";
import { numbers, options, type Row } from "./hyperTable.ts";

const given = ({ bad: [name, value] }: Row): HyperInput => ({ [name]: value }) as HyperInput;
const title = ({ rule, bad: [name, value], beside }: Row): string => {
  const shown = typeof value === "bigint" ? `${value}n` : typeof value === "string" ? `"${value}"` : String(value);
  const others = Object.entries(beside ?? {}).map(([other, its]) => `${other} ${its}`);
  return `${rule}, ${name} ${shown}${others.length ? ` beside ${others.join(", ")}` : ""}`;
};
const rows = (table: readonly Row[]) => table.map((each) => [title(each), each] as const);

function expectRefusal(error: unknown, { rule, bad: [name], says }: Row): void {
  expect(error).toBeInstanceOf(HyperparameterError);
  const { message } = error as Error;
  expect(message.startsWith(`${rule}: `)).toBe(true);
  expect(message).toContain(name);
  expect(message).toContain(says);
}

const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

const tensor = (gpu: Gpu) => ({
  name: "w",
  shape: [2, 2],
  param: bufferOf(gpu.device, [1, -2, 3, -4]),
  grad: bufferOf(gpu.device, [0.1, 0.2, 0.3, 0.4]),
});

describe("an option is refused by the rule itself:", () => {
  test.for(rows([...numbers, ...options]))("%s", ([, each]) => {
    expectRefusal(
      caught(() => ruleOf(each.rule)({ ...each.beside, ...given(each) })),
      each,
    );
  });

  test("adamw, a profile that is none", () => {
    const error = caught(() => ruleOf("adamw")({ profile: "fast" }));
    expect(error).toBeInstanceOf(HyperparameterError);
    expect((error as Error).message).toBe('adamw: profile must be "accurate" or "torch", got fast.');
  });

  test("adamw, __proto__, and nobody's prototype changes", () => {
    const hostile = JSON.parse('{ "__proto__": { "lr": 1 } }') as object;
    const error = caught(() => ruleOf("adamw")(hostile));
    expect((error as Error).message).toContain('unknown hyperparameter "__proto__"');
    expect(Object.hasOwn(Object.prototype, "lr")).toBe(false);
  });
});

describe("a paramGroup's own option is refused before anything is made or written:", () => {
  sharedGpuTest.for(rows([...numbers, ...options]))("%s", async ([, each], { gpu }) => {
    const w = tensor(gpu);
    const [before, { stats }] = [await readWords(gpu, all(w.param)), gpu.pool];
    const groups = [{ tensors: [w], hyper: given(each) }];
    expectRefusal(await outcome(createOptimizer(gpu, ruleOf(each.rule)(each.beside ?? {}), groups)), each);
    expect(gpu.pool.stats).toEqual(stats);
    expect(await readWords(gpu, all(w.param))).toEqual(before);
  });
});

describe("a value is refused after some steps, and nothing is written or counted:", () => {
  /** After two good steps, `turn` brings the bad value in. */
  async function refusedAfterTwoSteps(gpu: Gpu, each: Row, schedule: boolean): Promise<void> {
    const [name, value] = each.bad;
    const w = tensor(gpu);
    const good = Object.entries(ruleOf(each.rule)(each.beside ?? {}).hyperAt(1)).find(([known]) => known === name)?.[1];
    const varying = { [name]: (t: number) => (t === 3 ? value : good) } as HyperInput;
    const rule = ruleOf(each.rule)({ ...each.beside, ...(schedule ? varying : {}) });
    const optimizer = await createOptimizer(gpu, rule, [w]);
    for (let t = 1; t <= 2; t++) optimizer.step();
    const bytes = async () => [await readWords(gpu, all(w.param)), (await optimizer.state()).tensors.get("w")?.states];
    const [before, counts] = [await bytes(), { ...gpu.stream.counts }];
    const [group] = optimizer.paramGroups;
    const error = caught(() => (schedule ? optimizer.step() : group?.set(given(each))));
    expectRefusal(error, each);
    if (schedule) expect((error as Error).message).toMatch(/got.*(at step 3|\* |dampening|Lower)/);
    expect(optimizer.stepCount).toBe(2);
    expect(gpu.stream.counts).toEqual(counts);
    expect(await bytes()).toEqual(before);
    if (good !== undefined) group?.set({ [name]: good });
    optimizer.step();
    expect(optimizer.stepCount).toBe(3);
    expect(await bytes()).not.toEqual(before);
    optimizer.destroy();
  }

  sharedGpuTest.for(rows(numbers))("a schedule's at step 3, of %s", ([, each], { gpu }) =>
    refusedAfterTwoSteps(gpu, each, true),
  );
  sharedGpuTest.for(rows([...numbers, ...options.filter(({ bad }) => bad[0] !== "nesterov")]))(
    "one that is set, of %s",
    ([, each], { gpu }) => refusedAfterTwoSteps(gpu, each, false),
  );
});

describe("what a step would need and the optimizer does not have is refused:", () => {
  sharedGpuTest.for([
    [sgd(), { momentum: 0.9 }, "sgd: momentum needs another kernel than this optimizer was made with, got 0.9."],
    [sgdw(), { momentum: () => 0.9 }, "sgdw: momentum needs another kernel than this optimizer was made with, got"],
    [
      rmsprop(),
      { momentum: 0.9 },
      "rmsprop: momentum needs another kernel than this optimizer was made with, got 0.9.",
    ],
    [
      rmsprop(),
      { centered: true },
      "rmsprop: centered needs another kernel than this optimizer was made with, got true.",
    ],
    [
      rmsprop({ centered: true }),
      { centered: false },
      "rmsprop: centered cannot be turned off in an optimizer made with it, got false.",
    ],
    [muon(), { nsSteps: 4 }, "muon: nsSteps must be one number for all groups and steps (got 4, allowed 5)."],
    [adam(), { amsgrad: true }, "adam: amsgrad needs another kernel than this optimizer was made with, got true."],
    [
      adamw({ amsgrad: true }),
      { amsgrad: false },
      "adamw: amsgrad cannot be turned off in an optimizer made with it, got false.",
    ],
  ] as const)("%o, set to %o", async ([rule, change, message], { gpu }) => {
    const optimizer = await createOptimizer(gpu, rule, [tensor(gpu)]);
    const before = optimizer.paramGroups[0]?.hyperAt(1);
    const error = caught(() => optimizer.paramGroups[0]?.set(change));
    expect(error).toBeInstanceOf(HyperparameterError);
    expect((error as Error).message).toContain(message);
    expect(optimizer.paramGroups[0]?.hyperAt(1)).toEqual(before);
    optimizer.step();
    optimizer.destroy();
  });

  sharedGpuTest.for([
    ["adam", "amsgrad"],
    ["rmsprop", "centered"],
  ] as const)("paramGroups of which one alone has, with %s, %s", async ([rule, name], { gpu }) => {
    const [a, b] = [tensor(gpu), { ...tensor(gpu), name: "b" }];
    const groups = [{ tensors: [a], hyper: { [name]: true } }, { tensors: [b] }];
    const error = await outcome(createOptimizer(gpu, ruleOf(rule)({}), groups));
    expect(error).toBeInstanceOf(HyperparameterError);
    expect((error as Error).message).toContain(`${rule}: ${name} must be the same in all groups, got true and false`);
  });

  gpuTest("momentum in one paramGroup gives every group the state that it needs", async ({ gpu }) => {
    const groups = [{ tensors: [tensor(gpu)], hyper: { momentum: 0.9 } }, { tensors: [{ ...tensor(gpu), name: "b" }] }];
    const optimizer = await createOptimizer(gpu, sgd(), groups);
    optimizer.paramGroups[1]?.set({ momentum: 0.5 });
    optimizer.step();
    optimizer.destroy();
  });
});

describe("a step that cannot be computed is refused before it is written:", () => {
  const later = (bad: () => unknown) => ((t: number) => (t === 1 ? 0.1 : bad())) as (t: number) => number;
  sharedGpuTest.for([
    [
      "the step size of adam beyond float32",
      0,
      adam({ lr: 2e38, beta1: 0.5 }),
      "adam: stepSize must fit float32, got 4e+38 at step 1",
    ],
    [
      "a schedule that returns true",
      1,
      adamw({ weightDecay: later(() => true) }),
      "weightDecay must be a finite number >= 0, got true at step 2",
    ],
    [
      "a schedule that returns nothing",
      1,
      sgd({ lr: later(() => undefined) }),
      "lr must be a finite number >= 0, got undefined at step 2",
    ],
    ["a schedule that throws", 1, sgd({ lr: later(() => JSON.parse("{")) }), "JSON"],
  ] as const)("%s", async ([, goodSteps, rule, message], { gpu }) => {
    const w = tensor(gpu);
    const optimizer = await createOptimizer(gpu, rule, [w]);
    for (let t = 1; t <= goodSteps; t++) optimizer.step();
    const before = await readWords(gpu, all(w.param));
    expect((caught(() => optimizer.step()) as Error).message).toContain(message);
    expect(optimizer.stepCount).toBe(goodSteps);
    expect(await readWords(gpu, all(w.param))).toEqual(before);
    optimizer.destroy();
  });
});
