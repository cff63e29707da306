import { halfLife, shrinkPerStep } from "../optim/decay.ts";
import { count, number, smallPercent } from "./format.ts";
import { type Setup, tasks, textSchedule } from "./setup.ts";

/** What a setup's weight decay means, for a person. */
export interface DecayMeaning {
  readonly words: string;
  /** The steady shrink of one step, or undefined where the decay is none, as with Adam. */
  readonly shrink: number | undefined;
}

/** `stepsPerEpoch` is of a run on images. */
export function decayMeaning(setup: Setup, stepsPerEpoch: number): DecayMeaning {
  const { task, optimizer, lr, weightDecay, momentum } = setup;
  const outlook = (shrink: number): string =>
    tasks[task].isText
      ? "That is at the full learning rate, which warms up and then falls to zero."
      : halving(shrink, stepsPerEpoch);
  const shrink = shrinkPerStep(lr, weightDecay);
  if (shrink === 0) return { words: "No decay: weights move with their gradients alone.", shrink: 0 };
  if (optimizer === "adam") {
    return {
      words:
        `Adam adds ${number(weightDecay)} × the weight to its gradient and then divides by the gradient’s usual size, ` +
        `so there is no steady shrink: weights with small gradients lose much, others little. AdamW would take ` +
        `${smallPercent(shrink)} off each, every step.`,
      shrink: undefined,
    };
  }
  if (optimizer === "sgd" && momentum > 0) {
    const carried = shrink / (1 - momentum);
    return {
      words:
        `SGD adds the decay to the gradient, and momentum carries it on: ${smallPercent(shrink)} off each weight at first, ` +
        `about ${smallPercent(carried)} a step later. ${outlook(carried)}`,
      shrink: carried,
    };
  }
  const whatever = optimizer === "sgd" ? "" : ", whatever its gradient";
  return {
    words: `Every step takes ${smallPercent(shrink)} off each weight${whatever}. ${outlook(shrink)}`,
    shrink,
  };
}

/** What is left of a weight that nothing but its decay moves, at the start and after each of some parts of a run. */
export function weightLeft({ task, lr }: Setup, shrink: number, steps: number, parts: number): number[] {
  const ends = Array.from({ length: parts + 1 }, (_, part) => (steps * part) / parts);
  if (!tasks[task].isText) return ends.map((end) => (1 - shrink) ** end);
  const schedule = textSchedule(lr, steps);
  const left = [1];
  for (let t = 1; t <= steps; t++) left.push((left[t - 1] as number) * (1 - (shrink * schedule(t)) / lr));
  return ends.map((end) => left[Math.round(end)] as number);
}

function halving(shrink: number, stepsPerEpoch: number): string {
  if (shrink >= 1) return "That is all of it.";
  const steps = halfLife(shrink);
  const epochs = steps / stepsPerEpoch;
  const rounded = epochs < 10 ? number(Number(epochs.toPrecision(2))) : count(epochs);
  return `Left alone, a weight would be half gone after ${count(steps)} steps (${rounded} epochs).`;
}
