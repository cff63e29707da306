import { type Gpu, readSlices } from "../gpu/index.ts";
import { CheckpointMismatchError } from "./errors.ts";
import type { ScaleState } from "./gradients/reports.ts";
import type { Member } from "./roster.ts";
import { elementsOf, shapeOfState } from "./stateShape.ts";
import { blocksIn, holds, numbersIn, type StateValues, sizeOf } from "./storage.ts";
import type { Memory } from "./updateRule.ts";
import type { Profile } from "./variant.ts";

/** What an optimizer knows of one tensor. */
export interface TensorState {
  readonly shape: readonly number[];
  /** Updates that it has had. */
  readonly stepCount: number;
  readonly isFrozen: boolean;
  /** What its rule remembers beside its states, such as the sum of the weights of a schedule-free average. */
  readonly memory?: Memory;
  /**
   * By the names of the rule's states, each with the tensor's elements: `m`, `v`, `vMax`, `velocity`. In float32; bfloat16 as
   * its bits; `float8` as its codes, with the scale of each block of 256 in `mScale` and `vScale`.
   */
  readonly states: ReadonlyMap<string, StateValues>;
  /** The sides of those states that do not have the tensor's, such as Adafactor's `rowVar`, or scales. */
  readonly stateShapes?: ReadonlyMap<string, readonly number[]>;
}

/**
 * All that an optimizer needs to go on, bit for bit, beside its parameters and the code that made it: hyperparameters
 * and schedules are not in it.
 */
export interface OptimizerState {
  /** The rule's name, such as `adamw`; of several rules all names, `muon+adamw`. */
  readonly rule: string;
  readonly profile: Profile;
  readonly stepCount: number;
  /** The loss scale, and the good steps since it changed, where gradients are looked at. */
  readonly lossScale?: ScaleState;
  /** Whether the parameters beside it are those to evaluate with: those to go on from are the state `trained` then. */
  readonly isEvaluating?: boolean;
  readonly tensors: ReadonlyMap<string, TensorState>;
}

/**
 * Checks a state against the tensors that should take it, all of it before anything is written.
 * @throws CheckpointMismatchError naming the tensor and what is wrong with it.
 */
export function checkState(
  saved: OptimizerState,
  rule: string,
  members: ReadonlyMap<string, Member>,
  isEvaluated: (member: Member) => boolean,
): void {
  if (saved.rule !== rule) {
    mismatch("optimizer state", `it is of another rule (got ${saved.rule}, allowed ${rule})`);
  }
  checkCount("optimizer state", saved.stepCount);
  checkScale(saved.lossScale);
  for (const name of members.keys()) {
    if (!saved.tensors.has(name)) mismatch(`tensor "${name}"`, "the state has nothing for it");
  }
  for (const [name, tensor] of saved.tensors) {
    const thing = `tensor "${name}"`;
    const member = members.get(name) ?? mismatch(thing, "the optimizer does not have it");
    const { shape } = member.tensor;
    if (shape.join() !== tensor.shape.join()) {
      mismatch(
        thing,
        `its state is of another shape (got [${tensor.shape.join(", ")}], allowed [${shape.join(", ")}])`,
      );
    }
    checkCount(thing, tensor.stepCount);
    checkMemory(thing, member, tensor);
    const found = [...tensor.states.keys()].sort().join(", ");
    const kept = saved.isEvaluating && isEvaluated(member) ? ["trained"] : [];
    const expected = [...member.states.keys(), ...kept].sort().join(", ");
    if (found !== expected) {
      mismatch(thing, `its states are others (got ${found || "none"}, allowed ${expected || "none"})`);
    }
    for (const [state, values] of tensor.states) {
      const kind = member.states.get(state)?.kind ?? "float32";
      const [isOfKind, elements] = [holds(values, kind), elementsOf(shapeOf(member, state))];
      if (isOfKind && values.length === elements) continue;
      const got = `${values?.length}${isOfKind ? "" : ` in ${values?.constructor.name}`}`;
      const allowed = `${elements} of ${kind === "scale" ? "float32" : kind}`;
      mismatch(thing, `its ${state} does not have its elements (got ${got}, allowed ${allowed})`);
    }
  }
}

