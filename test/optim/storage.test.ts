/** Optimizers that keep numbers in fewer bits than 32: what they save, what they cost, and what they refuse. */
import { describe, expect, test } from "vitest";
import { AlignmentError, openGpu } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import { readOptimizerState, readSafetensors, writeOptimizerState } from "../../src/interop/index.ts";
import {
  adamw,
  CheckpointMismatchError,
  createOptimizer,
  HyperparameterError,
  lion,
  type OptimizerOptions,
  ShapeError,
  sgd,
} from "../../src/optim/index.ts";
import { moduleParts } from "../../src/optim/parts.ts";
import { type CaseStorage, roundedTo } from "../parity/storage.ts";
import { type Row, table } from "../parity/table.ts";
import { bufferOf, gpuTest, outcome, sharedGpuTest } from "../support/gpuTest.ts";
import { bytesMoved } from "./accesses.ts";
import { storageRun } from "./storageRun.ts";

const row = (rule: Row["rule"], desc: string): Row =>
  table.find((each) => each.rule === rule && each.desc === desc) as Row;
const adamwRow = row("adamw", "cosine lr");
const lionRow = row("lion", "cosine lr, decay");

/** What is kept how, and the bytes that a parameter and step then takes. */
const kinds: readonly (readonly [string, Row, CaseStorage, number])[] = [
  ["AdamW with states in bfloat16", adamwRow, { states: "bfloat16" }, 20],
  ["AdamW with states in float8", adamwRow, { states: "float8" }, 16.0625],
  ["AdamW on bfloat16", adamwRow, { dtype: "bfloat16" }, 22],
  ["AdamW on float16", adamwRow, { dtype: "float16" }, 22],
  ["AdamW on bfloat16 with masters", adamwRow, { dtype: "bfloat16", masters: true }, 28],
  ["AdamW in bfloat16 throughout", adamwRow, { dtype: "bfloat16", states: "bfloat16" }, 14],
  ["AdamW on bfloat16 with states in float8", adamwRow, { dtype: "bfloat16", states: "float8" }, 10.0625],
  ["AdamW on float16, masters and float8", adamwRow, { dtype: "float16", masters: true, states: "float8" }, 16.0625],
  ["Lion with its state in float8", lionRow, { states: "float8" }, 14.03125],
  ["Lion on bfloat16 with its state in float8", lionRow, { dtype: "bfloat16", states: "float8" }, 8.03125],
];

describe("bytes a parameter and step:", () => {
  sharedGpuTest.for(kinds)("%s", async ([, of, kept, bytes], { gpu }) => {
    const run = await storageRun(gpu, of, kept);
    expect(run.optimizer.bytesPerParameter).toBe(bytes);
    run.destroy();
  });

  test.each(kinds)("%s, counted in the shader", (_, { rule: name }, { dtype = "float32", states, masters }, bytes) => {
    const rule = (name === "lion" ? lion : adamw)({ states: states ?? "float32" });
    const around = { isGuarded: false, hasAverage: false, hasMasters: masters ?? false };
    const code = join(moduleParts(rule.variant(rule.uses), { dtype, isRagged: false }, around));
    // The gradient is stored where it is to be zeroed, and of a master's copy only the first update reads anything.
    const copy = masters ? ({ param: "loads" } as const) : {};
    expect(bytesMoved(code, { grad: "stores", ...copy })).toBe(bytes);
  });
});

describe("saved, through a file, and resumed at any step, bit for bit:", () => {
  sharedGpuTest.for(kinds)("%s", async ([, of, kept], { gpu }) => {
    const whole = await storageRun(gpu, of, kept);
    for (let t = 1; t <= 6; t++) whole.step(t);
    const expected = [await whole.params(), await whole.optimizer.state()];
    for (const at of [0, 1, 4]) {
      const first = await storageRun(gpu, of, kept);
      for (let t = 1; t <= at; t++) first.step(t);
      const file = writeOptimizerState(await first.optimizer.state());
      const second = await storageRun(gpu, of, kept);
      for (let t = 1; t <= 2; t++) second.step(t); // What it did before must not show.
      second.restore(await first.params());
      second.optimizer.load(readOptimizerState(file));
      for (let t = at + 1; t <= 6; t++) second.step(t);
      expect([await second.params(), await second.optimizer.state()], `saved at ${at}`).toEqual(expected);
      for (const run of [first, second]) run.destroy();
    }
    whole.destroy();
  });
});

