import { decayMeaning, weightLeft } from "./decayWords.ts";
import { byId } from "./dom.ts";
import { number, percent } from "./format.ts";
import {
  type DatasetName,
  type OptimizerName,
  optimizers,
  ruleOf,
  type Setup,
  type Sizes,
  suggestedDials,
  type TaskName,
  tasks,
  trainImages,
} from "./setup.ts";

/** Sliders move on a log scale; the far left of the decay's is none at all. */
const scales = {
  lr: { from: 1e-5, to: 1, hasZero: false },
  weightDecay: { from: 1e-4, to: 10, hasZero: true },
} as const;
type Dial = keyof typeof scales;
const dials = Object.keys(scales) as Dial[];

/** The form: what a run is made of, and what its weight decay means. */
export class Controls {
  readonly #form = byId<HTMLFormElement>("setup");
  readonly #fields = byId<HTMLFieldSetElement>("fields");
  /** What was chosen before. */
  #before: Pick<Setup, "task" | "optimizer"> = { task: "mlp", optimizer: "adamw" };
  /** What each task had when it was last chosen. */
  readonly #sizes: Partial<Record<TaskName, Sizes>> = {};

  /** `onChange` is called whenever the setup, or whether it is valid, may have changed. */
  constructor(onChange: () => void) {
    for (const dial of dials) {
      byId(`${dial}-slider`).addEventListener("input", () => {
        this.#input(dial).value = String(fromSlider(dial, Number(byId<HTMLInputElement>(`${dial}-slider`).value)));
      });
    }
    this.#form.addEventListener("input", (event) => {
      const { name } = event.target as HTMLInputElement;
      if (name === "task") this.#changeSizes();
      if (name === "task" || name === "optimizer") this.#suggest();
      this.#alignSliders();
      this.#explain();
      onChange();
    });
    this.#alignSliders();
    this.#explain();
  }

  get setup(): Setup {
    const value = (name: string): string => String(new FormData(this.#form).get(name));
    // A disabled field is not in the FormData, so numbers are asked for one by one.
    const numeric = (name: string): number => this.#input(name).valueAsNumber;
    const chosen = (name: string): string =>
      this.#form.querySelector<HTMLInputElement>(`[name=${name}]:checked`)?.value ?? value(name);
    return {
      task: chosen("task") as TaskName,
      dataset: chosen("dataset") as DatasetName,
      optimizer: chosen("optimizer") as OptimizerName,
      lr: numeric("lr"),
      weightDecay: numeric("weightDecay"),
      momentum: numeric("momentum"),
      epochs: numeric("epochs"),
      steps: numeric("steps"),
      batch: numeric("batch"),
      width: numeric("width"),
      seed: numeric("seed"),
    };
  }

  set setup(setup: Setup) {
    for (const [name, value] of Object.entries(setup)) {
      const radio = this.#form.querySelector<HTMLInputElement>(`[name=${name}][value="${value}"]`);
      if (radio) radio.checked = true;
      else this.#input(name).value = String(value);
    }
    this.#before = setup;
    this.#alignSliders();
    this.#explain();
  }

  set enabled(on: boolean) {
    this.#fields.disabled = !on;
  }

  /** What is wrong with the setup, or undefined. */
  problem(): string | undefined {
    for (const input of this.#form.querySelectorAll<HTMLInputElement>("input[type=number]")) {
      if (input.closest("[hidden]") || input.checkValidity()) continue;
      const label = input.labels?.[0]?.textContent?.trim() ?? input.name;
      const whole = input.step === "1" ? "a whole number" : "a number";
      return `${label} must be ${whole} from ${number(Number(input.min))} to ${Number(input.max).toLocaleString("en")}.`;
    }
    const { task, dataset, batch, width } = this.setup;
    const { isText } = tasks[task];
    if (isText && width % 4 !== 0) return "Width must be a multiple of 4.";
    if (!isText && batch > trainImages[dataset])
      return `Batch must be at most ${trainImages[dataset]}, the images there are.`;
    try {
      ruleOf(this.setup);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  }

  #input(name: string): HTMLInputElement {
    return byId<HTMLInputElement>(name);
  }

  /** Another task or family of optimizers starts from values that suit it, unless a person has already chosen some. */
  #suggest(): void {
    const { setup } = this;
    const before = suggestedDials(this.#before);
    const next = suggestedDials(setup);
    if (dials.every((dial) => setup[dial] === before[dial])) {
      for (const dial of dials) this.#input(dial).value = String(next[dial]);
    }
    this.#before = setup;
  }

  /** Each task has sizes of its own. */
  #changeSizes(): void {
    const { task, epochs, steps, batch, width } = this.setup;
    this.#sizes[this.#before.task] = { epochs, steps, batch, width };
    for (const [name, value] of Object.entries(this.#sizes[task] ?? tasks[task].suggested))
      this.#input(name).value = Number.isNaN(value) ? "" : String(value);
  }

  /** Shows what makes sense for the setup, and no more. */
  #showFields({ task, optimizer }: Setup): void {
    const { isText, width } = tasks[task];
    byId("momentum-field").hidden = !optimizers[optimizer].usesMomentum;
    byId("dataset-field").hidden = isText;
    byId("book").hidden = !isText;
    byId("epochs-field").hidden = isText;
    byId("steps-field").hidden = !isText;
    byId("width-label").textContent = width.label;
    byId("width-label").title = width.hint;
    this.#input("width").max = String(width.most);
    byId("batch-label").title = isText
      ? "Passages that go into one step, of 64 characters each"
      : "Images that go into one step";
  }

  #alignSliders(): void {
    for (const dial of dials) {
      const slider = byId<HTMLInputElement>(`${dial}-slider`);
      const { valueAsNumber } = this.#input(dial);
      // The slider in hand stays where it is: rounding must not move it under the finger.
      if (slider !== document.activeElement) slider.value = String(toSlider(dial, valueAsNumber));
      slider.setAttribute("aria-valuetext", number(valueAsNumber));
    }
  }

  #explain(): void {
    const { setup } = this;
    this.#showFields(setup);
    const problem = this.problem();
    byId("problem").hidden = problem === undefined;
    byId("problem").textContent = problem ?? "";
    byId("meaning").dataset.stale = String(problem !== undefined);
    if (problem !== undefined) return;

    const stepsPerEpoch = Math.max(1, Math.floor(trainImages[setup.dataset] / setup.batch));
    const { words, shrink } = decayMeaning(setup, stepsPerEpoch);
    byId("meaning-words").textContent = words;
    const isSteady = shrink !== undefined && shrink > 0 && shrink < 1;
    byId("meaning").dataset.steady = String(isSteady);
    if (!isSteady) return;
    const steps = tasks[setup.task].isText ? setup.steps : stepsPerEpoch * setup.epochs;
    const left = weightLeft(setup, shrink, steps, 40);
    const line = left.map((share, i) => `${2.5 * i},${(1.5 + 22 * (1 - share)).toFixed(2)}`);
    byId("meaning-line").setAttribute("points", line.join(" "));
    byId("meaning-area").setAttribute("points", `0,24 ${line.join(" ")} 100,24`);
    byId("meaning-left").textContent =
      `${percent(left.at(-1) ?? 1, 0)} of such a weight is left at the end of this run.`;
  }
}

function fromSlider(dial: Dial, position: number): number {
  const { from, to, hasZero } = scales[dial];
  if (hasZero && position === 0) return 0;
  return Number((from * (to / from) ** (position / 100)).toPrecision(2));
}

function toSlider(dial: Dial, value: number): number {
  const { from, to } = scales[dial];
  if (!(value > 0)) return 0;
  return Math.round(100 * Math.min(1, Math.max(0, Math.log(value / from) / Math.log(to / from))));
}
