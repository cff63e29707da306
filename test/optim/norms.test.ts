/** What a tensor's norms are of: its own elements, and no others. And the decays that every rule can be asked for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { createOptimizer, lamb, lars, stableAdamw, type UpdateRule } from "../../src/optim/index.ts";
import { inShader } from "../mutants/mutations.ts";
import { cases } from "../parity/cases.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { passes } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { all, bufferOf, readWords } from "../support/gpuTest.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

const rules: [string, UpdateRule][] = [
  ["lamb", lamb({ lr: 0.1, weightDecay: 0.1 })],
  ["lars", lars({ weightDecay: 0.1, trustCoefficient: 0.1, momentum: 0.9 })],
  ["stableAdamw", stableAdamw({ lr: 0.1, beta2: 0.5 })],
];

/** The tensor after some steps in ranges that go on behind it with `behind`, up to a whole number of fours. */
async function behindWhich(behind: number, rule: UpdateRule, count: number): Promise<Uint32Array> {
  const fill = (values: Float32Array): Float32Array => {
    const filled = new Float32Array(Math.ceil(count / 4) * 4).fill(behind);
    filled.set(values);
    return filled;
  };
  const param = bufferOf(gpu.device, fill(initialParam(1, count)));
  const grad = bufferOf(gpu.device, fill(gradientAt(1, 1, count)));
  const tensors = [{ name: "w", shape: [count], param: all(param), grad: all(grad) }];
  const optimizer = await createOptimizer(gpu, rule, [{ tensors, exempt: () => false }]);
  for (let t = 1; t <= 3; t++) {
    gpu.stream.write(all(grad), fill(gradientAt(1, t, count)) as Float32Array<ArrayBuffer>);
    optimizer.step();
  }
  const words = await readWords(gpu, { ...all(param), size: count * 4 });
  optimizer.destroy();
  for (const buffer of [param, grad]) buffer.destroy();
  return words;
}

describe("what lies behind a tensor is not part of its norms:", () => {
  test.each(rules)("%s", async (_, rule) => {
    for (const count of [1, 257, 1023]) {
      const alone = await behindWhich(0, rule, count);
      for (const behind of [1e6, Number.NaN]) expect(await behindWhich(behind, rule, count)).toEqual(alone);
    }
  });

  test("mutant: LAMB's norm over the padding is caught", async () => {
    const squares = "array<Wide, SUMS>(p * p, u * u)";
    // The lane's first element takes in what `valid` leaves out; 257 elements are one in the last lane.
    const whole = "array<Wide, SUMS>(p * p + Wide(sumOf(p * p - valid(p * p, at.count))), u * u)";
    const mutant = inShader("shaders/optim/parts/lambMeasure.wgsl", squares, whole)(rules[0]![1]);
    expect(await behindWhich(0, mutant, 257)).toEqual(await behindWhich(0, rules[0]![1], 257));
    expect(await behindWhich(1e6, mutant, 257)).not.toEqual(await behindWhich(0, mutant, 257));
  });
});

describe("every kind of decay is the reference's, to the bit on a software adapter:", () => {
  const decaying = cases.filter(
    ({ rule, name, rows }) =>
      ["lamb", "lars", "stableAdamw"].includes(rule) &&
      name.endsWith("· 257 elements") &&
      Number(rows[0]?.hyper.weightDecay) >= 0.1,
  );
  const decays = decaying.flatMap((each) => [
    [`${each.name}, towards the start`, each, { towardsStart: true }] as const,
    ...(each.rule === "stableAdamw" && each.profile === "accurate"
      ? [[`${each.name}, cautious`, each, { cautious: true }] as const]
      : []),
  ]);

  test.each(decays)("%s", async (_, each, decay) => {
    const rows = each.rows.map((row) => ({ ...row, hyper: { ...row.hyper, ...decay } }));
    const [found, plain] = [await runCase(gpu, { ...each, rows }), await runCase(gpu, each)];
    expect(passes(found, gpu.adapter), `${found.worstUlp} ulp`).toBe(true);
    expect(plain.bitEqual || !gpu.adapter.isSoftware).toBe(true);
  });
});