describe("a file", () => {
  gpuTest("has the types of what is kept, and a scale for each block", async ({ gpu }) => {
    const found = async (kept: CaseStorage): Promise<string[]> => {
      const run = await storageRun(gpu, adamwRow, kept);
      run.step(1);
      const { tensors } = readSafetensors(writeOptimizerState(await run.optimizer.state()));
      run.destroy();
      return [...tensors]
        .filter(([name]) => name.startsWith("optim.w1."))
        .map(([name, { dtype, shape }]) => `${name.slice(9)} ${dtype} [${shape}]`);
    };
    expect(await found({ states: "float8" })).toEqual([
      "exp_avg U8 [1027]",
      "exp_avg_sq U8 [1027]",
      "exp_avg_scale F32 [5]",
      "exp_avg_sq_scale F32 [5]",
    ]);
    expect(await found({ states: "bfloat16", dtype: "bfloat16", masters: true })).toEqual([
      "exp_avg BF16 [1027]",
      "exp_avg_sq BF16 [1027]",
      "master F32 [1027]",
    ]);
  });

  gpuTest("of states that are kept otherwise is refused, and nothing of it is taken", async ({ gpu }) => {
    const run = await storageRun(gpu, adamwRow, { states: "float8" });
    const others: CaseStorage[] = [{}, { states: "bfloat16" }];
    for (const other of others) {
      const saver = await storageRun(gpu, adamwRow, other);
      saver.step(1);
      const saved = await saver.optimizer.state();
      const before = await run.optimizer.state();
      expect(() => run.optimizer.load(saved)).toThrow(CheckpointMismatchError);
      expect(await run.optimizer.state()).toEqual(before);
      saver.destroy();
    }
    const state = await run.optimizer.state();
    const w1 = state.tensors.get("w1") as NonNullable<ReturnType<typeof state.tensors.get>>;
    const wrong = { ...w1, states: new Map([...w1.states, ["vScale", new Float32Array(4)]]) };
    expect(() => run.optimizer.load({ ...state, tensors: new Map([...state.tensors, ["w1", wrong]]) })).toThrow(
      'tensor "w1": its vScale does not have its elements (got 4, allowed 5 of float32)',
    );
    run.destroy();
  });
});

describe("evaluated with the average of the weights,", () => {
  sharedGpuTest.for([false, true])(
    "masters %s: the parameters are its copies in half precision, and come back",
    async (masters, { gpu }) => {
      const run = await storageRun(gpu, adamwRow, { dtype: "bfloat16", masters }, { averageDecay: 0.5 });
      for (let t = 1; t <= 3; t++) run.step(t);
      const [trained, { tensors }] = [await run.params(), await run.optimizer.state()];
      run.optimizer.eval();
      for (const [i, found] of (await run.params()).entries()) {
        const average = tensors.get(`w${i}`)?.states.get("average") as Float32Array<ArrayBuffer>;
        expect(found).toEqual(roundedTo("bfloat16", average));
      }
      run.optimizer.train();
      expect(await run.params()).toEqual(trained);
      run.destroy();
    },
  );
});

describe("chance", () => {
  const kept: CaseStorage = { dtype: "bfloat16", states: "float8" };
  const afterThree = async (gpu: Parameters<typeof storageRun>[0], seed: number) => {
    const run = await storageRun(gpu, adamwRow, kept, { seed });
    for (let t = 1; t <= 3; t++) run.step(t);
    const found = await run.params();
    run.destroy();
    return found;
  };

  gpuTest("is the seed's: the same seed, the same bits", async ({ gpu }) => {
    const [once, again, other] = [await afterThree(gpu, 5), await afterThree(gpu, 5), await afterThree(gpu, 6)];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  });

  gpuTest("does not touch a frozen tensor, its scales included", async ({ gpu }) => {
    const run = await storageRun(gpu, adamwRow, kept);
    run.step(1);
    run.optimizer.freeze("w1");
    const [params, { tensors }] = [await run.params(), await run.optimizer.state()];
    run.step(2);
    expect((await run.params())[1]).toEqual(params[1]);
    expect((await run.params())[3]).not.toEqual(params[3]);
    const frozen = (await run.optimizer.state()).tensors.get("w1");
    expect(frozen?.states).toEqual(tensors.get("w1")?.states);
    run.destroy();
  });
});

