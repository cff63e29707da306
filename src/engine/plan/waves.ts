import type { Launch, Value } from "../launch.ts";

/**
 * How many groups of launches there are that a GPU can run side by side. WebGPU's implementations watch whole buffers: a
 * launch that writes one which was used, or reads one which was written, waits for all launches before it.
 */
export function countWaves<Buffer>(launches: readonly Launch[], bufferOf: (value: Value) => Buffer): number {
  let waves = 0;
  let [read, written] = [new Set<Buffer>(), new Set<Buffer>()];
  for (const { bindings } of launches) {
    const used = bindings.map(({ value, access }) => ({ buffer: bufferOf(value), isWritten: access !== "read" }));
    const waits = used.some(({ buffer, isWritten }) => written.has(buffer) || (isWritten && read.has(buffer)));
    if (waits || waves === 0) {
      waves += 1;
      [read, written] = [new Set(), new Set()];
    }
    for (const { buffer, isWritten } of used) (isWritten ? written : read).add(buffer);
  }
  return waves;
}
