import type { LeafOperation, Operation, OperationOf, Shape } from "../graph/index.ts";
import type { Round } from "./numerics.ts";
import type { Numbers } from "./ops/numbers.ts";

/** One application of an operation, with the numbers of its operands. */
export interface Call<O extends Operation = Operation> {
  readonly operation: O;
  readonly operands: readonly Numbers[];
  /** Of the operands. */
  readonly shapes: readonly Shape[];
  /** Of the first output. */
  readonly to: Shape;
  readonly round: Round;
}

/** The numbers of each output, in order. Where they are those of an operand, they may be the operand's array. */
export type Implementation<O extends Operation = Operation> = (call: Call<O>) => Numbers | readonly Numbers[];

/** What is computed, and not given. */
export type Computed = Exclude<Operation, LeafOperation>["op"];

/** An implementation for each operation of a set: TypeScript holds that none is missing. */
export type Implementations<Names extends Computed> = { readonly [Name in Names]: Implementation<OperationOf<Name>> };
