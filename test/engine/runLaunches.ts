import { expect } from "vitest";
import { type Launch, prepareLaunch, type Value } from "../../src/engine/launch.ts";
import { Workspace } from "../../src/engine/workspace.ts";
import { type Gpu, read, type Slice } from "../../src/gpu/index.ts";

type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Numbers behind every value, which no kernel may touch. */
const canary = 12345;

/**
 * Runs launches over values of which some are given. Every value has a buffer of its own, and is read back: what was not
 * given starts as -9999, so that what a kernel leaves out shows, and canaries lie behind its last group of four.
 */
export async function runLaunches(
  gpu: Gpu,
  launches: readonly Launch[],
  given: ReadonlyMap<Value, Numbers>,
): Promise<Map<Value, Float32Array>> {
  const workspace = new Workspace(gpu);
  try {
    const places = new Map<Value, Slice>();
    const place = (value: Value): Slice => {
      const known = places.get(value);
      if (known) return known;
      const padded = Math.max(Math.ceil(value.elements / 4), 1) * 4;
      const slice = workspace.storage((padded + 4) * 4, value.label);
      const content = new Float32Array(padded + 4).fill(-9999, 0, padded).fill(canary, padded);
      const data = given.get(value);
      if (data) new Uint32Array(content.buffer).set(new Uint32Array(data.buffer, data.byteOffset, data.length));
      gpu.stream.write(slice, content);
      const bound = { ...slice, size: padded * 4 };
      places.set(value, bound);
      return bound;
    };
    const dispatches = await Promise.all(launches.map((launch) => prepareLaunch(gpu, launch, place)));
    gpu.stream.dispatch(...dispatches);
    gpu.stream.submit();
    const results = new Map<Value, Float32Array>();
    for (const [value, slice] of places) {
      const all = new Float32Array(await read(gpu, { ...slice, size: slice.size + 16 }));
      expect([...all.subarray(slice.size / 4)], `behind ${value.label}`).toEqual(Array(4).fill(canary));
      results.set(value, all.subarray(0, value.elements));
    }
    await gpu.idle();
    gpu.check();
    return results;
  } finally {
    workspace.destroy();
  }
}
