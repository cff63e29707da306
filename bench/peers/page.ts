/** What scripts/benchPeers.mjs has bundled with the libraries and calls in the page. */
import { type Comparing, compare, type Progress } from "./compare.ts";
import { jaxJs } from "./libraries/jax.ts";
import { tfjsWasm, tfjsWebgpu } from "./libraries/tfjs.ts";
import { referenceLosses } from "./reference.ts";
import type { Comparison, Workload } from "./row.ts";
import { gateSteps, type Size, trainingNames, trainingOf, updateShapes } from "./workloads.ts";

/** What is compared, in the order of the report. */
export const workloads = async (size: Size): Promise<Workload[]> => [
  ...trainingNames.map((name): Workload => ({ suite: "training", name, size })),
  ...updateShapes[size].map((shape): Workload => ({ suite: "update", name: shape.name, shape })),
];

export const run = (comparing: Comparing, progress: Progress): Promise<Comparison> =>
  compare(comparing, [jaxJs, tfjsWebgpu, tfjsWasm], progress);

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
