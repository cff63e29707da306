import { type Dispatch, type Gpu, layoutSlab, Slab, type Slice } from "../gpu/index.ts";
import { constantsOf, measureDispatches, updateDispatches } from "./dispatches.ts";
import type { BuiltGuard } from "./gradients/guard.ts";
import { mayHaveRounds, measureOf } from "./parts.ts";
import { withScratch } from "./scratch.ts";
import { rowFloats, verdictBytes } from "./stepRows.ts";
import { makeTables } from "./tables.ts";
import {
  elementsOf,
  roundsFor,
  summingSizes,
  type TileSizes,
  tileCount,
  workgroupSizeFor,
  workgroupSizeOf,
} from "./tiles.ts";
import { makeTotals, type TiledPlacement, type Totals } from "./totals.ts";
import type { Family, FamilyPlan, UpdatePlan } from "./updatePlan.ts";
import type { BuiltPass } from "./variant.ts";

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
  const hasBlocks = plan.families.some(({ variant }) => !mayHaveRounds(variant));
  const all = plan.families.flatMap(({ tensors }) => elementsOf(tensors));
  const workgroupSize = hasBlocks ? workgroupSizeOf(limits) : workgroupSizeFor(gpu, all);
  const owners: { release(): void }[] = [];
  try {
    const families = plan.families.map((family) => {
      const made = withScratch(gpu, family.variant, family.tensors);
      owners.push(made);
      return { ...family, tensors: made.tensors };
    });
    const placements = placed(families, summingSizes(limits));
    const slab = new Slab(
      pool,
      layoutSlab([rowsEntry(plan, limits.maxBufferSize)], limits.maxBufferSize),
      "optim/rows",
    );
    owners.push({ release: () => slab.destroy() });
    const whole = slab.slice("rows");
    const rows = plan.guard ? { ...whole, offset: verdictBytes, size: whole.size - verdictBytes } : whole;
    const guard = await plan.guard?.build([...placements.values()].flat(), { ...whole, size: verdictBytes });
    if (guard) owners.push(guard);
    const built: BuiltPass[] = [];
    for (const [family, tiled] of placements) {
      if (tiled.length === 0) continue;
      const rounds = mayHaveRounds(family.variant) ? roundsFor(gpu, elementsOf(tiled), workgroupSize) : 1;
      const sizes = { ...limits, workgroupSize, rounds };
      const parts = await buildFamily(gpu, { ...plan, ...family, tiled, sizes, rows: whole });
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

/** Where the tensors and their states are, with the numbers of the tiles that they are added up in. */
function placed(families: readonly Family[], sizes: TileSizes): Map<Family, TiledPlacement[]> {
  let slot = 0;
  return new Map(
    families.map((family) => [
      family,
      family.tensors
        .filter(({ elements }) => elements > 0)
        .map(({ index, states: all, ...tensor }) => {
          const count = tileCount(tensor.elements, sizes);
          const firstSlot = slot;
          slot += count;
          const states = [...all].filter(([name]) => !tensor.pack || name in family.extras).map(([, slice]) => slice);
          return { ...tensor, tensor: index, states, firstSlot, tileCount: count };
        }),
    ]),
  );
}

/** What adds up numbers over each tensor. */
async function buildMeasure(gpu: Gpu, plan: FamilyPlan, totals: Totals): Promise<BuiltPass> {
  const tables = makeTables(gpu, plan.tiled, plan.sizes, "optim/summed tiles");
  try {
    return { ...tables, dispatches: [...(await measureDispatches(gpu, plan, tables.runs, totals)), totals.combine] };
  } catch (error) {
    tables.release();
    throw error;
  }
}

/** The dispatches of one rule: its passes, then its update. */
async function buildFamily(gpu: Gpu, plan: FamilyPlan): Promise<BuiltPass> {
  const { variant, tiled, sizes, rows, rule, around } = plan;
  const measure = measureOf(variant);
  const tables = makeTables(gpu, tiled, sizes, "optim/tiles");
  const owners: { release(): void }[] = [tables];
  const summing = { ...plan, sizes: summingSizes(gpu.limits) };
  try {
    const totals = measure && (await makeTotals(gpu, tiled, measure.sums));
    if (totals) owners.push(totals);
    const dispatches = await updateDispatches(gpu, plan, tables.runs, totals);
    const passes: BuiltPass[] = [];
    for (const pass of variant.passes ?? []) {
      const context = {
        ...{ gpu, around, rows, profile: rule.profile, constants: constantsOf(gpu, summing), totals: totals?.totals },
        tensors: plan.tensors.filter(({ elements }) => elements > 0),
      };
      const built =
        pass.kind === "custom"
          ? await pass.build(context, pass.kernels)
          : await buildMeasure(gpu, summing, totals as Totals);
      owners.push(built);
      passes.push(built);
    }
    return {
      dispatches: [...passes.flatMap((pass) => pass.dispatches), ...dispatches],
      assign: (rowOf) => {
        for (const each of [...passes, tables]) each.assign?.(rowOf);
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
