/** A guarded optimizer beside its twin: the same gradients, some of them not finite, through both. */
import { type Gpu, readFloats } from "../../src/gpu/index.ts";
import { createOptimizer, type GradientOptions, type GradientReport, type Optimizer } from "../../src/optim/index.ts";
import { float32, surrounded, type Values } from "../../src/reference/index.ts";
import type { Memory, ParityTensor } from "../parity/cases.ts";
import { tilingOf } from "../parity/expectation.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { GuardTwin } from "../parity/guardTwin.ts";
import { allocate, readAll, type TensorMemory } from "../parity/memory.ts";
import { optionsOf, referenceOf, resolvedHyper, ruleOf } from "../parity/rules.ts";
import type { Row } from "../parity/table.ts";

type Twin = { param: Values; grad: Values } & Record<string, Values>;

export interface GuardedRun {
  readonly optimizer: Optimizer;
  readonly memory: TensorMemory;
  /** Told so far, in order; and what the twin says. */
  readonly reports: GradientReport[];
  readonly expected: GradientReport[];
  /** One step through both: the gradients of `t`, times the loss scale; `spoil` may change them. */
  step(t: number, spoil?: (grads: Float32Array<ArrayBuffer>[]) => void): void;
  /** Parameters and states, tensor by tensor, of the GPU and of the twin. */
  compare(): Promise<[found: Float32Array[], expected: Values[]]>;
  gradients(): Promise<Float32Array[]>;
  destroy(): void;
}

export interface GuardedOptions {
  readonly row: Row;
  readonly shapes: readonly (readonly number[])[];
  readonly memory?: Memory;
  readonly gradients: GradientOptions;
  readonly averageDecay?: number;
}

export async function guardedRun(gpu: Gpu, options: GuardedOptions): Promise<GuardedRun> {
  const { row, shapes, gradients, averageDecay } = options;
  const tensors: ParityTensor[] = shapes.map((shape, i) => ({ name: `w${i}`, shape, paramGroup: 0 }));
  const counts = shapes.map((shape) => shape.reduce((product, side) => product * side, 1));
  const memory = allocate(gpu, tensors, options.memory ?? "slabs");
  const reports: GradientReport[] = [];
  const given = tensors.map(({ name, shape }) => ({ name, shape, param: memory.param(name), grad: memory.grad(name) }));
  const rule = ruleOf(row.rule)(optionsOf(row));
  const optimizer = await createOptimizer(gpu, rule, [{ tensors: given, exempt: () => false }], {
    gradients: { onReport: (report) => reports.push(report), ...gradients },
    ...(averageDecay !== undefined && { averageDecay }),
  });
  const starts = counts.map((count, i) => initialParam(i + 1, count));
  memory.write("param", starts);
  const twins = starts.map((start): Twin => {
    const states = optimizer.stateNames.map((name) => [name, new Float32Array(start.length)] as const);
    return { param: start.slice(), grad: new Float32Array(start.length), ...Object.fromEntries(states) };
  });
  const tiling = tilingOf(gpu);
  const guard = new GuardTwin(gradients, tiling);
  const reference = surrounded(referenceOf(row.rule), () => averageDecay ?? 0);
  const expected: GradientReport[] = [];
  let [stepCount, skippedSteps] = [0, 0];

  return {
    optimizer,
    memory,
    reports,
    expected,
    step: (t, spoil = () => {}) => {
      const grads = counts.map((count, i) => gradientAt(i + 1, t, count).map((g) => g * guard.scale));
      spoil(grads);
      memory.write("grad", grads);
      optimizer.step();
      const lossScale = guard.scale;
      const { norm, isSkipped, used } = guard.judge(grads);
      if (isSkipped) skippedSteps += 1;
      else {
        stepCount += 1;
        for (const [i, twin] of twins.entries()) {
          twin.grad = used[i] as Values;
          reference(twin, resolvedHyper(row, stepCount), stepCount, float32, "accurate", tiling);
        }
      }
      expected.push({ step: expected.length + 1, norm, lossScale, isSkipped, skippedSteps });
    },
    compare: async () => {
      const names = ["param", ...optimizer.stateNames];
      const found = names.map((name) => {
        const slices = tensors.map((tensor) =>
          name === "param" ? memory.param(tensor.name) : optimizer.stateSlice(name, tensor.name),
        );
        return readAll(gpu, slices, counts);
      });
      return [(await Promise.all(found)).flat(), names.flatMap((name) => twins.map((twin) => twin[name] as Values))];
    },
    gradients: async () => Promise.all(tensors.map(({ name }) => readFloats(gpu, memory.grad(name)))),
    destroy: () => {
      optimizer.destroy();
      memory.destroy();
    },
  };
}
