import { expect, test } from "vitest";
import { attention, attentionGradient } from "../../src/engine/kernels/attention.ts";
import type { Value, View } from "../../src/engine/launch.ts";

const value: Value = { label: "value", elements: 0, dtype: "float32" };
const options = { causal: true, scale: 1 };

/** The passes over heads of such a size. */
function passes(batches: number, times: number, heads: number, depth: number, lanes = 256) {
  const strides = [times * heads * depth, heads * depth, depth, 1];
  const view: View = { value, shape: [batches, times, heads, depth], strides, offset: 0 };
  const inputs = { q: view, k: view, v: view };
  const outputs = { o: value, lse: value };
  const gradients = { dout: value, dq: value, dk: value, dv: value };
  const device = { isSoftware: false, limits: { maxComputeInvocationsPerWorkgroup: lanes } };
  return [
    ...attention(options, inputs, outputs, device),
    ...attentionGradient(options, inputs, outputs, gradients, device),
  ].map(({ constants, workgroups, bindings, parts }) => {
    const { COLUMN_LANES = 0, ROW_LANES = 0, SPANS = 0 } = constants ?? {};
    const byTiles = parts.some(({ file }) => file.endsWith("/tiles.wgsl"));
    return { columnLanes: COLUMN_LANES, rowLanes: ROW_LANES, spans: SPANS, workgroups, bindings, byTiles };
  });
}

test.each([256, 128])("tiles fit on every device, also one with %d lanes a workgroup", (most) => {
  for (const [batches, times] of [
    [1, 1],
    [2, 100],
    [64, 1024],
  ] as const) {
    for (let depth = 1; depth <= 128; depth++) {
      for (const { columnLanes, rowLanes, spans, workgroups, bindings } of passes(batches, times, 4, depth, most)) {
        const what = `${batches} × ${times} × 4 × ${depth}`;
        expect(columnLanes * rowLanes, what).toBeLessThanOrEqual(most);
        expect(columnLanes * rowLanes, what).toBeGreaterThanOrEqual(64);
        // The panels of vec4s in shaders/engine/attention/tiles.wgsl, and WebGPU's least limits.
        expect(16 * 17 * (rowLanes + columnLanes * spans), what).toBeLessThanOrEqual(16_384);
        expect(bindings.length, what).toBeLessThanOrEqual(8);
        expect(4 * columnLanes * spans, what).toBeGreaterThanOrEqual(depth);
        // A row is shared by lanes of one group of 16 vec4s.
        expect(columnLanes, what).toBeLessThanOrEqual(16);
        expect(workgroups, what).toBe(batches * 4 * Math.ceil(times / (4 * rowLanes)));
      }
    }
  }
});

test("tiles are large where there are many, and small where there are few", () => {
  const rowLanes = (...sizes: [number, number, number, number]) => passes(...sizes).map((pass) => pass.rowLanes);
  expect(rowLanes(32, 256, 8, 64)).toEqual([16, 16, 16]);
  expect(rowLanes(32, 256, 8, 128)).toEqual([16, 16, 8]);
  expect(rowLanes(1, 64, 4, 64)).toEqual([4, 4, 4]);
  expect(rowLanes(32, 16, 8, 64)).toEqual([4, 4, 4]);
});

test("heads too deep for tiles go by lanes", () => {
  expect(passes(1, 8, 1, 128).map(({ byTiles }) => byTiles)).toEqual([true, true, true]);
  expect(passes(1, 8, 1, 132).map(({ byTiles }) => byTiles)).toEqual([false, false, false]);
});