/** The sides of a state that a member has. */
function shapeOf({ tensor, cohort, states }: Member, state: string): readonly number[] {
  if (states.get(state)?.kind === "scale") return [blocksIn(tensor.elements)];
  return shapeOfState(cohort.paramGroup.family.variant, state, tensor.shape) ?? tensor.shape;
}

/** A rule that remembers would begin anew without a word. */
function checkMemory(thing: string, { cohort }: Member, { stepCount, memory = {} }: TensorState): void {
  const { rule } = cohort.paramGroup;
  if (stepCount === 0) return;
  for (const name of Object.keys(rule.remember({}, rule.hyperAt(1), 1))) {
    if (Number.isFinite(memory[name])) continue;
    mismatch(
      thing,
      `its state does not have what ${rule.name} remembers (got ${name} ${memory[name]}, allowed a number)`,
    );
  }
}

function checkCount(thing: string, stepCount: number): void {
  if (Number.isSafeInteger(stepCount) && stepCount >= 0) return;
  mismatch(thing, `its step count is none (got ${stepCount}, allowed whole numbers >= 0)`);
}

function checkScale(saved: ScaleState | undefined): void {
  if (!saved) return;
  const rounded = Math.fround(saved.scale);
  if (!(rounded > 0 && Number.isFinite(rounded))) {
    mismatch("optimizer state", `its loss scale is none (got ${saved.scale}, allowed numbers > 0 that fit float32)`);
  }
  checkCount("optimizer state, loss scale", saved.good);
}

function mismatch(thing: string, wrong: string): never {
  throw new CheckpointMismatchError(
    `${thing}: ${wrong}. Load a state of this model and rule; nothing of this one was taken.`,
  );
}

/** What is on the GPU now: no update falls between two of its tensors. */
export async function readTensors(gpu: Gpu, members: Iterable<Member>): Promise<Map<string, TensorState>> {
  const facts = [...members].map((member) => {
    const { stepCount, memory } = member.cohort;
    const remembered = Object.keys(memory).length > 0 && { memory };
    const states = [...member.states].map(([state, slice]) => ({ state, slice, shape: shapeOf(member, state) }));
    return { tensor: member.tensor, states, stepCount, isFrozen: member.isFrozen, ...remembered };
  });
  const read = await readSlices(
    gpu,
    facts.flatMap(({ states }) =>
      states.map(({ slice, shape }) => ({ ...slice, size: inWholeWords(sizeOf(slice.kind, elementsOf(shape))) })),
    ),
  );
  return new Map(
    facts.map(({ tensor: { name, shape }, states, ...counts }) => {
      const values = states.map(({ state, slice, shape: sides }) => {
        const { buffer, byteOffset } = read.shift() as Float32Array<ArrayBuffer>;
        return [state, numbersIn(slice.kind, elementsOf(sides), buffer, byteOffset).slice()] as const;
      });
      const others = states.filter((each) => each.shape.join() !== shape.join());
      const stateShapes = others.length > 0 && {
        stateShapes: new Map(others.map((each) => [each.state, each.shape] as const)),
      };
      return [name, { shape, ...counts, states: new Map(values), ...stateShapes }];
    }),
  );
}

/** Writes states that `checkState` has let pass. */
export function writeTensors(
  gpu: Gpu,
  saved: ReadonlyMap<string, TensorState>,
  members: ReadonlyMap<string, Member>,
): void {
  for (const [name, { states }] of saved) {
    for (const [state, values] of states) {
      const slice = members.get(name)?.states.get(state);
      if (slice && values.length > 0) gpu.stream.write(slice, inWords(values));
    }
  }
}

const inWholeWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** WebGPU copies and writes whole words. */
function inWords(values: StateValues): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(inWholeWords(values.byteLength));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return bytes;
}
