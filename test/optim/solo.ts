import { type Gpu, readFloats, type Slice } from "../../src/gpu/index.ts";
import type { OptimizerTensor } from "../../src/optim/index.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { shapeOf } from "../parity/shapes.ts";
import type { Row } from "../parity/table.ts";
import { bufferOf } from "../support/gpuTest.ts";

/** A tensor that can tell its gradient of any step and what it holds. */
export interface TestTensor extends OptimizerTensor {
  readonly param: GPUBuffer;
  readonly grad: GPUBuffer;
  /** Writes the gradient of its own step t. */
  feed(t: number): void;
  read(): Promise<Float32Array>;
}

/** The same seed gives the same start and the same gradients. */
export function testTensor(
  gpu: Gpu,
  name: string,
  count: number,
  seed: number,
  shape: readonly number[] = [count],
): TestTensor {
  const param = bufferOf(gpu.device, initialParam(seed, count));
  const grad = bufferOf(gpu.device, new Float32Array(count));
  const whole = (buffer: GPUBuffer): Slice => ({ buffer, offset: 0, size: buffer.size });
  return {
    name,
    shape,
    param,
    grad,
    feed: (t) => gpu.stream.write(whole(grad), gradientAt(seed, t, count)),
    read: () => readFloats(gpu, whole(param)),
  };
}

/** A tensor of so many elements, with the sides that a row of the table asks for. */
export function tensorFor(gpu: Gpu, row: Row, name: string, count: number, seed: number): TestTensor {
  return testTensor(gpu, name, count, seed, shapeOf(row, count));
}
