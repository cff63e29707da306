import { LimitError, type Limits, type Slice } from "../../gpu/index.ts";
import { packLayout } from "../stateShape.ts";
import type { PassTensor } from "../variant.ts";
import { type Axis, axesOf, type BlockShape, blockShape, type Matrices, matricesOf } from "./geometry.ts";
import { factorStates } from "./states.ts";
import type { AxisPlace } from "./tables.ts";

/** A tensor of matrices, and how it is cut up. */
export interface FactoredTensor {
  readonly name: string;
  readonly matrices: Matrices;
  readonly block: BlockShape;
  readonly axes: readonly [rows: Axis, columns: Axis];
  readonly grad: Slice;
  readonly pack: Slice;
  /** Floats for the sums of its rows' spans, of its columns' and of the pieces. */
  readonly sums: number;
  readonly shape: readonly number[];
}

/** Undefined for a tensor of fewer than two sides. */
export function factored({ name, shape, grad, pack }: PassTensor, limits: Limits): FactoredTensor | undefined {
  const matrices = matricesOf(shape);
  if (!matrices || !pack) return undefined;
  const { maxStorageBufferBindingSize: most, minStorageBufferOffsetAlignment: multiple } = limits;
  const block = blockShape(matrices, most - multiple);
  const axes = axesOf(matrices, block);
  const sums = axes[0].sums + axes[1].sums + matrices.matrices * axes[0].pieces;
  if (sums * 4 > most) {
    throw new LimitError(
      `tensor "${name}": adafactor binds the sums of its rows and columns whole (got ${sums * 4} bytes, allowed ${most}). ` +
        "Split it in two.",
    );
  }
  return { name, shape, matrices, block, axes, grad, pack, sums };
}

/** Where a tensor's axes are, its pack and its sums beginning at these floats of their bindings. */
export function placesOf({ shape, axes: [rows, columns] }: FactoredTensor, pack: number, sums: number): AxisPlace[] {
  const { states, workspace } = packLayout(factorStates, shape);
  const first = (state: string): number => pack + (states.get(state)?.first ?? 0);
  const pieceSums = sums + rows.sums + columns.sums;
  const means = pack + workspace;
  return [
    { axis: rows, sums, averages: first("rowVar"), pieceSums, means },
    { axis: columns, sums: sums + rows.sums, averages: first("colVar"), pieceSums, means },
  ];
}
