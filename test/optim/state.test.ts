/** A run that is saved and resumed ends with the bits of one that was not stopped; a state that does not fit changes nothing. */
import { describe, expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import {
  adamw,
  CheckpointMismatchError,
  createOptimizer,
  type Optimizer,
  type OptimizerState,
  type TensorState,
} from "../../src/optim/index.ts";
import { optionsOf, ruleOf } from "../parity/rules.ts";
import { takesMatrices } from "../parity/shapes.ts";
import { type Row, table } from "../parity/table.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { spreadOfEachRule } from "../support/spread.ts";
import { type TestTensor, tensorFor, testTensor } from "./solo.ts";

const steps = 8;

async function opened(gpu: Gpu, row: Row): Promise<{ optimizer: Optimizer; tensors: TestTensor[] }> {
  const given = { a: 33, b: 1027, none: 0 };
  const first = Object.entries(given).map(([name, count], i) =>
    takesMatrices(row.rule) ? tensorFor(gpu, row, name, count, i + 1) : testTensor(gpu, name, count, i + 1),
  );
  const matrices = [
    testTensor(gpu, "w", 54, 4, [2, 3, 9]),
    testTensor(gpu, "v", 2310, 5, [33, 70]),
    testTensor(gpu, "nil", 0, 6, [3, 0]),
  ];
  const tensors = row.shape && !takesMatrices(row.rule) ? [...first, ...matrices] : first;
  const optimizer = await createOptimizer(gpu, ruleOf(row.rule)(optionsOf(row)), [{ tensors, exempt: () => false }]);
  return { optimizer, tensors };
}

function run({ optimizer, tensors }: Awaited<ReturnType<typeof opened>>, from: number, to: number): void {
  for (let t = from; t <= to; t++) {
    for (const tensor of tensors) if (!tensor.shape.includes(0)) tensor.feed(t);
    optimizer.step();
  }
}

const params = (tensors: TestTensor[]) =>
  Promise.all(tensors.filter(({ shape }) => !shape.includes(0)).map((each) => each.read()));

describe("saved and resumed", () => {
  sharedGpuTest.for(spreadOfEachRule(table, 2).map((row) => [`${row.rule} · ${row.desc}`, row] as const))(
    "%s: at any step, bit for bit",
    async ([, row], { gpu }) => {
      const whole = await opened(gpu, row);
      run(whole, 1, steps);
      const expected = [await params(whole.tensors), await whole.optimizer.state()];
      for (const at of [0, 1, 5]) {
        const first = await opened(gpu, row);
        run(first, 1, at);
        const saved = await first.optimizer.state();
        const values = await params(first.tensors);
        const second = await opened(gpu, row);
        run(second, 1, 2); // What it did before must not show.
        for (const [i, value] of values.entries()) {
          const { param } = second.tensors.filter(({ shape }) => !shape.includes(0))[i] as TestTensor;
          gpu.stream.write({ buffer: param, offset: 0, size: param.size }, value as Float32Array<ArrayBuffer>);
        }
        second.optimizer.load(saved);
        run(second, at + 1, steps);
        expect([await params(second.tensors), await second.optimizer.state()], `saved at ${at}`).toEqual(expected);
        for (const { optimizer } of [first, second]) optimizer.destroy();
      }
      whole.optimizer.destroy();
    },
  );

  gpuTest("keeps who is frozen, and each tensor's own step count", async ({ gpu }) => {
    const row = table.find(({ rule }) => rule === "adamw") as Row;
    const first = await opened(gpu, row);
    run(first, 1, 2);
    first.optimizer.freeze("a");
    run(first, 3, 5);
    const second = await opened(gpu, row);
    second.optimizer.load(await first.optimizer.state());
    expect(["a", "b"].map((name) => second.optimizer.stepCountOf(name))).toEqual([2, 5]);
    const before = (await params(second.tensors))[0];
    run(second, 6, 6);
    expect((await params(second.tensors))[0]).toEqual(before);
    second.optimizer.unfreeze("a");
    run(second, 7, 7);
    expect(second.optimizer.stepCountOf("a")).toBe(3);
    for (const { optimizer } of [first, second]) optimizer.destroy();
  });
});

type Damage = (state: OptimizerState) => OptimizerState;

const withTensor = (name: string, change: (tensor: TensorState) => TensorState | undefined): Damage => {
  return (state) => {
    const tensors = new Map(state.tensors);
    const changed = change(tensors.get(name) as TensorState);
    if (changed) tensors.set(name, changed);
    else tensors.delete(name);
    return { ...state, tensors };
  };
};

const damages: [string, RegExp, Damage][] = [
  ["of another rule", /got adam, allowed adamw/, (state) => ({ ...state, rule: "adam" })],
  ["with a step count that is none", /got -1/, (state) => ({ ...state, stepCount: -1 })],
  ["without a tensor", /tensor "b": the state has nothing for it/, withTensor("b", () => undefined)],
  [
    "with one tensor too many",
    /tensor "c": the optimizer does not have it/,
    (state) => ({ ...state, tensors: new Map([...state.tensors, ["c", state.tensors.get("a") as TensorState]]) }),
  ],
  ["of another shape", /tensor "a".*got \[11, 3\], allowed \[33\]/, withTensor("a", (a) => ({ ...a, shape: [11, 3] }))],
  ["with half a step", /tensor "a".*got 1\.5/, withTensor("a", (a) => ({ ...a, stepCount: 1.5 }))],
  [
    "without v",
    /tensor "b".*got m, allowed m, v/,
    withTensor("b", (b) => ({ ...b, states: new Map([...b.states].slice(0, 1)) })),
  ],
  [
    "with a state that is too short",
    /tensor "b": its v .*got 5, allowed 1027/,
    withTensor("b", (b) => ({ ...b, states: new Map([...b.states, ["v", new Float32Array(5)]]) })),
  ],
];

describe("a state", () => {
  sharedGpuTest.for(damages)("%s is refused, and nothing of it is taken", async ([, message, damage], { gpu }) => {
    const row: Row = { rule: "adamw", desc: "defaults", hyper: {} };
    const saver = await opened(gpu, row);
    run(saver, 1, 3);
    const saved = damage(await saver.optimizer.state());
    const { optimizer, tensors } = await opened(gpu, row);
    run({ optimizer, tensors }, 1, 1);
    const before = await optimizer.state();
    expect(() => optimizer.load(saved)).toThrow(CheckpointMismatchError);
    expect(() => optimizer.load(saved)).toThrow(message);
    expect(await optimizer.state()).toEqual(before);
    for (const each of [saver.optimizer, optimizer]) each.destroy();
  });

  gpuTest("of a destroyed optimizer cannot be had", async ({ gpu }) => {
    const optimizer = await createOptimizer(gpu, adamw(), [testTensor(gpu, "w", 4, 1)]);
    optimizer.destroy();
    await expect(optimizer.state()).rejects.toThrow(/destroyed/);
  });
});
