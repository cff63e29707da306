// The bytes that a rule moves, counted from its shaders.
import { describe, expect, test } from "vitest";
import type { ShaderPart } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import { createOptimizer } from "../../src/optim/index.ts";
import { measureOf, measureParts, moduleParts } from "../../src/optim/parts.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { accesses, bytesMoved } from "./accesses.ts";
import { model } from "./model.ts";
import { variants } from "./variants.ts";

const rules = Object.entries(variants);

describe("bytes moved a parameter and step:", () => {
  const bytes: Record<string, number> = {
    sgd: 12,
    "sgd with momentum": 20,
    sgdw: 12,
    "sgdw with momentum": 20,
    adam: 28,
    "adam with amsgrad": 36,
    adamw: 28,
    "adamw with amsgrad": 36,
    rmsprop: 20,
    "rmsprop with momentum": 28,
    "rmsprop, centered": 28,
    "rmsprop, centered, with momentum": 36,
    adagrad: 20,
    adadelta: 28,
    adamax: 28,
    nadam: 28,
    "nadam, decoupled": 28,
    radam: 28,
    "radam, decoupled": 28,
    adafactor: (3 * 24 + 8 * 32) / 11, // of a matrix of 3 elements and a vector of 8
    lion: 20,
    adan: 44,
    muon: 28,
    "muon with four steps": 28,
    lamb: 40,
    lars: 20,
    "lars with momentum": 28,
    stableAdamw: 36,
    scheduleFreeAdamw: 28,
    scheduleFreeSgd: 20,
    "adamw in bfloat16": 20,
    "adamw in float8": 16.0625,
    "adamw with amsgrad, in float8": 24.0625,
    "lion in bfloat16": 16,
    "lion in float8": 14.03125,
  };

  test("every rule has its number here", () => expect(Object.keys(bytes)).toEqual(Object.keys(variants)));

  const ragged = rules.flatMap(([name, rule]) => [false, true].map((isRagged) => [name, isRagged, rule] as const));

  test.for(ragged.filter(([name]) => name !== "adafactor"))(
    "each shader of %s, ragged %s, loads a buffer once at most, and stores once what it changes",
    ([name, isRagged, rule]) => {
      const variant = rule.variant(rule.uses);
      const access = { dtype: "float32", isRagged } as const;
      const kernels = [moduleParts(variant, access), ...(measureOf(variant) ? [measureParts(variant, access)] : [])];
      const found = kernels.map((parts) => accesses(join(parts)));
      const names = new Set(found.flatMap((buffers) => Object.keys(buffers)));
      const scratch = variant.scratch ? ["ahead", "orthogonal"] : []; // Muon's, as its two shaders have it
      expect([...names].filter((each) => !each.endsWith("Scale")).sort()).toEqual(
        ["param", "grad", ...variant.state, ...scratch].sort(),
      );
      for (const [buffer, { loads, stores }] of found.flatMap((buffers) => Object.entries(buffers))) {
        expect(Math.max(loads, stores), buffer).toBeLessThanOrEqual(1);
      }
      // The gradient is stored where it is to be zeroed.
      const moved = kernels.map((parts) => bytesMoved(join(parts), { grad: "stores" }));
      expect(moved.reduce((sum, each) => sum + each, 0)).toBe(bytes[name]);
    },
  );

  test.for([false, true])(
    "adafactor, ragged %s, loads the gradient three times, the weight twice, and stores the weight once",
    (isRagged) => {
      const { adafactor: rule } = variants;
      const variant = rule!.variant(rule!.uses);
      const custom = variant.passes!.flatMap((pass) => (pass.kind === "custom" ? Object.values(pass.kernels) : []));
      const calls = (parts: readonly ShaderPart[]): string[] =>
        [...join(parts).matchAll(/(?<!fn )\b(gradient|loadParam|storeParam)\(/g)].map(([, name]) => name!);
      expect([...custom, measureOf(variant)!.parts, variant.parts].map((parts) => calls(parts).sort())).toEqual([
        ["gradient"],
        [],
        [],
        ["gradient", "loadParam"],
        ["gradient", "loadParam", "storeParam"],
      ]);
      const { param, grad } = accesses(join(moduleParts(variant, { dtype: "float32", isRagged })));
      expect([param, grad]).toEqual([
        { loads: 1, stores: 1, bytes: 4 },
        { loads: 1, stores: 1, bytes: 4 }, // stored where it is to be zeroed
      ]);
    },
  );

  sharedGpuTest.for(rules)("%s says the same of itself", async ([name, rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, 2, 1, rule);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    expect(optimizer.bytesPerParameter).toBe(bytes[name]);
    expect(optimizer.stateNames.filter((state) => !state.endsWith("Scale"))).toEqual(rule.variant(rule.uses).state);
    optimizer.destroy();
    destroy();
  });
});
