/** The rules of the table, by their names, and their rows as the rules take them. */

import type { HyperInput, UpdateRule } from "../../src/optim/index.ts";
import * as rules from "../../src/optim/index.ts";
import type { Step, SurroundedTensor } from "../../src/reference/index.ts";
import * as reference from "../../src/reference/index.ts";
import { hyperAt, type Row, type RuleName } from "./table.ts";

type RuleMaker = (options: object) => UpdateRule;
/** Rules of matrices ask for the tensor's sides. */
export type Reference = Step<SurroundedTensor & { shape?: readonly number[] }, object>;

const ruleMakers: Record<string, unknown> = { ...rules };
const twinOf: Record<string, unknown> = { ...reference };

export const ruleOf = (name: RuleName): RuleMaker => ruleMakers[name] as RuleMaker;
export const referenceOf = (name: RuleName): Reference => twinOf[name] as Reference;

/** The row as the rule takes it: what changes from step to step becomes a function. */
export function optionsOf(row: Row): HyperInput {
  const varying = Object.keys(row.vary?.(1) ?? {}).map((name) => [
    name,
    (t: number) => (hyperAt(row, t) as Record<string, number>)[name] as number,
  ]);
  return { ...row.hyper, ...Object.fromEntries(varying) };
}

/** Every hyperparameter of a row at step t, the rule's defaults filled in. */
export const resolvedHyper = (row: Row, t: number) => ruleOf(row.rule)({ ...row.hyper, ...hyperAt(row, t) }).hyperAt(t);
