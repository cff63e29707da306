/** A run of PyTorch's that goes on on the GPU, tensor by tensor with its own step count, and can be carried back. */
import { expect } from "vitest";
import { readOptimizerState, writeOptimizerState } from "../../src/interop/index.ts";
import { createOptimizer } from "../../src/optim/index.ts";
import {
  type Checkpoint,
  checkpointGradient,
  checkpointRows,
  checkpointRun,
  checkpointTensors,
  stepsEach,
  tensorsOf,
} from "../parity/checkpoints.ts";
import { hardwareGate } from "../parity/gates.ts";
import { allocate, readAll } from "../parity/memory.ts";
import { apart, held, resume } from "../parity/resume.ts";
import { ruleOf } from "../parity/rules.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";

sharedGpuTest.for(checkpointRows.map((row) => [`${row.rule}: ${row.desc}`, row] as const))(
  "%s: taken over from PyTorch after ten steps, it is after ten more where PyTorch alone is",
  async ([, row], { gpu }) => {
    const { at } = checkpointRun(row);
    const [first, second] = [1, 2].map((thirds) => held(at[thirds * stepsEach] as Checkpoint, readOptimizerState));
    if (!first || !second) throw new Error("There is no checkpoint.");
    const specs = tensorsOf(row).map(({ name, shape }) => ({ name, shape, paramGroup: 0 }));
    const memory = allocate(gpu, specs, "slabs");
    memory.write("param", first.params as Float32Array<ArrayBuffer>[]);
    const tensors = specs.map((spec) => ({ ...spec, param: memory.param(spec.name), grad: memory.grad(spec.name) }));
    const rule = ruleOf(row.rule)({ ...row.hyper, profile: "torch" });
    const optimizer = await createOptimizer(gpu, rule, [{ tensors, exempt: () => false }]);
    optimizer.load(first);
    for (let t = stepsEach + 1; t <= 2 * stepsEach; t++) {
      memory.write(
        "grad",
        checkpointTensors.map((_, i) => checkpointGradient(i, t)),
      );
      const resting = checkpointTensors.filter(({ rests }) => rests(t)).map(({ name }) => name);
      optimizer.freeze(...resting);
      optimizer.step();
      optimizer.unfreeze(...resting);
    }
    const params = await readAll(
      gpu,
      tensors.map(({ param }) => param),
      first.params.map(({ length }) => length),
    );
    const found = { ...readOptimizerState(writeOptimizerState(await optimizer.state())), params };
    optimizer.destroy();
    memory.destroy();

    expect([found.rule, found.profile, found.stepCount]).toEqual([row.rule, "torch", 2 * stepsEach]);
    const bound = (row.fusedUlps ?? 8) + (gpu.adapter.isSoftware ? 0 : hardwareGate.worstUlp);
    expect(apart(row, found, second)).toBeLessThanOrEqual(bound);
    if (!gpu.adapter.isSoftware) return;
    // What `npm run oracle` carries back to PyTorch is the reference's.
    const twin = resume(row, first, first.params, stepsEach, 2 * stepsEach);
    expect(apart(row, found, { ...twin, params: first.params })).toBe(0);
    expect(writeOptimizerState(found)).toEqual(writeOptimizerState(twin));
  },
);
