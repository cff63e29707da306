/**
 * What PyTorch does around an optimizer: averages of the weights, gradients that are clipped, a loss scale. The numbers are in
 * test/fixtures/around.json, which `npm run oracle -- --write` makes by running PyTorch; none of them is written by hand.
 */
import aroundJson from "../fixtures/around.json";
import { type Bits, gradientAt } from "./fixtures.ts";
import { averages } from "./rows/around.ts";
import { torchRows } from "./table.ts";

/** The rows whose average PyTorch can make, by torch.optim.swa_utils.AveragedModel: its decay never changes. */
export const torchAverages = averages.filter(({ rule, desc, averageDecay }) => {
  return typeof averageDecay === "number" && torchRows.some((row) => row.rule === rule && row.desc === desc);
});

/** An average of the weights of a row: after each of `recordedSteps`, and after the last as in torch.json. */
export interface AverageRun {
  rule: string;
  desc: string;
  averageDecay: number;
  float32: Record<string, Bits>;
  correctlyRounded: Bits;
  float64: Bits;
}

/** What is done to the gradients of a run of AdamW. */
export interface GradientPlan {
  readonly desc: string;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly lossScale?: { readonly initial: number; readonly interval: number };
  /** Elements that are not finite: the step, the tensor, the element, and what it is instead. */
  readonly notFinite: readonly (readonly [t: number, tensor: number, element: number, value: NotFinite])[];
}

export type NotFinite = "inf" | "-inf" | "nan";

export const gradientSeed = 40;
/** Elements of the tensors of such a run. */
export const gradientSizes: readonly number[] = [96, 7, 1, 33];
export const gradientSteps = 40;
export const gradientHyper = { lr: 1e-2, weightDecay: 0.1 };

/** Powers of two, so that what is multiplied with them is exact; none at all at every ninth step. */
const magnitudes = [1, 2 ** -6, 4, 2 ** -3, 2 ** -2, 16];
export const magnitudeAt = (t: number): number => (t % 9 === 0 ? 0 : (magnitudes[t % magnitudes.length] as number));

const spread: GradientPlan["notFinite"] = [
  [3, 0, 5, "inf"],
  [4, 3, 32, "-inf"],
  [13, 2, 0, "nan"],
  [26, 1, 6, "inf"],
  [27, 0, 95, "nan"],
  [40, 3, 0, "inf"],
];

export const gradientPlans: readonly GradientPlan[] = [
  { desc: "clip_grad_norm_", clipNorm: 1, notFinite: [] },
  { desc: "clip_grad_value_", clipValue: 0.05, notFinite: [] },
  { desc: "GradScaler", lossScale: { initial: 2 ** 10, interval: 4 }, notFinite: spread },
  {
    desc: "GradScaler and clip_grad_norm_",
    clipNorm: 0.5,
    lossScale: { initial: 2 ** 16, interval: 4 },
    notFinite: spread,
  },
];

/** What PyTorch found and did at each step, and where the parameters ended. */
export interface GradientRun {
  desc: string;
  /** Before clipping, float32; none where nobody asked. */
  norms?: Bits;
  /** What the loss was multiplied with at each step, float32. */
  scales?: Bits;
  /** Steps that were skipped, from 1. */
  skipped: number[];
  /** AdamW's own count at the end. */
  stepCount: number;
  params: Bits[];
}

export interface AroundFixtures {
  torch: string;
  averages: AverageRun[];
  gradients: GradientRun[];
}

export const aroundFixtures = aroundJson as unknown as AroundFixtures;

/** The gradients of step t, times the loss scale. */
export function scaledGradients(plan: GradientPlan, t: number, scale: number): Float32Array<ArrayBuffer>[] {
  const grads = gradientSizes.map((count, i) =>
    gradientAt(gradientSeed + i, t, count).map((g) => g * magnitudeAt(t) * scale),
  );
  const values = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN };
  for (const [step, tensor, element, value] of plan.notFinite) {
    const grad = grads[tensor];
    if (step === t && grad) grad[element] = values[value];
  }
  return grads;
}
