import { expect } from "vitest";
import logarithmCode from "../../../shaders/engine/parts/logarithm.wgsl?raw";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { value } from "./rowCases.ts";

const code = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = logarithm(x[id.x]); }
`;

sharedGpuTest("the logarithm is good to a unit in the last place", async ({ gpu }) => {
  // Near 1 on both sides, where WGSL's own is not, around √½ and √2, and over all of the range.
  const numbers = Float32Array.from({ length: 64 * 1024 }, (_, i) => {
    if (i < 16_384) return 1 + (i - 8_192) * 2 ** -23;
    if (i < 32_768) return 0.5 + (i - 16_384) / 10_000;
    return 2 ** ((i - 49_152) / 131);
  });
  const [x, y] = [value("x", numbers.length), value("y", numbers.length)];
  const bindings = [
    { value: x, access: "read" },
    { value: y, access: "readWrite" },
  ] as const;
  const parts = [
    { file: "test", code },
    { file: "shaders/engine/parts/logarithm.wgsl", code: logarithmCode },
  ];
  const launch = { label: "test/logarithm", parts, bindings, workgroups: 1024 };
  const found = (await runLaunches(gpu, [launch], new Map([[x, numbers]]))).get(y) ?? [];
  let worst = 0;
  for (const [i, number] of numbers.entries()) {
    const exact = Math.log(number);
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(exact) || 2 ** -126)) - 23);
    worst = Math.max(worst, Math.abs((found[i] as number) - exact) / unit);
  }
  // A real GPU's division may be off by 2.5 units, and it may fuse a multiplication with an addition.
  expect(worst).toBeLessThan(gpu.adapter.isSoftware ? 1 : 3);
});
