import { type Dispatch, type Gpu, type Kernel, layoutSlab, refusal, Slab, type Slice } from "../gpu/index.ts";
import type { BuiltGuard, Guard } from "./gradients/guard.ts";
import type { CheckedGradients } from "./gradients/options.ts";
import { bindingOf, mayHaveRounds, measureOf, measureParts, moduleParts } from "./parts.ts";
import { findCulprit, rehearse } from "./rehearse.ts";
import { withScratch } from "./scratch.ts";
import { rowFloats, verdictBytes } from "./stepRows.ts";
import type { Dtype } from "./storage.ts";
import { halfConstants } from "./storageParts.ts";
import {
  elementsOf,
  planRuns,
  type Run,
  roundsFor,
  type TensorAccess,
  type TileSizes,
  tileCount,
  tileFields,
  tileTable,
  workgroupSizeFor,
  workgroupSizeOf,
} from "./tiles.ts";
import { makeTotals, type TiledPlacement, type Totals } from "./totals.ts";
import type { UpdateRule } from "./updateRule.ts";
import type { Around, BuiltPass, PassTensor, Variant } from "./variant.ts";

/** The tensors of one rule and one dtype, and the shader that it asks for. */
export interface Family {
  readonly rule: UpdateRule;
  readonly variant: Variant;
  /** The optimizer's own states beside the rule's, by name, with their bindings in bind group 1. */
  readonly extras: Readonly<Record<string, number>>;
  readonly dtype: Dtype;
  readonly tensors: readonly PassTensor[];
}

export interface UpdatePlan {
  readonly families: readonly Family[];
  readonly around: Around;
  readonly gradients: CheckedGradients;
  readonly guard: Guard | undefined;
}

export interface BuiltUpdate {
  readonly dispatches: readonly Dispatch[];
  /** Where the rows of scalars go. */
  readonly rows: Slice;
  readonly guard: BuiltGuard | undefined;
  /** Lanes of the update's workgroups. */
  readonly workgroupSize: number;
  /** Says which row of scalars each tensor has, by name; one that has none is left alone. */
  assign(rowOf: ReadonlyMap<string, number>): void;
  /** Gives back what was made. */
  release(): void;
}

/** Steps whose rows are kept at once, at most, where one may turn out to have been skipped. */
const mostSlots = 1024;

/** How many steps' rows there is room for. */
export const slotsIn = (rows: Slice, rowsOfStep: number): number =>
  Math.max(1, Math.min(mostSlots, Math.floor(rows.size / (Math.max(rowsOfStep, 1) * rowFloats * 4))));

/**
 * Makes all that the updates need: kernels, tables of tiles, bind groups. After it a step creates nothing.
 * @throws WrongDeviceError, DisposedError or ValidationError, by rejection, naming the tensor whose buffer cannot be used.
 */
export async function buildUpdate(gpu: Gpu, plan: UpdatePlan): Promise<BuiltUpdate> {
  const { limits, pool } = gpu;
  // Sums over a tensor have the order of the whole workgroup; where nothing is summed, tiles may be of any size.
  const hasSums = plan.guard || plan.families.some(({ variant }) => !mayHaveRounds(variant));
  const all = plan.families.flatMap(({ tensors }) => elementsOf(tensors));
  const workgroupSize = hasSums ? workgroupSizeOf(limits) : workgroupSizeFor(gpu, all);
  const sizes = { ...limits, workgroupSize };
  const owners: { release(): void }[] = [];
  try {
    const families = plan.families.map((family) => {
      const made = withScratch(gpu, family.variant, family.tensors);
      owners.push(made);
      return { ...family, tensors: made.tensors };
    });
    const placements = placed(families, workgroupSize);
    const slab = new Slab(
      pool,
      layoutSlab([rowsEntry(plan, limits.maxBufferSize)], limits.maxBufferSize),
      "optim/rows",
    );
    owners.push({ release: () => slab.destroy() });
    const whole = slab.slice("rows");
    const rows = plan.guard ? { ...whole, offset: verdictBytes, size: whole.size - verdictBytes } : whole;
    const guard = await plan.guard?.build([...placements.values()].flat(), { ...whole, size: verdictBytes }, sizes);
    if (guard) owners.push(guard);
    const built: BuiltPass[] = [];
    for (const [family, tiled] of placements) {
      if (tiled.length === 0) continue;
      const rounds = mayHaveRounds(family.variant) ? roundsFor(gpu, elementsOf(tiled), workgroupSize) : 1;
      const parts = await buildFamily(gpu, { ...plan, ...family, tiled, sizes: { ...sizes, rounds }, rows: whole });
      owners.push(parts);
      built.push(parts);
    }
    return {
      dispatches: [...(guard?.dispatches ?? []), ...built.flatMap(({ dispatches }) => dispatches)],
      rows,
      guard,
      workgroupSize,
      assign: (rowOf) => {
        for (const each of [guard, ...built]) each?.assign?.(rowOf);
      },
      release: () => {
        for (const owner of owners) owner.release();
      },
    };
  } catch (error) {
    for (const owner of owners) owner.release();
    throw error;
  }
}

