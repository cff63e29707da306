import { expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import costs from "../costs.json";
import type { Costs, RuleCost, TaskCost } from "./measure.ts";

/** Other adapters have other kernels, which may take some more, or less, of this share of it. */
const leeway = 0.1;

/**
 * Holds a cost to the one that is recorded: exactly on a software adapter, where it was recorded; on others what a step sends
 * and creates exactly, and no more of the rest than a little.
 */
export function expectCost<Kind extends keyof Costs>(
  gpu: Gpu,
  kind: Kind,
  name: string,
  found: Kind extends "rules" ? RuleCost : TaskCost,
): void {
  const recorded = (costs as Costs)[kind][name];
  const remedy = `${name} costs something else than test/costs.json has. If that is meant: npm run costs -- --write`;
  if (gpu.adapter.isSoftware || !recorded) {
    expect(found, remedy).toEqual(recorded);
    return;
  }
  const { submits, writes, objects } = recorded;
  expect(found, remedy).toMatchObject({ submits, writes, objects });
  for (const [key, cost] of Object.entries(found)) {
    expect(cost, `${key}: ${remedy}`).toBeLessThanOrEqual(recorded[key as keyof typeof recorded] * (1 + leeway));
  }
}
