/** An optimizer over several tensors, beside the reference of what it evaluates with. */
import type { Gpu } from "../../src/gpu/index.ts";
import { createOptimizer, type Optimizer, type OptimizerOptions, type UpdateRule } from "../../src/optim/index.ts";
import { evaluationPoint, float32 } from "../../src/reference/index.ts";
import type { Memory, ParityTensor } from "../parity/cases.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { allocate, readAll } from "../parity/memory.ts";

/** Around a group of four and a tile, and one with nothing in it. */
const sizes = [5, 1, 1024, 3, 0, 2049];

export interface Evaluated {
  readonly optimizer: Optimizer;
  readonly names: readonly string[];
  /** Takes steps: those after `from`, up to `to`. */
  run(from: number, to: number): void;
  params(): Promise<Float32Array[]>;
  /** Writes the parameters of all tensors. */
  write(values: readonly Float32Array[]): void;
  /** A state of all tensors. */
  read(state: string): Promise<Float32Array[]>;
  destroy(): void;
}

export async function evaluated(
  gpu: Gpu,
  rule: UpdateRule,
  { memory = "slabs", ...options }: OptimizerOptions & { memory?: Memory } = {},
): Promise<Evaluated> {
  const tensors = sizes.map((size, i): ParityTensor => ({ name: `w${i}`, shape: [size], paramGroup: 0 }));
  const room = allocate(gpu, tensors, memory);
  const write = (values: readonly Float32Array[]): void => {
    room.write("param", values as readonly Float32Array<ArrayBuffer>[]);
  };
  write(sizes.map((size, i) => initialParam(i + 1, size)));
  const places = tensors.map(({ name, shape }) => {
    return { name, shape, param: room.param(name), grad: room.grad(name) };
  });
  const optimizer = await createOptimizer(gpu, rule, [{ tensors: places, exempt: () => false }], options);
  const all = (slices: typeof places) =>
    readAll(
      gpu,
      slices.map(({ param }) => param),
      sizes,
    );
  return {
    optimizer,
    names: tensors.map(({ name }) => name),
    run: (from, to) => {
      for (let t = from + 1; t <= to; t++) {
        room.write(
          "grad",
          sizes.map((size, i) => gradientAt(i + 1, t, size)),
        );
        optimizer.step();
      }
    },
    params: () => all(places),
    write,
    read: (state) => all(places.map((place) => ({ ...place, param: optimizer.stateSlice(state, place.name) }))),
    destroy: () => {
      optimizer.destroy();
      room.destroy();
    },
  };
}

/** x of every tensor, by the reference. */
export const pointsOf = (ys: readonly Float32Array[], zs: readonly Float32Array[], beta: number): Float32Array[] =>
  ys.map((y, i) => y.map((each, k) => evaluationPoint(each, zs[i]![k]!, beta, float32)));

/** Numbers, with one zero for both: WGSL does not keep the sign of one. */
export const numbersOf = (tensors: readonly Float32Array[]): number[][] =>
  tensors.map((values) => Array.from(values, (x) => x + 0));
