/** The GPU against PyTorch itself: every row of the parity table that it can run, at every step that test/fixtures/torch.json has. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu, readFloats } from "../../src/gpu/index.ts";
import { createOptimizer } from "../../src/optim/index.ts";
import {
  countOf,
  decodeTensors,
  fixtureCount,
  fixtureSeed,
  fixtureSteps,
  gradientAt,
  initialParam,
  recordedSteps,
  type Tensors,
  torchRow,
  worstUlpErrors,
} from "../parity/fixtures.ts";
import { hardwareGate } from "../parity/gates.ts";
import { allocate } from "../parity/memory.ts";
import { optionsOf, ruleOf } from "../parity/rules.ts";
import { type Row, torchRows } from "../parity/table.ts";
import { trace } from "../parity/trace.ts";

/** PyTorch fuses multiply-adds, which a software adapter does not: see test/unit/torch.test.ts. */
const fusedBound = 8;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

/** What the GPU holds after each recorded step. */
async function traceOnGpu(row: Row): Promise<Map<number, Tensors>> {
  const tensor = { name: "w", shape: row.shape ?? [fixtureCount], paramGroup: 0 };
  const memory = allocate(gpu, [tensor], "slabs");
  memory.write("param", [initialParam(fixtureSeed, countOf(row))]);
  const place = { ...tensor, param: memory.param("w"), grad: memory.grad("w") };
  const rule = ruleOf(row.rule)({ ...optionsOf(row), profile: "torch" });
  const optimizer = await createOptimizer(gpu, rule, [{ tensors: [place], exempt: () => false }]);
  const kept = new Map<number, Tensors>();
  for (let t = 1; t <= fixtureSteps; t++) {
    memory.write("grad", [gradientAt(fixtureSeed, t, countOf(row))]);
    optimizer.step();
    if (!recordedSteps.includes(t)) continue;
    const { states } = (await optimizer.state()).tensors.get("w")!;
    const param = (await readFloats(gpu, place.param)).slice(0, countOf(row));
    kept.set(t, Object.fromEntries([["param", param], ...states]));
  }
  optimizer.destroy();
  memory.destroy();
  return kept;
}

test.each(torchRows.map((row) => [`${row.rule} · ${row.desc}`, row] as const))(
  "%s: the GPU does what PyTorch did",
  async (_, row) => {
    const found = await traceOnGpu(row);
    const { float32, correctlyRounded } = torchRow(row);
    const fused = row.fusedUlps ?? fusedBound;
    const bound = gpu.adapter.isSoftware ? fused : fused + hardwareGate.worstUlp;
    const recorded = trace(row, "float32", "torch");
    for (const { t, scales } of recorded) {
      const error = worstUlpErrors(found.get(t) as Tensors, decodeTensors(float32[t] ?? {}), scales);
      expect(error, `step ${t}`).toBeLessThanOrEqual(bound);
    }
    if (!gpu.adapter.isSoftware) return;
    const scales = recorded.at(-1)?.scales as Tensors;
    const error = worstUlpErrors(found.get(fixtureSteps) as Tensors, decodeTensors(correctlyRounded), scales);
    expect(error).toBeLessThanOrEqual(row.roundedUlps ?? 0);
  },
);
