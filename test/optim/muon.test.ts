/** Muon on the GPU: its steps are orthogonal, whatever the matrix and its neighbours; beside AdamW in one optimizer. */
import { describe, expect } from "vitest";
import { type Gpu, LimitError, layoutSlab, openGpu, readSlices, Slab, type Slice } from "../../src/gpu/index.ts";
import { randomNormal } from "../../src/numbers/random.ts";
import { adamw, createOptimizer, muon, type ParamGroupInput, ShapeError, splitForMuon } from "../../src/optim/index.ts";
import { adjustments } from "../../src/optim/muon/matrix.ts";
import { float32, float64, type Values } from "../../src/reference/index.ts";
import { orthogonalized } from "../../src/reference/newtonSchulz.ts";
import { cases, type ParityCase } from "../parity/cases.ts";
import { passes } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { bufferOf, gpuTest, outcome, sharedGpuTest } from "../support/gpuTest.ts";
import { norm } from "../unit/lawsRun.ts";
import { singularValues } from "./singularValues.ts";
import { testTensor } from "./solo.ts";

type Sides = readonly [rows: number, columns: number];

const shapes: readonly Sides[] = [
  [1, 1],
  [1, 7],
  [7, 1],
  [3, 5],
  [64, 64],
  [65, 33],
  [33, 130],
  [64, 193],
];
const iteration = { coefficients: [3.4445, -4.775, 2.0315], steps: 5, eps: 1e-7 } as const;

const matrixOf = ([rows, columns]: Sides, seed: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: rows * columns }, (_, i) => randomNormal(seed, 1, i));

/** What Muon makes of gradients in one step from zero with nothing else to it: -O, but for the adjustment. */
async function stepsOf(gpu: Gpu, matrices: readonly { shape: readonly number[]; grad: Values }[]) {
  const entries = matrices.map(({ grad }, i) => ({ name: `w${i}`, elements: grad.length }));
  const layout = layoutSlab(entries, gpu.limits.maxBufferSize);
  const [params, grads] = [new Slab(gpu.pool, layout, "param"), new Slab(gpu.pool, layout, "grad")];
  for (const [i, { grad }] of matrices.entries()) gpu.stream.write(grads.slice(`w${i}`), Float32Array.from(grad));
  const rule = muon({ lr: 1, momentum: 0, nesterov: false, weightDecay: 0 });
  const tensors = matrices.map(({ shape }, i) => {
    return { name: `w${i}`, shape, param: params.slice(`w${i}`), grad: grads.slice(`w${i}`) };
  });
  const optimizer = await createOptimizer(gpu, rule, tensors);
  const { dispatchCount } = optimizer;
  optimizer.step();
  const whole = entries.map(({ name, elements }): Slice => ({ ...params.slice(name), size: elements * 4 }));
  const found = await readSlices(gpu, whole);
  for (const each of [optimizer, params, grads]) each.destroy();
  return { found, dispatchCount };
}

const expectedStep = (grad: Float32Array, sides: Sides): Float32Array => {
  const adjust = Math.fround(adjustments(sides).original);
  return orthogonalized(grad, sides, iteration, float32).map((x) => -Math.fround(adjust * x)) as Float32Array;
};

