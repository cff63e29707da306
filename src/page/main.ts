/** The page: hands what a person chooses to the training worker, and shows what the worker tells. */
import { Charts } from "./charts.ts";
import { Controls } from "./controls.ts";
import { byId } from "./dom.ts";
import { learnedBefore, remember } from "./learned.ts";
import { clearMistakes, showMistakes } from "./mistakes.ts";
import type { FromWorker, Score, ToWorker } from "./protocol.ts";
import { type Run, Runs } from "./runs.ts";
import { optimizers, tasks } from "./setup.ts";
import { announceScore, clearStanding, type State, showAdapter, showPlan, showStanding, showState } from "./status.ts";
import { TrainingCurve } from "./trainingCurve.ts";
import { clearWriting, showSample, showWriting } from "./writing.ts";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "training" });
const ask = (message: ToWorker): void => worker.postMessage(message);

const go = byId<HTMLButtonElement>("go");
const reset = byId<HTMLButtonElement>("reset");
const controls = new Controls(() => update());
const charts = new Charts();
const runs = new Runs(() => draw());
let state: State = "opening";

const editable: readonly State[] = ["idle", "finished", "failed"];
const underWay: readonly State[] = ["loading", "training", "paused"];
const goLabels: Partial<Record<State, string>> = { training: "Pause", paused: "Resume", finished: "Train again" };

function enter(next: State, message?: string): void {
  state = next;
  showState(next, message);
  runs.locked = !editable.includes(next);
  update();
}

/** Brings the buttons in line with the state. */
function update(): void {
  controls.enabled = editable.includes(state);
  go.textContent = goLabels[state] ?? "Start training";
  const canStart = editable.includes(state) && controls.problem() === undefined;
  go.disabled = !(canStart || state === "training" || state === "paused");
  reset.disabled = ["opening", "idle", "unavailable"].includes(state);
  if (runs.all.length === 0) draw();
}

function draw(): void {
  document.documentElement.style.setProperty("--accent", `var(--run-${runs.current?.colour ?? 0})`);
  charts.show(runs.all, controls.setup);
  const { isText } = tasks[(runs.current?.setup ?? controls.setup).task];
  byId("mistakes-section").hidden = isText;
  byId("writing").hidden = !isText;
}

function clearResults(): void {
  clearStanding();
  clearMistakes();
  clearWriting();
  draw();
}

function start(): void {
  const run = runs.begin(controls.setup);
  clearResults();
  enter("loading");
  // On a narrow page the results lie below the form.
  if (matchMedia("(max-width: 920px)").matches) byId("standing").scrollIntoView();
  ask({ type: "start", setup: run.setup, dataUrl: new URL("data/", document.baseURI).href });
}

/** The last run's setup with the other kind of decay. */
function startTwin(): void {
  if (!runs.current) return;
  const { setup } = runs.current;
  controls.setup = { ...setup, optimizer: optimizers[setup.optimizer].twin };
  start();
}

byId("setup").addEventListener("submit", (event) => {
  event.preventDefault();
  if (go.disabled) return;
  if (state === "training") {
    ask({ type: "pause" });
  } else if (state === "paused") {
    enter("training");
    ask({ type: "resume" });
  } else {
    start();
  }
});

byId("compare").addEventListener("click", startTwin);

reset.addEventListener("click", () => {
  // What was finished, or lost on the way, stays to be compared with.
  if (runs.current && underWay.includes(state)) runs.remove(runs.current);
  ask(state === "lost" ? { type: "open", known: learnedBefore() } : { type: "drop" });
  clearResults();
  enter("opening");
});

worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
  if (data.type === "ready") {
    showAdapter(data.adapter, data.isSoftware, data.noGpu);
    enter("idle");
  } else if (data.type === "learned") {
    remember(data.learned);
  } else if (data.type === "unavailable") {
    showAdapter("no GPU", false);
    enter("unavailable", data.message);
  } else if (data.type === "lost") {
    breakOff("lost", data.message);
  } else if (data.type === "dropped") {
    if (state === "opening") enter("idle");
  } else if (underWay.includes(state) && runs.current) {
    // Between a reset and its answer, what still comes belongs to a run that is no more.
    follow(runs.current, data);
  }
});

/** Shows what the worker tells of the run. */
function follow(run: Run, message: FromWorker): void {
  switch (message.type) {
    case "started":
      run.plan = message.plan;
      run.training = new TrainingCurve(message.plan);
      showPlan(message.plan);
      enter("training");
      break;
    case "progress":
      run.training?.add(message.losses);
      if (run.plan) showStanding(message.standing, run.plan, run.setup);
      draw();
      break;
    case "writing":
      showWriting(message.text);
      break;
    case "scored":
      showScore(run, message.score);
      break;
    case "paused":
    case "finished":
      enter(message.type);
      break;
    case "failed":
      breakOff("failed", message.message);
      break;
  }
}

function showScore(run: Run, score: Score): void {
  run.scores.push(score);
  if (run.plan) {
    if (score.images && run.plan.images) showMistakes(score.images, run.plan.images);
    if (score.sample !== undefined) showSample(score.sample, score);
    announceScore(score, run.plan);
  }
  runs.show();
  draw();
  if (Number.isFinite(score.loss)) return;
  ask({ type: "drop" });
  breakOff("failed", "The weights grew beyond all bounds. Lower the learning rate and train again.");
}

function breakOff(as: "failed" | "lost", message: string): void {
  if (runs.current?.scores.length === 0) runs.remove(runs.current);
  draw();
  enter(as, message);
}

worker.addEventListener("error", ({ message }) => {
  enter("unavailable", `The training worker did not start (${message || "no reason given"}). Reload the page.`);
});

ask({ type: "open", known: learnedBefore() });
