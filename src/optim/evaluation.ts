import { type Dispatch, type Gpu, type Kernel, layoutSlab, Slab, type Slice, UsageError } from "../gpu/index.ts";
import type { ParamGroup } from "./paramGroup.ts";
import { evaluationParts } from "./parts.ts";
import type { Member, Roster } from "./roster.ts";
import type { StateSlice } from "./storage.ts";
import { halfConstants } from "./storageParts.ts";
import { planRuns, type Run, type TensorAccess, tileFields, tileTable, workgroupSizeOf } from "./tiles.ts";

/** What was made to evaluate, and is given back afterwards. */
interface Exchange {
  readonly there: readonly Dispatch[];
  readonly back: readonly Dispatch[];
  /** The weights that are trained, of each tensor that is evaluated with others. */
  readonly trained: ReadonlyMap<string, StateSlice>;
  release(): void;
}

interface Kernels {
  readonly there: Kernel;
  readonly back: Kernel;
}

/** The state that a tensor's weights to evaluate with are found by, and how far towards it they lie. */
interface Way {
  readonly member: Member;
  readonly towards: StateSlice;
  readonly share: number;
}

/**
 * Puts the weights to evaluate with in the place of the parameters and, bit for bit, puts the parameters back. Those are
 * kept in memory of their own meanwhile: nothing that training needs is computed twice.
 */
export class Evaluation {
  readonly #gpu: Gpu;
  readonly #roster: Roster;
  #kernels: ReadonlyMap<string, Kernels> = new Map();
  #exchange: Exchange | undefined;

  constructor(gpu: Gpu, roster: Roster) {
    this.#gpu = gpu;
    this.#roster = roster;
  }

  get isOn(): boolean {
    return this.#exchange !== undefined;
  }