describe("a step of momentum 0", () => {
  sharedGpuTest.for(shapes)("of a matrix [%i, %i] is orthogonal, and the reference's", async (sides, { gpu }) => {
    const grad = matrixOf(sides, 3);
    const [step] = (await stepsOf(gpu, [{ shape: sides, grad }])).found as [Float32Array];
    const adjust = adjustments(sides).original;
    const exact = orthogonalized(Float64Array.from(grad), sides, iteration, float64);
    expect(Math.max(...step.map((x, i) => Math.abs(-x / adjust - exact[i]!)))).toBeLessThan(1e-5);
    // Five steps take what was 0.0015 of the norm and more to [0.675, 1.203]; Gaussian squares have less than that, too.
    const smallest = singularValues(grad, sides).filter((value) => value / norm(grad) < 0.0015).length;
    const values = singularValues(step, sides).map((value) => value / adjust);
    expect(Math.max(...values)).toBeLessThan(1.21);
    expect(values.filter((value) => value < 0.675).length).toBeLessThanOrEqual(smallest);
    expect(smallest).toBeLessThan(values.length / 10 + 1);
    if (gpu.adapter.isSoftware) expect(step).toEqual(expectedStep(grad, sides));
  });

  gpuTest("of many matrices at once is each one's own, in as many dispatches as one's", async ({ gpu }) => {
    const many = Array.from({ length: 24 }, (_, i): Sides => [1 + ((i * 7) % 40), 1 + ((i * 11) % 70)]).concat(shapes);
    const matrices = many.map((shape, i) => ({ shape, grad: matrixOf(shape, i) }));
    const { found, dispatchCount } = await stepsOf(gpu, matrices);
    expect(dispatchCount).toBe(1 + 1 + 3 * 5 + 1);
    for (const i of [0, 5, 23, 26, 31]) {
      const alone = await stepsOf(gpu, [matrices[i]!]);
      expect(alone.found[0]).toEqual(found[i]);
      expect(alone.dispatchCount).toBe(dispatchCount);
    }
    if (!gpu.adapter.isSoftware) return;
    for (const [i, { shape, grad }] of matrices.entries()) expect(found[i]).toEqual(expectedStep(grad, shape));
  });

  gpuTest("of a convolution's kernel is its matrix's", async ({ gpu }) => {
    const grad = matrixOf([8, 45], 5);
    const { found } = await stepsOf(gpu, [
      { shape: [8, 5, 3, 3], grad },
      { shape: [8, 45], grad },
    ]);
    expect(found[0]).toEqual(found[1]);
  });

  gpuTest("of zeros is none", async ({ gpu }) => {
    const { found } = await stepsOf(gpu, [{ shape: [5, 9], grad: new Float32Array(45) }]);
    expect(found[0]!.every((x) => x === 0)).toBe(true);
  });
});

/** The hidden matrices and the rest of a small model, fresh each time. */
function model(gpu: Gpu) {
  return [
    testTensor(gpu, "a.weight", 6 * 35, 1, [6, 35]),
    testTensor(gpu, "a.bias", 35, 2),
    testTensor(gpu, "b.weight", 35 * 20, 3, [35, 20]),
    { ...testTensor(gpu, "head.weight", 20 * 10, 4, [20, 10]), role: "weight" as const },
  ];
}

describe("Muon for the hidden matrices and AdamW for the rest, in one optimizer:", () => {
  const rules = { hidden: muon({ lr: 0.02 }), rest: adamw({ lr: 3e-3, weightDecay: 0.1 }) };
  const split = (gpu: Gpu) => splitForMuon(model(gpu), ({ name }) => name !== "head.weight");
  type Models = ReturnType<typeof split>;

  async function trained(gpu: Gpu, { hidden, rest }: Models, groupsOf: (models: Models) => ParamGroupInput[][]) {
    const tensors = [...hidden, ...rest];
    for (const groups of groupsOf({ hidden, rest } as Models)) {
      const optimizer = await createOptimizer(gpu, rules.hidden, groups);
      for (let t = 1; t <= 6; t++) {
        for (const tensor of tensors) tensor.feed(t);
        optimizer.step();
      }
      optimizer.destroy();
    }
    return Promise.all(tensors.map((tensor) => tensor.read()));
  }

  gpuTest("each tensor goes where it goes by its own rule alone", async ({ gpu }) => {
    const together = await trained(gpu, split(gpu), ({ hidden, rest }) => [
      [{ tensors: hidden }, { tensors: rest, rule: rules.rest }],
    ]);
    const apart = await trained(gpu, split(gpu), ({ hidden, rest }) => [
      [{ tensors: hidden }],
      [{ tensors: rest, rule: rules.rest }],
    ]);
    expect(together).toEqual(apart);
  });

  gpuTest("one submit and one write a step, and it says who goes where", async ({ gpu }) => {
    const { hidden, rest } = split(gpu);
    const optimizer = await createOptimizer(gpu, rules.hidden, [
      { tensors: hidden },
      { tensors: rest, rule: rules.rest },
    ]);
    optimizer.step();
    const counts = { ...gpu.stream.counts };
    optimizer.step();
    expect(gpu.stream.counts).toEqual({
      dispatches: counts.dispatches + optimizer.dispatchCount,
      submits: counts.submits + 1,
      writes: counts.writes + 1,
      copies: counts.copies,
    });
    expect(optimizer.stateNames).toEqual(["velocity", "m", "v"]);
    expect(optimizer.describe()).toMatch(
      /paramGroup 0: muon.*decays: a\.weight.*paramGroup 1: adamw.*exempt: a\.bias/s,
    );
    optimizer.destroy();
  });
});

