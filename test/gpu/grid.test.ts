import { expect, test } from "vitest";
import { foldGrid, openGpu } from "../../src/gpu/index.ts";
import { all, gpuTest, readWords } from "../support/gpuTest.ts";

test("a grid covers its workgroups, with less than a row to spare, and neither side is above the limit", () => {
  for (const limit of [1, 2, 7, 256, 65_535]) {
    for (const rows of [0, 1, 2, 3, limit - 1, limit]) {
      for (const more of [-1, 0, 1]) {
        const workgroups = rows * limit + more;
        if (workgroups < 0 || workgroups > limit * limit) continue;
        const [x, y] = foldGrid(workgroups, limit);
        const found = `${x} by ${y} for ${workgroups} of at most ${limit}`;
        expect(x <= limit && y <= limit, found).toBe(true);
        expect(x * y >= workgroups && x * (y - 1) < Math.max(workgroups, 1), found).toBe(true);
      }
    }
  }
});

const code = `
  override GRID_WIDTH: u32;
  @group(0) @binding(0) var<storage, read_write> seen: array<atomic<u32>>;
  @compute @workgroup_size(1)
  fn main(@builtin(workgroup_id) workgroup: vec3u) {
    let index = workgroup.y * GRID_WIDTH + workgroup.x;
    if (index < arrayLength(&seen)) {
      atomicAdd(&seen[index], index + 1);
    }
  }`;

gpuTest.for([
  ...[1, 6, 7, 8, 48, 49, 50, 1_000].map((count) => [count, 7] as const),
  ...[1, 65_534, 65_535, 65_536, 131_071].map((count) => [count, 65_535] as const),
])("%i workgroups under a limit of %i run once each", async ([workgroups, limit], { gpu }) => {
  const small = await openGpu({ device: gpu.device, limits: { maxComputeWorkgroupsPerDimension: limit } });
  const kernel = await small.kernels.get({
    label: "test/grid",
    parts: [{ file: "test/grid.wgsl", code }],
    bindings: [["readWrite"]],
    constants: { GRID_WIDTH: small.limits.maxComputeWorkgroupsPerDimension },
  });
  const seen = { ...all(small.pool.acquire(workgroups * 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC, "seen")) };
  const dispatch = kernel.prepare([[{ ...seen, size: workgroups * 4 }]], workgroups);
  expect(dispatch.x).toBeLessThanOrEqual(limit);
  small.stream.dispatch(dispatch);
  small.stream.submit();
  const words = await readWords(small, { ...seen, size: workgroups * 4 });
  expect(words.findIndex((word, i) => word !== i + 1)).toBe(-1);
  small.destroy();
});
