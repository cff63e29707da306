import { describe, expect, test } from "vitest";
import {
  readOptimizerState,
  readSafetensors,
  SafetensorsError,
  writeOptimizerState,
  writeSafetensors,
} from "../../src/interop/index.ts";
import { CheckpointMismatchError, type OptimizerState, type TensorState } from "../../src/optim/index.ts";

const states = (...entries: [string, number[]][]) =>
  new Map(entries.map(([name, data]) => [name, Float32Array.from(data)]));

const state: OptimizerState = {
  rule: "adamw",
  profile: "torch",
  stepCount: 7,
  tensors: new Map([
    ["w", { shape: [2, 1], stepCount: 7, isFrozen: false, states: states(["m", [1, -0]], ["v", [3, 1e-30]]) }],
    ["w.exp_avg", { shape: [1], stepCount: 3, isFrozen: true, states: states(["m", [5]], ["v", [6]]) }],
    ["__proto__", { shape: [0], stepCount: 7, isFrozen: false, states: states(["m", []], ["v", []]) }],
  ]),
};

test("an optimizer's state comes back as it went, whatever its tensors are called", () => {
  expect(readOptimizerState(writeOptimizerState(state))).toEqual(state);
});

test("the file has PyTorch's names for the states", () => {
  const names = (rule: OptimizerState): string[] => [...readSafetensors(writeOptimizerState(rule)).tensors.keys()];
  expect(
    names(state)
      .filter((name) => name.startsWith("optim.w."))
      .slice(0, 2),
  ).toEqual(["optim.w.exp_avg", "optim.w.exp_avg_sq"]);
  const other = { shape: [1], stepCount: 1, isFrozen: false, states: states(["velocity", [1]], ["vMax", [2]]) };
  expect(names({ ...state, tensors: new Map([["b", other]]) })).toEqual([
    "optim.b.momentum_buffer",
    "optim.b.max_exp_avg_sq",
  ]);
  const adan = { shape: [1], stepCount: 1, isFrozen: false, states: states(["m", [1]], ["v", [2]], ["n", [3]]) };
  const saved = { ...state, rule: "adan", tensors: new Map([["b", adan]]) };
  expect(names(saved)).toEqual(["optim.b.exp_avg", "optim.b.exp_avg_diff", "optim.b.exp_avg_sq"]);
  expect(readOptimizerState(writeOptimizerState(saved))).toEqual(saved);
});

test("states that have other sides than their tensor keep them in the file", () => {
  const matrix = {
    ...{ shape: [2, 2, 3], stepCount: 1, isFrozen: false },
    states: states(["rowVar", [1, 2, 3, 4]], ["colVar", [5, 6, 7, 8, 9, 10]]),
    stateShapes: new Map([
      ["rowVar", [2, 2, 1]],
      ["colVar", [2, 1, 3]],
    ]),
  };
  const vector = { shape: [2], stepCount: 1, isFrozen: false, states: states(["variance", [1, 2]]) };
  const tensors = new Map<string, TensorState>([
    ["w", matrix],
    ["b", vector],
  ]);
  const saved = { ...state, rule: "adafactor", tensors };
  const file = readSafetensors(writeOptimizerState(saved)).tensors;
  expect([...file].map(([name, { shape }]) => [name, shape])).toEqual([
    ["optim.w.row_var", [2, 2, 1]],
    ["optim.w.col_var", [2, 1, 3]],
    ["optim.b.variance", [2]],
  ]);
  expect(readOptimizerState(writeOptimizerState(saved))).toEqual(saved);
});

test("a schedule-free rule's file has its authors' names, what the rule remembers, and whether it evaluates", () => {
  const memory = { lrMax: 2.5e-3, weightSum: 1 / 3 };
  const own = states(["z", [1]], ["v", [2]], ["trained", [3]]);
  const tensors = new Map([["b", { shape: [1], stepCount: 1, isFrozen: false, memory, states: own }]]);
  const saved: OptimizerState = { ...state, rule: "scheduleFreeAdamw", isEvaluating: true, tensors };
  const file = writeOptimizerState(saved);
  expect([...readSafetensors(file).tensors.keys()]).toEqual(["optim.b.z", "optim.b.exp_avg_sq", "optim.b.trained"]);
  expect(readOptimizerState(file)).toEqual(saved);
});

describe("a file", () => {
  const metadata = { format: "shrinkstep optimizer state 1", rule: "adamw", profile: "accurate", stepCount: "1" };
  test.each<[string, Uint8Array, new (...args: never[]) => Error]>([
    ["that is none", new Uint8Array(3), SafetensorsError],
    ["of weights", writeSafetensors(new Map()), CheckpointMismatchError],
    ["without a list of tensors", writeSafetensors(new Map(), metadata), CheckpointMismatchError],
    ["whose list is no JSON", writeSafetensors(new Map(), { ...metadata, tensors: "[" }), CheckpointMismatchError],
    [
      "whose list is another",
      writeSafetensors(new Map(), { ...metadata, tensors: '[["w", 1]]' }),
      CheckpointMismatchError,
    ],
  ])("%s is refused", (_, bytes, error) => {
    expect(() => readOptimizerState(bytes)).toThrow(error);
  });
});