  /** Compiles, ahead of the first evaluation, the kernels that new groups will need. */
  async prepare(groups: readonly ParamGroup[]): Promise<void> {
    const evaluated = groups.filter(({ family: { rule, around } }) => rule.evaluation || around.hasAverage);
    const dtypes = new Set(evaluated.flatMap(({ tensors }) => tensors.map(({ dtype }) => dtype)));
    const accesses = [...dtypes].flatMap((dtype) => [false, true].map((isRagged) => ({ dtype, isRagged })));
    const kernels = async (access: TensorAccess): Promise<[string, Kernels]> => {
      const [there, back] = await Promise.all([this.#kernel(access, false), this.#kernel(access, true)]);
      return [keyOf(access), { there, back }];
    };
    this.#kernels = new Map([...this.#kernels, ...(await Promise.all(accesses.map(kernels)))]);
  }

  /** @throws UsageError while the parameters are those to evaluate with. */
  requireOff(): void {
    if (!this.#exchange) return;
    throw new UsageError(
      "optimizer: its parameters are those to evaluate with (got evaluation, allowed training). Call train() first.",
    );
  }

  begin(): void {
    if (this.#exchange) return;
    this.#exchange = this.#makeExchange();
    this.#run(this.#exchange.there);
  }

  end(): void {
    if (!this.#exchange) return;
    this.#run(this.#exchange.back);
    this.drop();
  }

  /** Forgets the parameters that were kept. */
  drop(): void {
    this.#exchange?.release();
    this.#exchange = undefined;
  }

  /** Takes up an evaluation that was saved: the parameters are there already, and those to go back to will be written. */
  resume(): void {
    this.#exchange ??= this.#makeExchange();
  }

  /** Whether a tensor is evaluated with other weights than those that are trained. */
  concerns(member: Member): boolean {
    return waysOf([member]).length > 0;
  }

  /** The members, with the state `trained` where it is kept now. */
  get members(): ReadonlyMap<string, Member> {
    const trained = this.#exchange?.trained;
    if (!trained) return this.#roster.members;
    const withTrained = [...this.#roster.members].map(([name, member]): [string, Member] => {
      const slice = trained.get(name);
      return [name, slice ? { ...member, states: new Map([...member.states, ["trained", slice]]) } : member];
    });
    return new Map(withTrained);
  }

  #run(dispatches: readonly Dispatch[]): void {
    const { stream } = this.#gpu;
    stream.dispatch(...dispatches);
    stream.submit();
  }

  #makeExchange(): Exchange {
    const { pool, limits, stream } = this.#gpu;
    const ways = waysOf(this.#roster.members.values());
    if (ways.length === 0) return { there: [], back: [], trained: new Map(), release: () => {} };
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    // As many bytes as where the weights lead, so that both lie alike.
    const buffers = new Map(
      [...new Set(ways.map(({ towards }) => towards.buffer))].map((buffer) => [
        buffer,
        pool.acquire(buffer.size, usage, "optim/trained"),
      ]),
    );
    const trainedOf = ({ towards }: Way): StateSlice => ({
      ...towards,
      buffer: buffers.get(towards.buffer) as GPUBuffer,
    });
    const runs = planRuns(
      ways.map((way, row) => {
        const { tensor } = way.member;
        return {
          ...tensor,
          grad: tensor.param,
          states: [way.towards, trainedOf(way)],
          pack: undefined,
          tensor: row,
          firstSlot: 0,
        };
      }),
      { ...limits, workgroupSize: workgroupSizeOf(limits) },
    );
    const tables = runs.map(({ tiles }, i) => ({ name: `tiles ${i}`, elements: tiles.length * tileFields }));
    const layout = layoutSlab([...tables, { name: "ways", elements: ways.length * 2 }], limits.maxBufferSize);
    const slab = new Slab(pool, layout, "optim/evaluation");
    stream.write(slab.slice("ways"), Float32Array.from(ways.flatMap(({ share }) => [share, 1 - Math.fround(share)])));
    const rowOf = new Map(ways.map(({ member }, row) => [member.tensor.name, row]));
    for (const [i, run] of runs.entries()) stream.write(slab.slice(`tiles ${i}`), tileTable(run, rowOf));
    const launches = (which: keyof Kernels): Dispatch[] =>
      runs.map((run, i) => this.#launch(which, run, slab.slice(`tiles ${i}`), slab.slice("ways")));
    return {
      there: launches("there"),
      back: launches("back"),
      trained: new Map(ways.map((way) => [way.member.tensor.name, trainedOf(way)])),
      release: () => {
        slab.destroy();
        for (const buffer of buffers.values()) pool.release(buffer);
      },
    };
  }

  #launch(which: keyof Kernels, { access, param, states, tiles }: Run, table: Slice, ways: Slice): Dispatch {
    const kernel = (this.#kernels.get(keyOf(access)) as Kernels)[which];
    return kernel.prepare([{ 0: param, 2: table, 3: ways }, states], tiles.length);
  }

  #kernel(access: TensorAccess, isBack: boolean): Promise<Kernel> {
    const { kernels, limits } = this.#gpu;
    return kernels.get({
      label: "optim/evaluation",
      parts: evaluationParts(access),
      bindings: [{ 0: "readWrite", 2: "read", 3: "read" }, ["read", "readWrite"]],
      constants: {
        WORKGROUP_SIZE: workgroupSizeOf(limits),
        GRID_WIDTH: limits.maxComputeWorkgroupsPerDimension,
        BACK: Number(isBack),
        ...halfConstants(access.dtype),
      },
    });
  }
}

const keyOf = ({ dtype, isRagged }: TensorAccess): string => `${dtype} ${isRagged}`;

/** The average that the optimizer was asked for or, without one, the rule's own way. */
function towardsOf({ states, cohort }: Member): StateSlice | undefined {
  const { evaluation } = cohort.paramGroup.rule;
  return states.get("average") ?? (evaluation && states.get(evaluation.state));
}

function waysOf(members: Iterable<Member>): Way[] {
  return [...members].flatMap((member) => {
    const towards = towardsOf(member);
    return towards && member.tensor.elements > 0 ? [{ member, towards, share: shareOf(member) }] : [];
  });
}

/** How far from the parameter to the state the weights to evaluate with are. Before the first update there is no state. */
function shareOf({ states, cohort: { stepCount, paramGroup } }: Member): number {
  const { evaluation } = paramGroup.rule;
  if (stepCount === 0) return 0;
  return states.has("average") || !evaluation ? 1 : evaluation.share(paramGroup.hyperAt(stepCount));
}
