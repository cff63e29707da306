/** The training worker: it owns the GPU, so that neither the page's work nor a hidden tab slows the training down. */
import { DeviceLostError, type Gpu, openGpu } from "../gpu/index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import type { Setup } from "./setup.ts";
import { TrainingRun } from "./trainingRun.ts";

let gpu: Gpu | undefined;
let run: TrainingRun | undefined;
/** Counts the runs that were asked for, so that one still being made knows that nobody waits for it any more. */
let asked = 0;

const tell = (message: FromWorker): void => postMessage(message);

async function open(): Promise<void> {
  run = undefined; // Its memory went with its device.
  try {
    const opened = await openGpu();
    gpu = opened;
    opened.lost.then(({ message }) => {
      asked += 1;
      gpu = undefined;
      tell({ type: "lost", message });
    });
    tell({ type: "ready", adapter: opened.adapter.label, isSoftware: opened.adapter.isSoftware });
  } catch (error) {
    tell({ type: "unavailable", message: messageOf(error) });
  }
}

async function start(setup: Setup, dataUrl: string): Promise<void> {
  drop();
  const mine = asked;
  if (!gpu) return;
  const made = await TrainingRun.create(gpu, setup, dataUrl, tell);
  if (mine !== asked) return made.drop();
  run = made;
  await made.start();
}

function drop(): void {
  asked += 1;
  run?.drop();
  run = undefined;
}

/** Tells of whatever ends a run early, unless the run was dropped since; a loss of the device tells of itself. */
function watch(work: Promise<void> | undefined): void {
  const mine = asked;
  work?.catch((error: unknown) => {
    if (mine !== asked || error instanceof DeviceLostError) return;
    tell({ type: "failed", message: messageOf(error) });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "open":
      open();
      break;
    case "start":
      watch(start(data.setup, data.dataUrl));
      break;
    case "pause":
      run?.pause();
      break;
    case "resume":
      watch(run?.resume());
      break;
    case "drop":
      drop();
      tell({ type: "dropped" });
      break;
  }
});
