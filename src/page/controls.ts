import { decayMeaning } from "./decayWords.ts";
import { byId } from "./dom.ts";
import { number, percent } from "./format.ts";
import { type DatasetName, type OptimizerName, optimizers, ruleOf, type Setup, trainImages } from "./setup.ts";

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
  #family: OptimizerName = "adamw";

  /** `onChange` is called whenever the setup, or whether it is valid, may have changed. */
  constructor(onChange: () => void) {
    for (const dial of dials) {
      byId(`${dial}-slider`).addEventListener("input", () => {
        this.#input(dial).value = String(fromSlider(dial, Number(byId<HTMLInputElement>(`${dial}-slider`).value)));
      });
    }
    this.#form.addEventListener("input", (event) => {
      const { name } = event.target as HTMLInputElement;
      if (name === "optimizer") this.#suggest();
      if (name in scales || name === "optimizer") this.#alignSliders();
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
      dataset: chosen("dataset") as DatasetName,
      optimizer: chosen("optimizer") as OptimizerName,
      lr: numeric("lr"),
      weightDecay: numeric("weightDecay"),
      momentum: numeric("momentum"),
      epochs: numeric("epochs"),
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
    this.#family = setup.optimizer;
    this.#alignSliders();
    this.#explain();
  }

  set enabled(on: boolean) {
    this.#fields.disabled = !on;
  }

  /** What is wrong with the setup, or undefined. */
  problem(): string | undefined {
    for (const input of this.#form.querySelectorAll<HTMLInputElement>("input[type=number]")) {
      if (input.name === "momentum" && !optimizers[this.setup.optimizer].usesMomentum) continue;
      if (input.checkValidity()) continue;
      const label = input.labels?.[0]?.textContent?.trim() ?? input.name;
      const whole = input.step === "1" ? "a whole number" : "a number";
      return `${label} must be ${whole} from ${number(Number(input.min))} to ${Number(input.max).toLocaleString("en")}.`;
    }
    const { dataset, batch } = this.setup;
    if (batch > trainImages[dataset]) return `Batch must be at most ${trainImages[dataset]}, the images there are.`;
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

  /** An optimizer of another family starts from values that suit it, unless a person has already chosen some. */
  #suggest(): void {
    const next = this.setup.optimizer;
    const before = optimizers[this.#family].suggested;
    if (dials.every((dial) => this.#input(dial).valueAsNumber === before[dial])) {
      for (const dial of dials) this.#input(dial).value = String(optimizers[next].suggested[dial]);
    }
    this.#family = next;
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
    byId("momentum-field").hidden = !optimizers[setup.optimizer].usesMomentum;
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
    const steps = stepsPerEpoch * setup.epochs;
    const leftAfter = (share: number): number => (1 - shrink) ** (steps * share);
    const line = Array.from({ length: 41 }, (_, i) => `${2.5 * i},${(1.5 + 22 * (1 - leftAfter(i / 40))).toFixed(2)}`);
    byId("meaning-line").setAttribute("points", line.join(" "));
    byId("meaning-area").setAttribute("points", `0,24 ${line.join(" ")} 100,24`);
    byId("meaning-left").textContent = `${percent(leftAfter(1), 0)} of such a weight is left at the end of this run.`;
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
