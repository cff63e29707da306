/**
 * The training worker: it owns the GPU, so that neither the page's work nor a hidden tab slows the training down. Where there
 * is no WebGPU the CPU reference trains, and the page is told.
 */
import type { MatmulTable } from "../engine/index.ts";
import { DeviceLostError, type Gpu, openGpu, WebGPUUnavailableError } from "../gpu/index.ts";
import type { Learned } from "./learned.ts";
import { cpuLabel } from "./onCpu.ts";
import { productsFor } from "./products.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import type { Setup } from "./setup.ts";
import { TrainingRun } from "./trainingRun.ts";

let on: Gpu | "cpu" | undefined;
let products: MatmulTable | undefined;
let run: TrainingRun | undefined;
/** Counts the runs that were asked for, so that one still being made knows that nobody waits for it any more. */
let asked = 0;

const tell = (message: FromWorker): void => postMessage(message);

async function open(known: Learned): Promise<void> {
  run = undefined; // Its memory went with its device.
  try {
    const opened = await openGpu();
    products = await productsFor(opened, known, (learned) => tell({ type: "learned", learned }));
    on = opened;
    opened.lost.then(({ message }) => {
      asked += 1;
      on = undefined;
      tell({ type: "lost", message });
    });
    tell({ type: "ready", adapter: opened.adapter.label, isSoftware: opened.adapter.isSoftware });
  } catch (error) {
    if (!(error instanceof WebGPUUnavailableError)) return tell({ type: "unavailable", message: messageOf(error) });
    on = "cpu";
    tell({ type: "ready", adapter: `${cpuLabel} (no WebGPU)`, isSoftware: true, noGpu: error.message });
  }
}

async function start(setup: Setup, dataUrl: string): Promise<void> {
  drop();
  const mine = asked;
  if (!on) return;
  const made = await TrainingRun.create(on, products, setup, dataUrl, tell);
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
      open(data.known);
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
