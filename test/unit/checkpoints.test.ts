/** A run of PyTorch's that the reference takes over: test/fixtures/checkpoints.json has what PyTorch saved, and how it went on. */
import { describe, expect, test } from "vitest";
import { readOptimizerState, writeOptimizerState } from "../../src/interop/index.ts";
import type { OptimizerState, TensorState } from "../../src/optim/index.ts";
import {
  bitsOf,
  type Checkpoint,
  checkpointFixtures,
  checkpointRows,
  checkpointRun,
  stepsEach,
} from "../parity/checkpoints.ts";
import { torchFixtures } from "../parity/fixtures.ts";
import { apart, held, resume } from "../parity/resume.ts";
import type { Row } from "../parity/table.ts";

const named = checkpointRows.map((row) => [`${row.rule}: ${row.desc}`, row] as const);
/** PyTorch fuses multiply-adds: see test/unit/torch.test.ts. */
const boundOf = ({ fusedUlps = 8 }: Row): number => fusedUlps;
const at = (row: Row, thirds: number): Checkpoint => checkpointRun(row).at[thirds * stepsEach] as Checkpoint;
const heldAt = (row: Row, thirds: number) => held(at(row, thirds), readOptimizerState);

/** The second third by the reference, from what PyTorch had after the first, or from what was made of that. */
function goOn(row: Row, change: (state: OptimizerState) => OptimizerState = (state) => state) {
  const { params, ...saved } = heldAt(row, 1);
  const { tensors } = resume(row, change(saved), params, stepsEach, 2 * stepsEach);
  return { tensors, params };
}

test("PyTorch was run with these rows and no others", () => {
  expect(checkpointFixtures.torch).toBe(torchFixtures.torch);
  expect(checkpointFixtures.runs.map(({ rule, desc }) => `${rule}: ${desc}`)).toEqual(named.map(([name]) => name));
});

test.each(named)("%s: what PyTorch's side wrote is read, and written again with the same bytes", (_, row) => {
  for (const thirds of [1, 2, 3]) {
    const { file } = at(row, thirds);
    const state = heldAt(row, thirds);
    expect(bitsOf(writeOptimizerState(state))).toBe(file);
    expect([state.rule, state.profile, state.stepCount]).toEqual([row.rule, "torch", thirds * stepsEach]);
    const counts = [...state.tensors].map(([name, { stepCount }]) => [name, stepCount]);
    const [scale, rested] = [Math.max(0, thirds * stepsEach - 12), thirds * (stepsEach / 5)];
    expect(counts).toEqual([
      ["fc.weight", thirds * stepsEach],
      ["fc.bias", thirds * stepsEach - rested],
      ["scale", scale],
      ["unused", 0],
    ]);
  }
});

test.each(named)("%s: taken over after ten steps, it is after ten more where PyTorch alone is", (_, row) => {
  expect(apart(row, goOn(row), heldAt(row, 2))).toBeLessThanOrEqual(boundOf(row));
});

describe("out of bounds:", () => {
  const changed = (change: (tensor: TensorState) => Partial<TensorState>) => (state: OptimizerState) => {
    const tensors = [...state.tensors].map(([name, tensor]) => [name, { ...tensor, ...change(tensor) }] as const);
    return { ...state, tensors: new Map(tensors) };
  };
  const zeros = changed(({ states }) => {
    return { states: new Map([...states].map(([name, values]) => [name, new Float32Array(values.length)])) };
  });
  const fresh = changed(() => ({ stepCount: 0 }));
  const stateful = named.filter(([, row]) => heldAt(row, 1).tensors.get("fc.weight")?.states.size);

  test.each(stateful)("%s, without its states", (_, row) => {
    expect(apart(row, goOn(row, zeros), heldAt(row, 2))).toBeGreaterThan(boundOf(row));
  });

  // Adadelta, and SGD where the first velocity is the gradient anyway, do not ask which step it is.
  const counting = named.filter(
    ([, { rule, hyper }]) => rule !== "adadelta" && (rule !== "sgd" || hyper.dampening) && rule !== "rmsprop",
  );
  test.each(counting)("%s, with its steps counted anew", (_, row) => {
    const { tensors, params } = goOn(row, fresh);
    const counted = new Map(
      [...tensors].map(([name, tensor]) => {
        return [name, { ...tensor, stepCount: heldAt(row, 2).tensors.get(name)?.stepCount ?? 0 }];
      }),
    );
    expect(apart(row, { tensors: counted, params }, heldAt(row, 2))).toBeGreaterThan(boundOf(row));
  });
});
