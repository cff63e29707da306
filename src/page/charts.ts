import { Chart, type Curve, onThemeChange } from "./chart.ts";
import { byId } from "./dom.ts";
import { measured, number, percent } from "./format.ts";
import type { Score } from "./protocol.ts";
import type { Run } from "./runs.ts";

/** The three charts; earlier runs are faint, and without their training curve. */
export class Charts {
  readonly #charts = [
    new Chart(byId("chart-accuracy"), {
      title: "Right answers",
      hint: "Solid: test images, which it never trains on. Dotted: the images it trains on.",
      format: (value) => percent(value),
      tick: (value) => percent(value, 0),
      most: 1,
      leastSpan: 0.2,
    }),
    new Chart(byId("chart-loss"), {
      title: "Loss",
      hint: "How far its answers are from right; lower is better. Solid: test images. Dotted: the images it trains on.",
      format: measured,
      tick: number,
      leastSpan: 0.5,
    }),
    new Chart(byId("chart-norm"), {
      title: "Size of the weights",
      hint: "The length (norm) of all weights taken as one vector: what weight decay acts on.",
      format: measured,
      tick: number,
      leastSpan: 0.25,
    }),
  ] as const;

  constructor() {
    onThemeChange(() => {
      for (const chart of this.#charts) chart.redraw();
    });
  }

  /** Draws all runs, the last of them in front. `epochs` is how far the charts reach at least. */
  show(runs: readonly Run[], epochs: number): void {
    const current = runs.at(-1);
    const reach = Math.max(epochs, ...runs.map((run) => run.setup.epochs));
    const tests = (value: (score: Score) => number, fromStart: boolean): Curve[] =>
      runs.map((run) => {
        // An untrained network answers at random: that point would only flatten the rest.
        const scores = run.scores.filter(({ step }) => fromStart || step > 0);
        return {
          x: scores.map(({ step }) => step / stepsPerEpoch(run)),
          y: scores.map(value),
          colour: run.colour,
          kind: run === current ? "front" : "faint",
        };
      });
    const training = (value: "loss" | "accuracy"): Curve[] =>
      current?.training
        ? [{ x: current.training.x, y: current.training[value], colour: current.colour, kind: "dotted" }]
        : [];
    const [accuracy, loss, norm] = this.#charts;
    accuracy.show([...training("accuracy"), ...tests((score) => score.accuracy, false)], reach);
    loss.show([...training("loss"), ...tests((score) => score.loss, false)], reach);
    norm.show(
      tests((score) => score.weightNorm, true),
      reach,
    );
  }
}

const stepsPerEpoch = (run: Run): number => run.plan?.stepsPerEpoch ?? 1;
