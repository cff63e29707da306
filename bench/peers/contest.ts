/** Who takes part in a workload, and how it is judged. */
import type { Contender } from "../measure.ts";
import { lossGate, updateGate, worstLoss, worstParameter } from "./gate.ts";
import recorded from "./reference.json";
import { referenceUpdate } from "./reference.ts";
import type { Failure, Workload } from "./row.ts";
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
  readonly note?: string | undefined;
  enter(): Promise<Entered<C>>;
}

/** How far a contender is from the reference, and what to show of it where that is too far. */
export interface Judgement {
  readonly difference: number;
  readonly fault?: Pick<Failure, "losses" | "reference"> | undefined;
}

export interface Contest<C extends Contender = Contender> {
  /** shrinkstep first: once, or once with each rule. */
  readonly entrants: readonly Entrant<C>[];
  judge(contender: C, rule: RuleName): Promise<Judgement>;
  readonly parameterBytes: number;
  /** What a step has to read and write, where that is known. */
  readonly bytesMoved?: number;
}

const entrantOf = <C extends Contender>(library: Library, rule: RuleName, enter: () => Promise<C>): Entrant<C> => ({
  name: library.name,
  rule,
  note: library.note,
  enter: async () => {
    await library.open();
    return { contender: await enter(), device: library.device?.(), heapBytes: library.heapBytes };
  },
});

export async function trainingContest(
  { name, size }: Extract<Workload, { suite: "training" }>,
  libraries: readonly Library[],
): Promise<Contest<Trainee>> {
  const training = await trainingOf(name, size);
  const reference = recorded[`${name} ${size}`];
  const ours: Entrant<Trainee> = { name: "shrinkstep", rule: "adam", enter: () => shrinkstep.train(training) };
  return {
    entrants: [ours, ...libraries.map((library) => entrantOf(library, "adam", () => library.train(training.task)))],
    judge: async (contender) => {
      const losses: number[] = [];
      for (let step = 0; step < gateSteps; step++) losses.push(await contender.lossOfStep());
      const difference = worstLoss(losses, reference);
      return { difference, fault: difference > lossGate ? { losses, reference } : undefined };
    },
    parameterBytes: training.bytes,
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
  const theirs = libraries.map((library) => entrantOf(library, library.rule, () => library.update(task(library.rule))));
  const rules = new Set(theirs.map(({ rule }) => rule));
  const ours = [...rules].map((rule): Entrant<Updatee> => {
    return { name: "shrinkstep", rule, enter: () => shrinkstep.update(task(rule)) };
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
