/** Who takes part in a workload, and how it is judged. */
import type { Contender } from "../measure.ts";
import { lossGate, updateGate, worstLoss, worstParameter } from "./gate.ts";
import recorded from "./reference.json";
import { referenceUpdate } from "./reference.ts";
import type { LeftOut, Workload } from "./row.ts";
import * as shrinkstep from "./shrinkstep.ts";
import type { Library, RuleName, Trainee, Updatee, UpdateTask } from "./task.ts";
import { gateSteps, hyperOf, numbersOf, placeOf, trainingOf } from "./workloads.ts";

/** What a contender runs on: a GPU's device, or the heap of what is on the CPU. */
export interface Entered<C extends Contender> {
  readonly contender: C;
  readonly device?: GPUDevice | undefined;
  readonly heapBytes?: (() => number) | undefined;
}

export interface Entrant<C extends Contender = Contender> {
  readonly name: string;
  readonly rule: RuleName;
  /** The name of the entrant of ours that it is put beside. */
  readonly against: string;
  enter(): Promise<Entered<C>>;
}

/** How far a contender is from the reference, and what to show of it where that is too far. */
export interface Judgement {
  readonly difference: number;
  readonly fault?: Pick<LeftOut, "losses" | "reference"> | undefined;
}

export interface Contest<C extends Contender = Contender> {
  /** shrinkstep first: once, or once with each rule. */
  readonly entrants: readonly Entrant<C>[];
  judge(contender: C, rule: RuleName): Promise<Judgement>;
  readonly parameterBytes: number;
  /** What an update has to read and write. */
  readonly bytesMoved?: number;
  /** Examples that a training step takes. */
  readonly samples?: number;
}

const opened = async <C extends Contender>(library: Library, enter: () => Promise<C>): Promise<Entered<C>> => {
  await library.open();
  return { contender: await enter(), device: library.device?.(), heapBytes: library.heapBytes };
};

export async function trainingContest(
  { name, size }: Extract<Workload, { suite: "training" }>,
  libraries: readonly Library[],
): Promise<Contest<Trainee>> {
  const training = await trainingOf(name, size);
  const reference = recorded[`${name} ${size}`];
  const entrant = (name: string, enter: () => Promise<Entered<Trainee>>): Entrant<Trainee> => {
    return { name, rule: "adam", against: "shrinkstep", enter };
  };
  const ours = entrant("shrinkstep", () => shrinkstep.train(training));
  const theirs = libraries.map((library) => {
    return entrant(library.name, () => opened(library, () => library.train(training.task)));
  });
  return {
    entrants: [ours, ...theirs],
    judge: async (contender) => {
      const losses: number[] = [];
      for (let step = 0; step < gateSteps; step++) losses.push(await contender.lossOfStep());
      const difference = worstLoss(losses, reference);
      return { difference, fault: difference > lossGate ? { losses, reference } : undefined };
    },
    parameterBytes: training.bytes,
    samples: training.task.network.batch,
  };
}

/** With the rule that a library has: AdamW, or Adam where it does not decay. shrinkstep takes part with both. */
export function updateContest(
  { shape: { tensors, elements } }: Extract<Workload, { suite: "update" }>,
  libraries: readonly Library[],
): Contest<Updatee> {
  const numbers = (stream: number): Float32Array<ArrayBuffer>[] =>
    Array.from({ length: tensors }, (_, tensor) => numbersOf(stream, tensor, elements));
  const params = numbers(0);
  const task = (rule: RuleName): UpdateTask => ({ rule, params, hyper: hyperOf(rule) });
  const entrant = (name: string, rule: RuleName, enter: () => Promise<Entered<Updatee>>): Entrant<Updatee> => {
    return { name: `${name} ${rule}`, rule, against: `shrinkstep ${rule}`, enter };
  };
  const rules = [...new Set(libraries.map(({ rule }) => rule))];
  const ours = rules.map((rule) => entrant("shrinkstep", rule, () => shrinkstep.update(task(rule))));
  const theirs = libraries.map((library) => {
    return entrant(library.name, library.rule, () => opened(library, () => library.update(task(library.rule))));
  });
  return {
    entrants: [...ours, ...theirs],
    judge: async (contender, rule) => {
      for (let step = 1; step <= gateSteps; step++) {
        contender.setGradients(numbers(step));
        await contender.step();
        await contender.settle();
      }
      const difference = worstOf(await contender.read(), params, rule);
      return { difference, fault: difference > updateGate ? {} : undefined };
    },
    parameterBytes: 4 * tensors * elements,
    bytesMoved: 28 * tensors * elements,
  };
}

/** Tensors repeat the same few numbers, each from another place on: so does what becomes of them. */
function worstOf(found: readonly Float32Array[], params: readonly Float32Array[], rule: RuleName): number {
  if (found.length !== params.length) return Number.POSITIVE_INFINITY;
  const once = referenceUpdate(rule, hyperOf(rule), gateSteps);
  const differences = found.map((numbers, tensor) => {
    const start = params[tensor] as Float32Array;
    const reference = start.map((_, i) => once[placeOf(tensor, i)] as number);
    return worstParameter(numbers, reference, start);
  });
  return Math.max(...differences);
}