describe("what Muon cannot update is refused, before anything is made:", () => {
  gpuTest("a vector", async ({ gpu }) => {
    const vector = { name: "a.bias", shape: [4], param: bufferOf(gpu.device, [1, 2, 3, 4]) };
    const tensor = { ...vector, grad: bufferOf(gpu.device, [1, 2, 3, 4]) };
    const error = await outcome(createOptimizer(gpu, muon(), [tensor]));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toBe(
      'tensor "a.bias": muon takes matrices (got [4], allowed two sides, or the four of a convolution). ' +
        "Give it to adamw: splitForMuon does.",
    );
    expect(gpu.pool.stats.created).toBe(0);
  });

  gpuTest("a matrix larger than a binding", async ({ gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { maxStorageBufferBindingSize: 4096 } });
    const made = createOptimizer(small, muon(), [testTensor(gpu, "w", 33 * 32, 1, [33, 32])]);
    const error: unknown = await made.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LimitError);
    expect((error as Error).message).toContain('tensor "w": muon binds a matrix and its square whole (got 4224 bytes');
    expect(small.pool.stats.liveBytes).toBe(0);
  });
});

describe("what any rule can be asked for, Muon can, too:", () => {
  const base = cases.find(({ name }) => name === "muon · strong decay · accurate · [33, 20]") as ParityCase;
  const asked = (what: string, hyper: object, more: Partial<ParityCase> = {}): ParityCase => ({
    ...base,
    name: what,
    rows: base.rows.map((row) => ({ ...row, hyper: { ...row.hyper, ...hyper } })),
    ...more,
  });

  sharedGpuTest.for([
    asked("a decay towards the start", { towardsStart: true }),
    asked("a cautious decay", { cautious: true }),
    asked("an average of the weights", {}, { averageDecay: 0.9 }),
  ])("$name", async (test, { gpu }) => {
    const comparison = await runCase(gpu, test);
    expect(passes(comparison, gpu.adapter), `${comparison.worstUlp} ulp`).toBe(true);
  });

  gpuTest("a step whose gradients are not finite is skipped, and the next one knows nothing of it", async ({ gpu }) => {
    const [good, bad] = [testTensor(gpu, "w", 35, 9, [5, 7]), testTensor(gpu, "w", 35, 9, [5, 7])];
    const ends: Float32Array[] = [];
    for (const tensor of [good, bad]) {
      const optimizer = await createOptimizer(gpu, muon({ lr: 0.02 }), [tensor], { gradients: { nonFinite: "skip" } });
      for (let t = 1; t <= 4; t++) {
        if (tensor === bad && t === 3) {
          gpu.stream.write({ buffer: tensor.grad, offset: 0, size: 140 }, new Float32Array(35).fill(Number.NaN));
          optimizer.step();
        }
        tensor.feed(t);
        optimizer.step();
      }
      await optimizer.settled();
      expect(optimizer.skippedSteps).toBe(tensor === bad ? 1 : 0);
      ends.push(await tensor.read());
      optimizer.destroy();
    }
    expect(ends[1]).toEqual(ends[0]);
  });
});
