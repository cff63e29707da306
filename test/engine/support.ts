import { expect } from "vitest";
import { Workspace } from "../../src/engine/workspace.ts";
import { type Dispatch, type Gpu, readFloats, type Slice } from "../../src/gpu/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";

/** Float32 numbers in [-1, 1), the same ones for the same stream. */
export function signed(count: number, stream: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => randomSigned(7, stream, i));
}

/** Memory for the kernels of one test. */
export class Bench {
  readonly workspace: Workspace;

  constructor(readonly gpu: Gpu) {
    this.workspace = new Workspace(gpu);
  }

  /** Storage that holds the data. */
  upload(data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): Slice {
    const slice = this.workspace.storage(data.byteLength, "test");
    this.gpu.stream.write(slice, data);
    return slice;
  }

  /** Storage for `count` results, and four elements behind them that must keep what they hold. */
  room(count: number): Slice {
    return this.upload(new Float32Array(count + 4).fill(canary));
  }

  run(...dispatches: readonly Dispatch[]): void {
    this.gpu.stream.dispatch(...dispatches);
    this.gpu.stream.submit();
  }

  /** The results in a room. */
  async results(room: Slice, count: number): Promise<Float32Array> {
    const values = await readFloats(this.gpu, room);
    expect([...values.subarray(count, count + 4)], "what lies behind the results").toEqual(Array(4).fill(canary));
    return values.subarray(0, count);
  }
}

const canary = 12345;

/**
 * Bit-equal on a software adapter, which computes as IEEE says. Other adapters may fuse a multiplication with the addition
 * after it, so there each element may be off by its `allowed`. Any adapter may take a number below 2^-126 for zero.
 */
export function expectSame(gpu: Gpu, actual: Float32Array, expected: Float32Array, allowed: Float64Array): void {
  const wrong = expected.findIndex((value, i) =>
    gpu.adapter.isSoftware
      ? !Object.is(flushed(actual[i] as number), flushed(value))
      : Math.abs((actual[i] as number) - value) > (allowed[i] as number),
  );
  expect(actual.length).toBe(expected.length);
  if (wrong >= 0) {
    expect.fail(`element ${wrong}: got ${actual[wrong]}, expected ${expected[wrong]} (allowed ${allowed[wrong]})`);
  }
}

const flushed = (value: number): number => (Math.abs(value) < 2 ** -126 ? Math.sign(value) * 0 : value);

/** Each element within its `allowed` of what is expected. */
export function expectNear(actual: Float32Array, expected: ArrayLike<number>, allowed: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const wrong = actual.findIndex((value, i) => !(Math.abs(value - (expected[i] as number)) <= (allowed[i] as number)));
  if (wrong >= 0) {
    expect.fail(`element ${wrong}: got ${actual[wrong]}, expected ${expected[wrong]} (allowed ${allowed[wrong]})`);
  }
}
