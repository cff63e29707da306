import { byId } from "./dom.ts";
import { count, duration, measured, number, percent } from "./format.ts";
import type { Plan, Score, Standing } from "./protocol.ts";
import { type Setup, unitOf } from "./setup.ts";

/** What the page is doing: also on `<body data-state>`, for the style sheet and for tests. */
export type State =
  | "opening"
  | "idle"
  | "loading"
  | "training"
  | "paused"
  | "finished"
  | "failed"
  | "lost"
  | "unavailable";

const headlines: Readonly<Record<State, string>> = {
  opening: "Opening the GPU …",
  idle: "Ready",
  loading: "Preparing …",
  training: "Training",
  paused: "Paused",
  finished: "Finished",
  failed: "Stopped",
  lost: "GPU lost",
  unavailable: "No GPU to train on",
};

interface Notice {
  readonly title: string;
  /** What to do, where the error's own words are meant for a programmer; those follow as a detail. */
  readonly remedy?: string;
}

const notices: Partial<Record<State, Notice>> = {
  failed: { title: "The run ended early" },
  lost: {
    title: "The GPU went away",
    remedy: "The browser or the driver took it back. Press Reset to open it again; the curves so far stay.",
  },
  unavailable: { title: "This browser cannot train here" },
};

/** In every state without a notice of its own. */
let lasting: (Notice & { readonly detail: string }) | undefined;

const withoutGpu: Notice = {
  title: "There is no WebGPU here: the CPU trains, slowly",
  remedy: "A perceptron takes a minute or two. What would take more than ten minutes is refused, and needs a GPU.",
};

/** Shows a state: headline, announcement, and the panel that says what is wrong. */
export function showState(state: State, message = ""): void {
  document.body.dataset.state = state;
  byId("headline").textContent = headlines[state];
  if (state !== "training" && state !== "opening") announce(headlines[state]);
  const notice = notices[state] ?? lasting;
  byId("notice").hidden = notice === undefined;
  if (state !== "training" && state !== "paused") byId("stat-left").textContent = "–";
  if (notice === undefined) return;
  byId("notice-title").textContent = notice.title;
  byId("notice-text").textContent = notice.remedy ?? message;
  byId("notice-detail").textContent = notice === lasting ? lasting.detail : notice.remedy ? message : "";
}

/** Names what trains; `noGpu` says why that is no GPU. */
export function showAdapter(label: string, isSoftware: boolean, noGpu?: string): void {
  lasting = noGpu === undefined ? undefined : { ...withoutGpu, detail: noGpu };
  byId("adapter").textContent = label;
  byId("adapter").dataset.software = String(isSoftware);
  byId("adapter").title = noGpu
    ? "The processor trains, by the reference that GPUs are checked against: the same steps, but slow."
    : isSoftware
      ? "WebGPU runs on the processor here: the results are the same, but it is slow."
      : "The GPU that trains.";
}

export function showStanding(standing: Standing, plan: Plan, setup: Setup): void {
  const { step, stepsPerSecond, secondsLeft, dispatchesPerStep, submitsPerStep } = standing;
  if (document.body.dataset.state === "training") byId("headline").textContent = headlineOf(step, plan, setup);
  byId<HTMLProgressElement>("progress").value = step / plan.steps;
  byId("stat-step").textContent = `${count(step)} of ${count(plan.steps)}`;
  byId("stat-step").dataset.step = String(step);
  byId("stat-speed").textContent = stepsPerSecond < 10 ? number(stepsPerSecond) : count(stepsPerSecond);
  byId("stat-left").textContent = duration(secondsLeft);
  byId("stat-dispatches").textContent = count(dispatchesPerStep);
  byId("stat-submits").textContent = count(submitsPerStep);
  document.title = `${percent(step / plan.steps, 0)} · shrinkstep`;
}

function headlineOf(step: number, { stepsPerUnit }: Plan, setup: Setup): string {
  return unitOf(setup) === "step" ? "Learning to write" : `Epoch ${Math.ceil(step / stepsPerUnit)} of ${setup.epochs}`;
}

export function showPlan(plan: Plan): void {
  byId("stat-step").textContent = `0 of ${count(plan.steps)}`;
  byId("stat-step").dataset.step = "0";
  byId("stat-parameters").textContent = count(plan.parameters);
}

/** For those who listen: once a score, and no more. */
export function announceScore({ step, loss, images }: Score, { stepsPerUnit }: Plan): void {
  if (step === 0) return;
  if (images)
    announce(`After epoch ${Math.round(step / stepsPerUnit)}: ${percent(images.accuracy)} of the test images right.`);
  else announce(`After step ${step}: a loss of ${measured(loss)} nats a character on the text held back.`);
}

export function clearStanding(): void {
  for (const name of ["step", "speed", "left", "parameters", "dispatches", "submits"])
    byId(`stat-${name}`).textContent = "–";
  delete byId("stat-step").dataset.step;
  byId<HTMLProgressElement>("progress").value = 0;
  document.title = "shrinkstep";
}

function announce(text: string): void {
  byId("announcement").textContent = text;
}
