/**
 * Clipped gradients and loss scales on the GPU against PyTorch's: test/fixtures/around.json holds what clip_grad_norm_,
 * clip_grad_value_ and GradScaler did with the same gradients, and where AdamW ended.
 */
import { describe, expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import { adamw, createOptimizer, type GradientReport } from "../../src/optim/index.ts";
import {
  aroundFixtures,
  type GradientPlan,
  type GradientRun,
  gradientHyper,
  gradientPlans,
  gradientSeed,
  gradientSizes,
  gradientSteps,
  scaledGradients,
} from "../parity/aroundTorch.ts";
import { decodeFloat32, initialParam, ulp, worstUlpError } from "../parity/fixtures.ts";
import { hardwareGate } from "../parity/gates.ts";
import { allocate, readAll } from "../parity/memory.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";

/** PyTorch adds up a norm in another order, a tensor at a time: the worst is 1 ulp. */
const normBound = 4;
/** As without clipping (test/unit/torch.test.ts): PyTorch fuses multiply-adds. The worst is 5 ulp. */
const paramBound = 8;

type Run = readonly [desc: string, GradientPlan, GradientRun];

const runs = gradientPlans.map((plan): Run => {
  return [plan.desc, plan, aroundFixtures.gradients.find(({ desc }) => desc === plan.desc) as GradientRun];
});

const tensors = gradientSizes.map((count, i) => ({ name: `w${i}`, shape: [count], paramGroup: 0 }));

/** Takes the steps, at the loss scales that PyTorch had. */
async function train(gpu: Gpu, { clipNorm, clipValue, lossScale, ...plan }: GradientPlan, scales: Float32Array) {
  const memory = allocate(gpu, tensors, "slabs");
  const starts = gradientSizes.map((count, i) => initialParam(gradientSeed + i, count));
  memory.write("param", starts);
  const reports: GradientReport[] = [];
  const gradients = {
    ...(clipNorm !== undefined && { clipNorm }),
    ...(clipValue !== undefined && { clipValue }),
    ...(lossScale && { lossScale }),
    onReport: (report: GradientReport) => void reports.push(report),
  };
  const places = tensors.map((tensor) => ({
    ...tensor,
    param: memory.param(tensor.name),
    grad: memory.grad(tensor.name),
  }));
  const rule = adamw({ ...gradientHyper, profile: "torch" });
  const optimizer = await createOptimizer(gpu, rule, [{ tensors: places, exempt: () => false }], { gradients });
  for (let t = 1; t <= gradientSteps; t++) {
    memory.write("grad", scaledGradients({ ...plan }, t, scales[t - 1] ?? 1));
    optimizer.step();
    await optimizer.settled();
  }
  const params = await readAll(
    gpu,
    places.map(({ param }) => param),
    gradientSizes,
  );
  const stepCounts = new Set([optimizer.stepCount, ...tensors.map(({ name }) => optimizer.stepCountOf(name))]);
  optimizer.destroy();
  memory.destroy();
  return { reports, params, stepCounts: [...stepCounts], starts };
}

/** How far the parameters are from PyTorch's, in ulps of the largest magnitude that is known of each element. */
function worstOf({ params, starts }: Awaited<ReturnType<typeof train>>, theirs: GradientRun): number {
  const errors = params.map((found, i) => {
    const expected = decodeFloat32(theirs.params[i] ?? "");
    return worstUlpError(
      found,
      expected,
      starts[i]!.map((p, k) => Math.max(Math.abs(p), Math.abs(expected[k]!))),
    );
  });
  return Math.max(...errors);
}

describe("as in PyTorch:", () => {
  sharedGpuTest.for(runs)("%s", async ([, plan, theirs], { gpu }) => {
    const scales = decodeFloat32(theirs.scales ?? "");
    const run = await train(gpu, plan, scales);
    const skipped = run.reports.filter(({ isSkipped }) => isSkipped).map(({ step }) => step);
    expect(skipped).toEqual(theirs.skipped);
    expect(run.stepCounts).toEqual([theirs.stepCount]);
    if (theirs.scales) expect(run.reports.map(({ lossScale }) => lossScale)).toEqual([...scales]);
    if (theirs.norms) expectNorms(run.reports, decodeFloat32(theirs.norms));
    const bound = gpu.adapter.isSoftware ? paramBound : paramBound + hardwareGate.worstUlp;
    expect(worstOf(run, theirs)).toBeLessThanOrEqual(bound);
  });
});

describe("out of bounds, also of a real GPU's:", () => {
  const [byNorm, byValue, scaled] = runs as [Run, Run, Run];
  sharedGpuTest.for([
    ["a limit of the norm that is 1 % lower", byNorm, { clipNorm: 0.99 }],
    ["no limit of the norm", byNorm, { clipNorm: 1e6 }],
    ["the norm clipped instead of the elements", byValue, { clipValue: undefined, clipNorm: 0.05 }],
    ["a scale that grows a step late", scaled, { lossScale: { initial: 2 ** 10, interval: 5 } }],
    ["one step more that is skipped", scaled, { notFinite: [[1, 0, 0, "inf"], ...scaled[1].notFinite] }],
  ] as const)("%s", async ([, [, plan, theirs], wrong], { gpu }) => {
    const run = await train(gpu, { ...plan, ...wrong } as GradientPlan, decodeFloat32(theirs.scales ?? ""));
    expect(worstOf(run, theirs)).toBeGreaterThan(paramBound + hardwareGate.worstUlp);
  });
});

function expectNorms(reports: readonly GradientReport[], norms: Float32Array): void {
  expect(reports).toHaveLength(norms.length);
  for (const [i, norm] of norms.entries()) {
    const { norm: found } = reports[i] as GradientReport;
    if (Number.isFinite(norm))
      expect(Math.abs(found - norm) / ulp(norm), `step ${i + 1}`).toBeLessThanOrEqual(normBound);
    else expect(Number.isFinite(found), `step ${i + 1}`).toBe(false);
  }
}
