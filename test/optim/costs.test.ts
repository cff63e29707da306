import { expect, test } from "vitest";
import { expectCost } from "../costs/expectCost.ts";
import { ruleCost } from "../costs/measure.ts";
import costs from "../costs.json";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { variants } from "./variants.ts";

sharedGpuTest.for(Object.entries(variants))("a step of %s costs what is recorded", async ([name, rule], { gpu }) => {
  expectCost(gpu, "rules", name, await ruleCost(gpu, rule));
});

test("every rule has its costs recorded, and no other", () => {
  expect(Object.keys(costs.rules)).toEqual(Object.keys(variants));
});
