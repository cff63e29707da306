import type { Gpu } from "./openGpu.ts";
import type { Dispatch } from "./stream.ts";

export interface Timing {
  /** Milliseconds for one round of the dispatches. */
  readonly timeMs: number;
  /** `timestamp-query` counts GPU time alone; `wall-clock` is the host's view, with the wait for the queue in it. */
  readonly source: "timestamp-query" | "wall-clock";
}

/**
 * Times dispatches on the GPU: all of them in order, `rounds` times over, in one pass. Timestamps step coarsely, so give
 * enough rounds for the whole to take many times 0.1 ms. For benchmarks; never in a step.
 */
export async function timeDispatches(gpu: Gpu, dispatches: readonly Dispatch[], rounds: number): Promise<Timing> {
  const { device } = gpu;
  const query = gpu.features.has("timestamp-query")
    ? device.createQuerySet({ type: "timestamp", count: 2 })
    : undefined;
  const encoder = device.createCommandEncoder({ label: "gpu/timer" });
  const pass = encoder.beginComputePass({
    ...(query && { timestampWrites: { querySet: query, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } }),
  });
  for (let round = 0; round < rounds; round++) {
    for (const { pipeline, bindGroups, x, y } of dispatches) {
      pass.setPipeline(pipeline);
      for (let i = 0; i < bindGroups.length; i++) pass.setBindGroup(i, bindGroups[i]);
      pass.dispatchWorkgroups(x, y);
    }
  }
  pass.end();
  const resolved =
    query && device.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const mapped = query && device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  if (query && resolved && mapped) {
    encoder.resolveQuerySet(query, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, mapped, 0, 16);
  }
  await gpu.idle();
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await gpu.settle(device.queue.onSubmittedWorkDone());
  const wallMs = performance.now() - start;
  if (!query || !resolved || !mapped) return { timeMs: wallMs / rounds, source: "wall-clock" };
  await gpu.settle(mapped.mapAsync(GPUMapMode.READ));
  const [begin, end] = new BigUint64Array(mapped.getMappedRange().slice(0)) as unknown as [bigint, bigint];
  for (const object of [query, resolved, mapped]) object.destroy();
  // An adapter may advertise the feature and still write zeros.
  if (end <= begin) return { timeMs: wallMs / rounds, source: "wall-clock" };
  return { timeMs: Number(end - begin) / 1e6 / rounds, source: "timestamp-query" };
}
