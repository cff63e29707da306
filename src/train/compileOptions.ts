import {
  type BatchTypes,
  type Copies,
  checkCopies,
  type LeavesOf,
  type MatmulTable,
  type Outputs,
  type ParameterSlices,
  type ParameterTree,
  type WeightsOptions,
} from "../engine/index.ts";
import { UsageError } from "../gpu/index.ts";
import type { Tensor } from "../graph/index.ts";
import type { OptimizerOptions, ParamGroupInput, UpdateRule } from "../optim/index.ts";
import type { StepListener } from "./metrics.ts";

/** The random stream of the steps' keys; those of the parameters count from 0. */
export const keyStream = 0xffff_0000;

export interface CompileOptions<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes> {
  /** A function of tensors with its parameters: see `layers` and `model`. */
  readonly model: M;
  /** The loss of a batch, or `{ loss, … }` with other numbers to be told of. Called once, with tensors that have no numbers. */
  readonly loss: (model: M, batch: LeavesOf<Types>) => Tensor | ({ readonly loss: Tensor } & Outputs);
  /** The types of a batch's parts: `{ x: f32(128, 784), y: u32(128) }`. */
  readonly batch: Types;
  readonly optimizer: UpdateRule;
  /** Param groups over the model's tensors; one of all of them by default. */
  readonly groups?: (tensors: readonly ParameterSlices[]) => readonly ParamGroupInput[];
  /** Clipping, accumulation, averages and so on. */
  readonly options?: OptimizerOptions;
  /** Of the initial weights and of dropout, a whole number below 2^32; 0 by default. The same seed, the same bits. */
  readonly seed?: number;
  /**
   * In how many bits a parameter, its gradient and the half that the optimizer writes are stored: float32 by default. See
   * `masters` and the stochastic rounding of the optimizer's options.
   */
  readonly storage?: WeightsOptions["storage"];
  /** Trains so many copies of the model at once, each on its own: `groups` can give each its rates and decays. */
  readonly copies?: Copies;
  /** Which kernels multiply matrices: what `probeMatmul` has found for this adapter, or the usual ones. */
  readonly matmulTable?: MatmulTable;
  /**
   * Milliseconds of GPU time that a submit should take at most: steps that take longer are cut into several. 200 by default;
   * without limit on software adapters, which have no screen to draw.
   */
  readonly submitBudget?: number;
  /**
   * In how many steps the metrics are told of once, as the means over these steps: the GPU sums them. 1 by default, and
   * every step is told of by itself.
   */
  readonly metricsEvery?: number;
  /** Told of each step, or of each few of them, some steps late. */
  readonly onStep?: StepListener;
}

/** @throws UsageError for a seed that is none, or so many steps, or for copies that cannot be. */
export function checkOptions({
  seed = 0,
  metricsEvery = 1,
  copies,
  batch,
}: Pick<CompileOptions<never, BatchTypes>, "seed" | "metricsEvery" | "copies" | "batch">): void {
  checkWhole("seed", seed, 0);
  checkWhole("metricsEvery", metricsEvery, 1);
  if (copies) checkCopies(copies, Object.keys(batch));
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= 0xffff_ffff) return;
  throw new UsageError(
    `${name}: not a whole number in range (got ${value}, allowed ${least} to 4294967295). Pass one.`,
  );
}

/** The loss and what else is asked for of a batch, by name. */
export function outputsOf<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>(
  { model, loss }: CompileOptions<M, Types>,
  leaves: LeavesOf<Types>,
): { readonly loss: Tensor } & Outputs {
  const result = loss(model, leaves);
  return "node" in result ? { loss: result as Tensor } : result;
}
