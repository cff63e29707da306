// The bytes that a rule moves, counted from its shaders.
import { describe, expect, test } from "vitest";
import type { ShaderPart } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import { createOptimizer } from "../../src/optim/index.ts";
import { measureOf, measureParts, moduleParts } from "../../src/optim/parts.ts";
import { gpuTest } from "../support/gpuTest.ts";
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
  };

  /** The code without what `main` does not call, directly or not. */
  function live(code: string): string {
    const text = code.replace(/\/\/.*/g, "");
    const functions = new Map(
      [...text.matchAll(/^fn (\w+)\(.*?(?:\{\}$|^\})/gms)].map(([body, name]) => [name as string, body]),
    );
    const visit = (name: string): void => {
      const body = functions.get(name) ?? "";
      functions.delete(name);
      for (const [, called] of body.matchAll(/\b(\w+)\(/g)) visit(called as string);
    };
    visit("main");
    return [...functions.values()].reduce((rest, body) => rest.replace(body, ""), text);
  }

  /** Loads and stores of each buffer of elements in the shader, by its name. */
  function accesses(code: string): Record<string, { loads: number; stores: number }> {
    const text = live(code);
    const names = [...text.matchAll(/var<storage, read_write> (\w+): array<Wide>/g)].map(([, name]) => name as string);
    return Object.fromEntries(
      names.map((name) => {
        const uses = [...text.matchAll(new RegExp(`\\b${name}\\[[^\\]]*\\]( = )?`, "g"))];
        const stores = uses.filter(([, assigned]) => assigned).length;
        return [name, { loads: uses.length - stores, stores }];
      }),
    );
  }

  test("every rule has its number here", () => expect(Object.keys(bytes)).toEqual(Object.keys(variants)));

  const inLanes = rules.flatMap(([name, rule]) => ([4, 1] as const).map((lanes) => [name, lanes, rule] as const));

  test.for(inLanes.filter(([name]) => name !== "adafactor"))(
    "each shader of %s in lanes of %i loads a buffer once at most, and stores once what it changes",
    ([name, lanes, rule]) => {
      const variant = rule.variant(rule.uses);
      const kernels = [moduleParts(variant, lanes), ...(measureOf(variant) ? [measureParts(variant, lanes)] : [])];
      const found = kernels.map((parts) => accesses(join(parts)));
      const names = new Set(found.flatMap((buffers) => Object.keys(buffers)));
      const scratch = variant.scratch ? ["ahead", "orthogonal"] : []; // Muon's, as its two shaders have it
      expect([...names].sort()).toEqual(["param", "grad", ...variant.state, ...scratch].sort());
      let moved = 0;
      for (const [buffer, { loads, stores }] of found.flatMap((buffers) => Object.entries(buffers))) {
        expect(Math.max(loads, stores), buffer).toBeLessThanOrEqual(1);
        moved += 4 * (loads + (buffer === "grad" ? 0 : stores)); // that is stored where it is to be zeroed
      }
      expect(moved).toBe(bytes[name]);
    },
  );

  test.for([4, 1] as const)(
    "adafactor in lanes of %i loads the gradient three times, the weight twice, and stores the weight once",
    (lanes) => {
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
      expect(accesses(join(moduleParts(variant, lanes)))).toEqual({
        param: { loads: 1, stores: 1 },
        grad: { loads: 1, stores: 1 }, // stored where it is to be zeroed
      });
    },
  );

  gpuTest.for(rules)("%s says the same of itself", async ([name, rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, 2, 1, rule);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    expect(optimizer.bytesPerParameter).toBe(bytes[name]);
    expect(optimizer.stateNames).toEqual(rule.variant(rule.uses).state);
    optimizer.destroy();
    destroy();
  });
});
