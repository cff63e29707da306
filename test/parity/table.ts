/**
 * The parity table: every update rule with every kind of option, one row each; `rows/` has them, family by family.
 *
 * One table drives the GPU-against-reference cases, the reference-against-PyTorch fixtures and the benchmark: a rule or
 * an option that is not a row here is not tested. `vary` gives the hyperparameters that change from step to step.
 */
import { adadeltaRows } from "./rows/adadelta.ts";
import { adafactorRows } from "./rows/adafactor.ts";
import { adagradRows } from "./rows/adagrad.ts";
import { adamRows } from "./rows/adam.ts";
import { adamaxRows } from "./rows/adamax.ts";
import { rowsAround } from "./rows/around.ts";
import { rowsBeyondTorch } from "./rows/beyondTorch.ts";
import { muonRows } from "./rows/muon.ts";
import { nadamRows } from "./rows/nadam.ts";
import { radamRows } from "./rows/radam.ts";
import { rmspropRows } from "./rows/rmsprop.ts";
import { profilesOf, type Row, type RowHyper, type RuleName, sidesFor } from "./rows/row.ts";
import { sgdRows } from "./rows/sgd.ts";

export type { Row, RowHyper, RuleName };
export { profilesOf, rowsAround, rowsBeyondTorch, sidesFor };

/** The rows that PyTorch can run: test/fixtures/torch.json has what it did. */
export const torchRows: readonly Row[] = [
  ...sgdRows,
  ...adamRows,
  ...rmspropRows,
  ...adagradRows,
  ...adadeltaRows,
  ...adamaxRows,
  ...nadamRows,
  ...radamRows,
  ...muonRows,
  ...adafactorRows,
];

export const table: readonly Row[] = [...torchRows, ...rowsBeyondTorch, ...rowsAround];

/** Every rule of the table, once. */
export const ruleNames: readonly RuleName[] = [...new Set(table.map(({ rule }) => rule))];

/** The hyperparameters of a row at step t, the rule's defaults left out. */
export function hyperAt(row: Row, t: number): RowHyper {
  return { ...row.hyper, ...row.vary?.(t) };
}
