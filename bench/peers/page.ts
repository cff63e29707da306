/** What scripts/benchPeers.mjs has bundled with the libraries and calls in the page. */
import { type Comparing, compare, type Progress } from "./compare.ts";
import { jaxJs } from "./libraries/jax.ts";
import { tfjsWasm, tfjsWebgpu } from "./libraries/tfjs.ts";
import { referenceLosses } from "./reference.ts";
import type { Comparison, Workload } from "./row.ts";
import { gateSteps, type Size, trainingNames, trainingOf, updateShapes } from "./workloads.ts";

/**
 * Who takes part, besides shrinkstep. Looked at in November 2026 and left out: webgpu-torch 0.3.5, which has gradients but no
 * optimizer; js-pytorch 0.7.2, which computes on the CPU or WebGL. Of others that train on WebGPU (borch-ts, tensorgrad,
 * torchlette, jsgrad, Piston) the registry has no package.
 */
const libraries = [jaxJs, tfjsWebgpu, tfjsWasm];

/** What is compared, in the order of the report. */
export const workloads = async (size: Size): Promise<Workload[]> => [
  ...trainingNames.map((name): Workload => ({ suite: "training", name, size })),
  ...updateShapes[size].map((shape): Workload => ({ suite: "update", name: shape.name, shape })),
];

export const run = (comparing: Comparing, progress: Progress): Promise<Comparison> =>
  compare(comparing, libraries, progress);

/** The losses that the CPU reference finds for all trainings, which is minutes: what reference.json holds. */
export async function record(_: unknown, progress: Progress): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  const all = trainingNames.flatMap((name) => (["quick", "full"] as const).map((size) => ({ name, size })));
  for (const [i, { name, size }] of all.entries()) {
    const key = `${name} ${size}`;
    const report = (step: number): Promise<void> => progress([i * gateSteps + step, all.length * gateSteps, key]);
    found[key] = await referenceLosses(await trainingOf(name, size), report);
  }
  await progress([1, 1, "recorded"]);
  return found;
}
