/** The executor and the reference rules against PyTorch, for 30 steps: test/fixtures/trajectories.json has what PyTorch did. */
import { expect, it } from "vitest";
import { float32, float64 } from "../../src/reference/index.ts";
import { apart, float32Gate, float64Gate, isWithin, sampled, torchRun } from "../oracle/apart.ts";
import { type Otherwise, trainOnCpu } from "../oracle/trainOnCpu.ts";
import { type Trajectory, trajectories, trajectoryFixtures } from "../oracle/trajectories.ts";

const profiles = ["torch", "accurate"] as const;
const each = trajectories.flatMap((run) => profiles.map((profile) => [run.name, profile, run] as const));

it.each(each)("%s, %s: in float32 the losses and weights are PyTorch's", (name, profile, run) => {
  const found = apart(trainOnCpu(run, float32, profile), torchRun(trajectoryFixtures.runs[name], "float32"));
  expect(isWithin(found, float32Gate), JSON.stringify(found)).toBe(true);
});

it.each(each)("%s, %s: in float64 too", (name, profile, run) => {
  const found = apart(sampled(trainOnCpu(run, float64, profile)), torchRun(trajectoryFixtures.runs[name], "float64"));
  expect(isWithin(found, float64Gate), JSON.stringify(found)).toBe(true);
});

/** What is wrong, in which run, and what is otherwise there: after a few steps, none of them may pass. */
const mutants: readonly (readonly [string, Trajectory["name"], Otherwise, Trajectory["hyper"]])[] = [
  ["later times are seen", "transformer", { isCausal: false }, {}],
  ["the bias correction stays that of step 1", "transformer", { countedAs: () => 1 }, {}],
  ["the bias correction stays that of step 1", "mlp", { countedAs: () => 1 }, {}],
  ["the bias correction is a step late", "mlp", { countedAs: (t) => Math.max(t - 1, 1) }, {}],
  ["eps is 1e-5", "mlp", {}, { eps: 1e-5 }],
  ["no decay", "transformer", {}, { weightDecay: 0 }],
  ["beta2 is PyTorch's default", "transformer", {}, { beta2: 0.999 }],
  ["no momentum", "cnn", {}, { momentum: 0 }],
  ["no decay", "cnn", {}, { weightDecay: 0 }],
];

it.each(mutants)("out of bounds: %s (%s)", (_, name, otherwise, hyper) => {
  const steps = 6;
  const run = trajectories.find((candidate) => candidate.name === name) as Trajectory;
  const { losses } = torchRun(trajectoryFixtures.runs[name], "float32");
  const wrong = trainOnCpu({ ...run, hyper: { ...run.hyper, ...hyper } }, float32, "torch", { ...otherwise, steps });
  const errors = wrong.losses.map((loss, step) => Math.abs(loss / (losses[step] as number) - 1));
  expect(Math.max(...errors)).toBeGreaterThan(2 * float32Gate.losses);
});
