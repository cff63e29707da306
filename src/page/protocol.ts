/** What the page and its training worker say to each other. Plain data, so that it survives `postMessage`. */
import type { Learned } from "./learned.ts";
import type { Setup } from "./setup.ts";

export type ToWorker =
  /**
   * Open the GPU; also after it was lost. Answered by `ready` or, where it cannot be used, `unavailable`. `known` is what
   * the worker has `learned` before.
   */
  | { readonly type: "open"; readonly known: Learned }
  /** Begin a run, dropping the one before. `dataUrl` is where the files of `data/` are served. */
  | { readonly type: "start"; readonly setup: Setup; readonly dataUrl: string }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  /** Drop the run. Answered by `dropped`. */
  | { readonly type: "drop" };

/** What one step saw of its batch, before its update: `step` counts from 1. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
  /** Of images. */
  readonly accuracy?: number | undefined;
}

/** Where a run stands. */
export interface Standing {
  readonly step: number;
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  /** Launches and submits of one training step. */
  readonly dispatchesPerStep: number;
  readonly submitsPerStep: number;
}

/** A test image with a wrong answer. `pixels` are in [0, 1], row by row. */
export interface Mistake {
  readonly index: number;
  readonly pixels: Float32Array<ArrayBuffer>;
  readonly truth: number;
  readonly guess: number;
  /** The share of certainty that the network gave its wrong answer. */
  readonly confidence: number;
}

/** How the network does on what was held back. */
export interface Score {
  readonly step: number;
  /** In nats, of a text for each character. */
  readonly loss: number;
  /** Length of all weights taken as one vector. */
  readonly weightNorm: number;
  /** Of a run on images. */
  readonly images?: ImageScore;
  /** Of a run on text: what the network writes. */
  readonly sample?: string;
}

export interface ImageScore {
  readonly accuracy: number;
  readonly wrong: number;
  /** The most confident wrong answers, most confident first. */
  readonly mistakes: readonly Mistake[];
}

/** What a run is about to do. */
export interface Plan {
  readonly steps: number;
  /** Steps in what the run is counted in: an epoch or, on text, a step. */
  readonly stepsPerUnit: number;
  readonly parameters: number;
  readonly images?: ImagePlan;
}

export interface ImagePlan {
  readonly testImages: number;
  readonly classes: readonly string[];
  readonly imageWidth: number;
  readonly imageHeight: number;
}

export type FromWorker =
  /** `noGpu`: why there is no WebGPU, and what to do, where the CPU reference will train in its place. */
  | { readonly type: "ready"; readonly adapter: string; readonly isSoftware: boolean; readonly noGpu?: string }
  | { readonly type: "unavailable"; readonly message: string }
  /** About the GPU, to be remembered. */
  | { readonly type: "learned"; readonly learned: Learned }
  | { readonly type: "started"; readonly plan: Plan }
  | { readonly type: "progress"; readonly standing: Standing; readonly losses: readonly LossPoint[] }
  /** The network is writing: all of its text so far. */
  | { readonly type: "writing"; readonly text: string }
  | { readonly type: "scored"; readonly score: Score }
  | { readonly type: "paused" }
  | { readonly type: "finished" }
  | { readonly type: "dropped" }
  /** The GPU went away in the middle of things. */
  | { readonly type: "lost"; readonly message: string }
  /** Anything else that ended the run. */
  | { readonly type: "failed"; readonly message: string };