gpuTest("tensors of several types take a dispatch each, and have only the states that they need", async ({ gpu }) => {
  const tensor = (name: string, dtype: "float32" | "bfloat16" | "float16") => {
    return {
      name,
      shape: [8],
      dtype,
      param: bufferOf(gpu.device, [1, 1, 1, 1]),
      grad: bufferOf(gpu.device, [1, 1, 1, 1]),
    };
  };
  const wide = { ...tensor("norm", "float32"), shape: [4] };
  const tensors = [tensor("a", "bfloat16"), wide, tensor("b", "float16")];
  const optimizer = await createOptimizer(gpu, adamw(), tensors, { masters: true });
  expect(optimizer.dispatchCount).toBe(3);
  expect(optimizer.stateNames).toEqual(["m", "v", "master"]);
  const { tensors: states } = await optimizer.state();
  expect([...(states.get("norm")?.states.keys() ?? [])]).toEqual(["m", "v"]);
  expect([...(states.get("b")?.states.keys() ?? [])]).toEqual(["m", "v", "master"]);
  optimizer.destroy();
});

describe("it is refused", () => {
  const words = (device: GPUDevice, count: number) => bufferOf(device, new Float32Array(count));

  test("to keep states in fewer bits for a rule that has no moments", () => {
    expect(() => sgd({ states: "float8" })).toThrow(HyperparameterError);
    expect(() => sgd({ states: "float8" })).toThrow(
      'sgd: its states cannot be kept in float8 (got "float8", allowed "float32"). Rules on Adam\'s moments, and lion, can.',
    );
  });

  test("to keep states in what there is none of", () => {
    expect(() => adamw({ states: "int8" as "float8" })).toThrow(
      'adamw: states must be "float32" or "bfloat16" or "float8", got int8.',
    );
  });

  gpuTest("a dtype that there is none of", async ({ gpu }) => {
    const w = {
      name: "w",
      shape: [4],
      dtype: "float64" as "float32",
      param: words(gpu.device, 8),
      grad: words(gpu.device, 8),
    };
    const error = await outcome(createOptimizer(gpu, adamw(), [w]));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toBe(
      'tensor "w": its dtype must be one of float32, bfloat16, float16, got float64.',
    );
  });

  sharedGpuTest.for([
    [{ seed: -1 }, "optimizer: seed must be a whole number from 0 to 4294967295, got -1."],
    [{ seed: 2 ** 32 }, "got 4294967296"],
    [{ seed: 0.5 }, "got 0.5"],
    [{ masters: 1 as unknown as boolean }, "optimizer: masters must be true or false, got 1."],
  ] as [OptimizerOptions, string][])("%o", async ([options, says], { gpu }) => {
    const w = { name: "w", shape: [4], param: words(gpu.device, 4), grad: words(gpu.device, 4) };
    const error = await outcome(createOptimizer(gpu, adamw(), [w], options));
    expect(error).toBeInstanceOf(HyperparameterError);
    expect((error as Error).message).toContain(says);
  });

  gpuTest("a half that is alone in its buffer's last word", async ({ gpu }) => {
    const usage = GPUBufferUsage.STORAGE;
    const odd = gpu.device.createBuffer({ size: 6, usage });
    const w = { name: "w", shape: [3], dtype: "float16" as const, param: odd, grad: words(gpu.device, 2) };
    const error = await outcome(createOptimizer(gpu, adamw(), [w]));
    expect(error).toBeInstanceOf(AlignmentError);
    expect((error as Error).message).toBe(
      'tensor "w": its param ends within a word (got 6 bytes, allowed 8). Make its buffer longer.',
    );
  });

  gpuTest("half precision for a rule that measures its tensors", async ({ gpu }) => {
    const rule = adamw();
    const measuring = {
      ...rule,
      variant: (uses: typeof rule.uses) => {
        return { ...rule.variant(uses), passes: [{ kind: "measure", parts: [], sums: 1 } as const] };
      },
    };
    const w = {
      name: "w",
      shape: [4],
      dtype: "bfloat16" as const,
      param: words(gpu.device, 2),
      grad: words(gpu.device, 2),
    };
    const error = await outcome(createOptimizer(gpu, measuring, [w]));
    expect((error as Error).message).toBe(
      "adamw: it works on float32 tensors, got one of bfloat16. Give it another rule.",
    );
  });

  gpuTest("float8 on a device of small workgroups", async ({ gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { maxComputeInvocationsPerWorkgroup: 32 } });
    const w = { name: "w", shape: [4], param: words(gpu.device, 4), grad: words(gpu.device, 4) };
    const error = await outcome(createOptimizer(small, adamw({ states: "float8" }), [w]));
    expect((error as Error).message).toContain(
      "adamw: float8 states need workgroups of 64 lanes on this device (got 32, allowed 64 or more). Keep them in bfloat16.",
    );
  });
});
