import { byId, make } from "./dom.ts";
import { measured, number, percent } from "./format.ts";
import type { Plan, Score } from "./protocol.ts";
import { lengthOf, optimizers, type Setup, sameButOptimizer, tasks, unitOf } from "./setup.ts";
import type { TrainingCurve } from "./trainingCurve.ts";

/** Runs that are kept: as many as style.css has colours. */
const MOST = 6;

/** A run's curves, in the order they came. */
export interface Run {
  readonly setup: Setup;
  /** Which of the colours `--run-0` … is its own. */
  readonly colour: number;
  /** These two are there once it has started. */
  plan?: Plan;
  training?: TrainingCurve;
  readonly scores: Score[];
}

/** All runs of this visit, the current one last, and the table that lists them. */
export class Runs {
  readonly #list: Run[] = [];
  readonly #onChange: () => void;
  #isLocked = false;

  /** `onChange` is called when a person has taken runs away. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    byId("forget").addEventListener("click", () => {
      this.#list.splice(0, this.#list.length - 1);
      this.#changed();
    });
  }

  get all(): readonly Run[] {
    return this.#list;
  }

  get current(): Run | undefined {
    return this.#list.at(-1);
  }

  /** A new current run; the oldest goes when there are too many. */
  begin(setup: Setup): Run {
    if (this.#list.length === MOST) this.#list.shift();
    const taken = new Set(this.#list.map((run) => run.colour));
    const colour = Array.from({ length: MOST }, (_, i) => i).find((i) => !taken.has(i)) ?? 0;
    const run: Run = { setup, colour, scores: [] };
    this.#list.push(run);
    this.show();
    return run;
  }

  /** Takes a run away. */
  remove(run: Run): void {
    const index = this.#list.indexOf(run);
    if (index >= 0) this.#list.splice(index, 1);
    this.show();
  }

  /** While a run is under way it cannot be taken away. */
  set locked(on: boolean) {
    this.#isLocked = on;
    this.show();
  }

  /** Brings the table up to date. */
  show(): void {
    byId("runs").hidden = this.#list.length === 0;
    byId("runs-empty").hidden = this.#list.length > 0;
    byId("forget").hidden = this.#list.length < 2;
    byId("runs-rows").replaceChildren(...[...this.#list].reverse().map((run) => this.#row(run)));
    const verdict = this.#verdict();
    byId("verdict").hidden = verdict === undefined;
    byId("verdict").textContent = verdict ?? "";
    const { current } = this;
    const canCompare = current && !this.#isLocked && current.setup.weightDecay > 0 && verdict === undefined;
    byId("compare").hidden = !canCompare;
    if (canCompare)
      byId("compare").textContent = `Compare with ${optimizers[optimizers[current.setup.optimizer].twin].label}`;
  }

  #changed(): void {
    this.show();
    this.#onChange();
  }

  #row(run: Run): HTMLTableRowElement {
    const isCurrent = run === this.current;
    const score = run.scores.at(-1);
    const name = make("th", { title: describe(run.setup) });
    name.scope = "row";
    name.append(
      make("span", { className: "swatch" }),
      make("span", { text: optimizers[run.setup.optimizer].label }),
      make("small", { text: brief(run.setup) }),
    );
    const last = make("td");
    if (!(isCurrent && this.#isLocked)) {
      const remove = make("button", { className: "quiet", text: "×", title: "Take this run away" });
      remove.type = "button";
      remove.setAttribute("aria-label", `Take away the run with ${describe(run.setup)}`);
      remove.addEventListener("click", () => {
        this.remove(run);
        this.#onChange();
      });
      last.append(remove);
    }
    const row = make(
      "tr",
      { className: isCurrent ? "current" : "" },
      name,
      make("td", { text: score ? outcome(score) : "–" }),
      make("td", { text: score ? measured(score.weightNorm) : "–" }),
      last,
    );
    row.style.setProperty("--own", `var(--run-${run.colour})`);
    row.dataset.optimizer = run.setup.optimizer;
    return row;
  }

  /** One sentence on the two kinds of decay, where two runs differ in nothing else and have come equally far. */
  #verdict(): string | undefined {
    const { current } = this;
    const score = current?.scores.at(-1);
    const other = this.#list.findLast((run) => current && sameButOptimizer(run.setup, current.setup));
    const otherScore = other?.scores.find(({ step }) => step === score?.step);
    if (!current || !score || !other || !otherScore || score.step === 0 || current.setup.weightDecay === 0)
      return undefined;
    const label = (run: Run): string => optimizers[run.setup.optimizer].label;
    return (
      `Same seed, same decay of ${number(current.setup.weightDecay)}, same ${score.step} steps: the weights measure ` +
      `${measured(score.weightNorm)} with ${label(current)} and ${measured(otherScore.weightNorm)} with ${label(other)}.`
    );
  }
}

const outcome = ({ images, loss }: Score): string =>
  images ? percent(images.accuracy) : `${measured(loss)}\u00a0nats`;

function brief({ task, dataset, lr, weightDecay }: Setup): string {
  const { label, isText } = tasks[task];
  const learned = isText ? "" : dataset === "fashion" ? ", clothes" : ", digits";
  return `${label}${learned}, rate ${number(lr)}, decay ${number(weightDecay)}`;
}

/** All of a setup, for a tooltip. */
export function describe(setup: Setup): string {
  const { label, usesMomentum } = optimizers[setup.optimizer];
  const momentum = usesMomentum ? `, momentum ${number(setup.momentum)}` : "";
  const width = `${setup.width} ${tasks[setup.task].width.label.toLowerCase()}`;
  const size = `batch ${setup.batch}, ${width}, ${lengthOf(setup)} ${unitOf(setup)}s, seed ${setup.seed}`;
  return `${label}: ${brief(setup)}${momentum}, ${size}`;
}
