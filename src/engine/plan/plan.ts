import { type Dispatch, type Gpu, roundUp, type Slice } from "../../gpu/index.ts";
import { type Launch, prepareLaunch, type Value } from "../launch.ts";
import type { Program } from "../lower/program.ts";
import { Workspace } from "../workspace.ts";
import { bytesOf, type MemoryPlan, planMemory } from "./memory.ts";
import { countWaves } from "./waves.ts";

/** A program with its kernels compiled and its memory there: encode `dispatches`, as often as wanted. */
export class Plan {
  /** Nodes of the graph that it computes. */
  readonly nodes: number;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of intermediate values, in so many buffers. */
  readonly memory: { readonly bytes: number; readonly buffers: number; readonly liveBytes: number };
  readonly #places: (value: Value) => Slice;
  readonly #workspace: Workspace;
  readonly #launches: readonly Launch[];

  constructor(
    { launches, nodes }: Program,
    dispatches: readonly Dispatch[],
    places: (value: Value) => Slice,
    workspace: Workspace,
    { bankSizes, liveBytes }: MemoryPlan,
  ) {
    this.nodes = nodes;
    this.#launches = launches;
    this.dispatches = dispatches;
    this.#places = places;
    this.#workspace = workspace;
    const bytes = bankSizes.reduce((sum, size) => sum + size, 0);
    this.memory = { bytes, buffers: bankSizes.length, liveBytes };
  }

  /** Where a result is when the dispatches are done. */
  slice(value: Value): Slice {
    return this.#places(value);
  }

  /** How many launches there are of each kernel, the most frequent first. */
  get kernels(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { label } of this.#launches) counts.set(label, (counts.get(label) ?? 0) + 1);
    return new Map([...counts].sort(([, a], [, b]) => b - a));
  }

  /** Groups of launches that a GPU can run side by side: see `countWaves`. */
  get waves(): number {
    return countWaves(this.#launches, (value) => this.#places(value).buffer);
  }

  /** Gives the memory of intermediate values back. */
  destroy(): void {
    this.#workspace.destroy();
  }
}

/**
 * Makes all that a program needs to run: memory, kernels, bind groups.
 *
 * @param outside the places of leaves and of what the requests aim at
 * @throws ShaderError, LimitError or OutOfMemoryError, by rejection.
 */
export async function buildPlan(gpu: Gpu, program: Program, outside: ReadonlyMap<Value, Slice>): Promise<Plan> {
  const { launches, tables, results } = program;
  const isPlaced = (value: Value): boolean => outside.has(value) || tables.has(value);
  const kept = new Set(results.values());
  const memory = planMemory(launches, isPlaced, kept, gpu.limits.maxBufferSize);
  const workspace = new Workspace(gpu);
  try {
    const banks = memory.bankSizes.map((size) => workspace.storage(size, "engine/activations"));
    const fixed = new Map(outside);
    for (const [value, data] of tables) {
      const slice = { ...workspace.storage(bytesOf(value), value.label), size: bytesOf(value) };
      gpu.stream.write(slice, data);
      fixed.set(value, slice);
    }
    const places = (value: Value): Slice => {
      const known = fixed.get(value);
      if (known) return known;
      const spot = memory.spots.get(value);
      if (!spot) throw new RangeError(`plan: ${value.label} is nowhere.`);
      const { buffer } = banks[spot.bank] as Slice;
      return { buffer, offset: spot.offset, size: roundUp(bytesOf(value), 16) };
    };
    const dispatches = await Promise.all(launches.map((launch) => prepareLaunch(gpu, launch, places)));
    return new Plan(program, dispatches, places, workspace, memory);
  } catch (error) {
    workspace.destroy();
    throw error;
  }
}
