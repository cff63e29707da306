import { type Dispatch, type Gpu, type Kernel, refusal, type Slice } from "../gpu/index.ts";
import { bindingOf, measureOf, measureParts, moduleParts } from "./parts.ts";
import { findCulprit, rehearse } from "./rehearse.ts";
import { halfConstants } from "./storageParts.ts";
import type { BoundRun } from "./tables.ts";
import type { Run, TensorAccess } from "./tiles.ts";
import type { Totals } from "./totals.ts";
import type { Family, FamilyPlan } from "./updatePlan.ts";

/**
 * The bindings of bind group 1: the rule's states and scratch from 0, or what they are packed into, and what the optimizer
 * adds at numbers of its own.
 */
function stateBindings<T>({ variant, extras }: Family, of: (i: number | "pack") => T): Record<number, T> {
  const { state, scratch = [], stateShape } = variant;
  const own = stateShape ? [] : [...state.keys()];
  const numbers = [...own, ...Object.values(extras), ...[...scratch.keys()].map((i) => own.length + i)];
  const bound = Object.fromEntries(numbers.map((binding, i) => [binding, of(i)]));
  return stateShape ? { 0: of("pack"), ...bound } : bound;
}

const stateOf = ({ states, pack }: Run, which: number | "pack"): Slice =>
  (which === "pack" ? pack : states[which]) as Slice;

/**
 * The launches of the update itself.
 * @throws by rejection, naming the tensor whose buffer cannot be used.
 */
export async function updateDispatches(
  gpu: Gpu,
  plan: FamilyPlan,
  runs: readonly BoundRun[],
  totals: Totals | undefined,
): Promise<Dispatch[]> {
  const kernel = (access: TensorAccess): Promise<Kernel> =>
    gpu.kernels.get({
      label: `optim/${plan.rule.name}`,
      parts: moduleParts(plan.variant, access, plan.around, plan.sizes.rounds > 1),
      bindings: [
        ["readWrite", "readWrite", "read", "read"],
        { ...stateBindings(plan, () => "readWrite" as const), ...(totals && { [bindingOf.sums]: "read" as const }) },
      ],
      constants: constantsOf(gpu, plan),
    });
  const kernels = await Promise.all(runs.map(({ access }) => kernel(access)));
  const bind = (run: BoundRun) => [
    [run.param, run.grad, run.table, plan.rows],
    { ...stateBindings(plan, (i) => stateOf(run, i)), ...(totals && { [bindingOf.sums]: totals.totals }) },
  ];
  const [dispatches, refused] = await rehearse(gpu, () =>
    runs.map((run, i) => (kernels[i] as Kernel).prepare(bind(run), run.tiles.length)),
  );
  if (!refused) return dispatches;
  const first = runs[0] as BoundRun;
  const ragged = await kernel({ ...first.access, isRagged: true });
  const bindRagged = (param: Slice, grad: Slice) => bind({ ...first, param, grad, table: plan.rows });
  throw (
    (await findCulprit(gpu, plan.tiled, ragged, bindRagged)) ?? refusal("optimizer: a buffer of its tensors", refused)
  );
}

/** The launches of what is added up before the update. */
export async function measureDispatches(
  gpu: Gpu,
  plan: FamilyPlan,
  runs: readonly BoundRun[],
  totals: Totals,
): Promise<Dispatch[]> {
  const kernel = (access: TensorAccess): Promise<Kernel> =>
    gpu.kernels.get({
      label: `optim/${plan.rule.name} measure`,
      parts: measureParts(plan.variant, access, plan.around),
      bindings: [
        ["readWrite", "readWrite", "read", "read"],
        { ...stateBindings(plan, () => "readWrite" as const), [bindingOf.sums]: "readWrite" },
      ],
      constants: constantsOf(gpu, plan, true),
    });
  const kernels = await Promise.all(runs.map(({ access }) => kernel(access)));
  return runs.map((run, i) =>
    (kernels[i] as Kernel).prepare(
      [
        [run.param, run.grad, run.table, plan.rows],
        { ...stateBindings(plan, (k) => stateOf(run, k)), [bindingOf.sums]: totals.sums },
      ],
      run.tiles.length,
    ),
  );
}

/** Values of the overrides of shaders/optim/parts/. */
export function constantsOf(
  gpu: Gpu,
  { rule, variant, around, dtype, gradients, sizes }: FamilyPlan,
  isMeasuring = false,
): Record<string, number> {
  const measure = measureOf(variant);
  const takesGradient = Boolean(measure?.takesGradient) === isMeasuring;
  return {
    WORKGROUP_SIZE: sizes.workgroupSize,
    GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension,
    TORCH: Number(rule.profile === "torch"),
    CLIP_VALUE: gradients.clipValue,
    ZERO_GRAD: Number(gradients.zero && takesGradient),
    ...halfConstants(dtype),
    ...(!around.isGuarded && { SHARE: 1 / gradients.microBatches }),
    ...(measure && !isMeasuring && { SUMS_OF_TENSOR: measure.sums }),
  };
}
