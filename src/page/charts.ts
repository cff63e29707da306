import { Chart, type Curve, onThemeChange } from "./chart.ts";
import { byId } from "./dom.ts";
import { measured, number, percent } from "./format.ts";
import type { Score } from "./protocol.ts";
import type { Run } from "./runs.ts";
import { lengthOf, type Setup, unitOf } from "./setup.ts";

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
      hint: "How far its answers are from right; lower is better. Solid: what it never trains on. Dotted: what it trains on.",
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

  /** Draws the runs that are of the last one's kind, and that one in front; without a run, the empty charts of a setup. */
  show(all: readonly Run[], planned: Setup): void {
    const current = all.at(-1);
    const unit = unitOf(current?.setup ?? planned);
    const isText = unit === "step";
    const runs = all.filter((run) => unitOf(run.setup) === unit);
    const reach = current ? Math.max(...runs.map((run) => lengthOf(run.setup))) : lengthOf(planned) || 1;
    byId("chart-accuracy").hidden = isText;
    const tests = (value: (score: Score) => number, fromStart: boolean): Curve[] =>
      runs.map((run) => {
        // An untrained network answers at random: that point would only flatten the rest.
        const scores = run.scores.filter(({ step }) => fromStart || step > 0);
        return {
          x: scores.map(({ step }) => step / stepsPerUnit(run)),
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
    const ground = { unit, reach };
    accuracy.show([...training("accuracy"), ...tests((score) => score.images?.accuracy ?? Number.NaN, false)], ground);
    loss.show([...training("loss"), ...tests((score) => score.loss, isText)], {
      ...ground,
      ...(isText && { suffix: " nats a character" }),
    });
    norm.show(
      tests((score) => score.weightNorm, true),
      ground,
    );
  }
}

const stepsPerUnit = (run: Run): number => run.plan?.stepsPerUnit ?? 1;
