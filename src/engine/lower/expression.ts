import type { MapFunction, Shape } from "../../graph/index.ts";
import type { View } from "../launch.ts";
import { expanded, permuted, reshaped, sliced } from "./views.ts";

/** What an element of a tensor is computed from, at the same index of every operand. Expressions are shared, not copied. */
export type Expression =
  | { readonly kind: "load"; readonly view: View }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "map"; readonly fn: MapFunction; readonly operands: readonly Expression[] }
  | Dropout
  | Pieces
  /** What the kernel that the expression is part of has computed. */
  | { readonly kind: "result" };

export interface Dropout {
  readonly kind: "dropout";
  readonly x: Expression;
  /** Each key is for so many elements, one part after the other. */
  readonly key: View;
  readonly part: number;
  readonly rate: number;
  readonly stream: number;
}

/** Views side by side along an axis, with zeros where there is none. */
export interface Pieces {
  readonly kind: "pieces";
  readonly shape: Shape;
  readonly pieces: readonly { readonly starts: readonly number[]; readonly view: View }[];
}

/** A change of the indices of a tensor, for views and for the expressions over them. */
export type Movement =
  | { readonly op: "reshape"; readonly shape: Shape }
  | { readonly op: "expand"; readonly shape: Shape }
  | { readonly op: "permute"; readonly axes: readonly number[] }
  | { readonly op: "slice"; readonly starts: readonly number[]; readonly shape: Shape };

/** The view moved, or undefined where strides cannot say it. */
export function moveView(view: View, movement: Movement): View | undefined {
  if (movement.op === "reshape") return reshaped(view, movement.shape);
  if (movement.op === "expand") return expanded(view, movement.shape);
  if (movement.op === "permute") return permuted(view, movement.axes);
  return sliced(view, movement.starts, movement.shape);
}

/** The expression moved, or undefined where it depends on where its elements were. */
export function moveExpression(expression: Expression, movement: Movement): Expression | undefined {
  const done = new Map<Expression, Expression | undefined>();
  const move = (before: Expression): Expression | undefined => {
    if (!done.has(before)) done.set(before, moved(before));
    return done.get(before);
  };
  const moved = (before: Expression): Expression | undefined => {
    if (before.kind === "number") return before;
    if (before.kind === "load") {
      const view = moveView(before.view, movement);
      return view && { kind: "load", view };
    }
    if (before.kind === "map") {
      const operands = before.operands.map(move);
      return operands.every((operand) => operand !== undefined) ? { ...before, operands } : undefined;
    }
    // The rest goes by the place of an element among all of them, which only a reshape leaves alone.
    if (movement.op !== "reshape" || before.kind === "pieces") return undefined;
    if (before.kind === "result") return before;
    const x = move(before.x);
    return x && { ...before, x };
  };
  return move(expression);
}

/** The views that an expression loads. */
export function loadsOf(expressions: readonly Expression[]): View[] {
  const seen = new Set<Expression>();
  const views: View[] = [];
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === "load") views.push(expression.view);
    if (expression.kind === "map") expression.operands.forEach(visit);
    if (expression.kind === "pieces") views.push(...expression.pieces.map(({ view }) => view));
    if (expression.kind === "dropout") {
      views.push(expression.key);
      visit(expression.x);
    }
  };
  expressions.forEach(visit);
  return views;
}