/** A row for each tensor at most, for as many steps as may be under way. */
function rowsEntry({ families, guard }: UpdatePlan, maxBufferSize: number): { name: string; elements: number } {
  const tensors = families.reduce((count, family) => count + family.tensors.length, 0);
  if (!guard) return { name: "rows", elements: tensors * rowFloats };
  const room = Math.min(2 ** 18, Math.floor((maxBufferSize - verdictBytes) / 4));
  return {
    name: "rows",
    elements: verdictBytes / 4 + Math.max(Math.min(64 * tensors * rowFloats, room), tensors * rowFloats),
  };
}

/** Where the tensors and their states are, with the numbers of their tiles. */
function placed(families: readonly Family[], workgroupSize: number): Map<Family, TiledPlacement[]> {
  let slot = 0;
  return new Map(
    families.map((family) => [
      family,
      family.tensors
        .filter(({ elements }) => elements > 0)
        .map(({ index, states: all, ...tensor }) => {
          const count = tileCount(tensor.elements, { workgroupSize });
          const firstSlot = slot;
          slot += count;
          const states = [...all].filter(([name]) => !tensor.pack || name in family.extras).map(([, slice]) => slice);
          return { ...tensor, tensor: index, states, firstSlot, tileCount: count };
        }),
    ]),
  );
}

interface FamilyPlan extends UpdatePlan, Family {
  readonly tiled: readonly TiledPlacement[];
  readonly sizes: Required<TileSizes>;
  readonly rows: Slice;
}

/** The dispatches of one rule: its passes, then its update. */
async function buildFamily(gpu: Gpu, plan: FamilyPlan): Promise<BuiltPass> {
  const { variant, tiled, sizes, rows } = plan;
  const measure = measureOf(variant);
  const runs = planRuns(tiled, sizes);
  const tables = runs.map(({ tiles }, i) => ({ name: `tiles ${i}`, elements: tiles.length * tileFields }));
  const slab = new Slab(gpu.pool, layoutSlab(tables, gpu.limits.maxBufferSize), "optim/tiles");
  const owners: { release(): void }[] = [{ release: () => slab.destroy() }];
  try {
    const totals = measure && (await makeTotals(gpu, tiled, measure.sums));
    if (totals) owners.push(totals);
    const bound = runs.map((run, i) => ({ ...run, table: slab.slice(`tiles ${i}`) }));
    const dispatches = await updateDispatches(gpu, plan, bound, totals);
    const passes: BuiltPass[] = [];
    for (const pass of variant.passes ?? []) {
      if (pass.kind === "measure") {
        if (totals)
          passes.push({
            dispatches: [...(await measureDispatches(gpu, plan, bound, totals)), totals.combine],
            release: () => {},
          });
        continue;
      }
      const { rule, around, tensors } = plan;
      const context = {
        ...{ gpu, around, rows, profile: rule.profile, constants: constantsOf(gpu, plan), totals: totals?.totals },
        tensors: tensors.filter(({ elements }) => elements > 0),
      };
      const custom = await pass.build(context, pass.kernels);
      owners.push(custom);
      passes.push(custom);
    }
    return {
      dispatches: [...passes.flatMap((pass) => pass.dispatches), ...dispatches],
      assign: (rowOf) => {
        for (const pass of passes) pass.assign?.(rowOf);
        for (const { table, ...run } of bound) gpu.stream.write(table, tileTable(run, rowOf));
      },
      release: () => {
        for (const owner of owners) owner.release();
      },
    };
  } catch (error) {
    for (const owner of owners) owner.release();
    throw error;
  }
}

type BoundRun = Run & { readonly table: Slice };

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

async function updateDispatches(
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

async function measureDispatches(
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
function constantsOf(
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
