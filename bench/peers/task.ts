/** What every contender is asked to do, and how it is driven. */
import type { NamedNumbers } from "../../src/engine/index.ts";
import type { Contender } from "../measure.ts";

/** The network of a training, with the shapes and names of shrinkstep's tasks. */
export type Network =
  | { readonly kind: "mlp"; readonly batch: number; readonly sizes: readonly number[] }
  | {
      readonly kind: "transformer";
      readonly batch: number;
      readonly characters: number;
      readonly width: number;
      readonly context: number;
      readonly layers: number;
      readonly heads: number;
    }
  | {
      readonly kind: "cnn";
      readonly batch: number;
      readonly side: number;
      readonly channels: number;
      readonly classes: number;
    };

export type Of<Kind extends Network["kind"]> = Extract<Network, { kind: Kind }>;

/** Inputs, float32 or ids, and the classes that should come out: row-major. */
export interface Batch {
  readonly x: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  readonly y: Uint32Array<ArrayBuffer>;
}

/** Adam's; `weightDecay` is AdamW's. */
export interface Hyper {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** A network to be trained with Adam. */
export interface TrainingTask {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, NamedNumbers>;
  /** One a step, in turn. */
  readonly batches: readonly Batch[];
  readonly hyper: Hyper;
}

/** A training under way. `step` takes the next batch: it brings it to the device, as every real loop has to. */
export interface Trainee extends Contender {
  /** A step, and the loss of its batch before it. */
  lossOfStep(): Promise<number>;
}

export type RuleName = "adam" | "adamw";

/** Tensors to be updated by a rule, with gradients that stay on the device. */
export interface UpdateTask {
  readonly rule: RuleName;
  readonly params: readonly Float32Array<ArrayBuffer>[];
  readonly hyper: Hyper;
}

/** An optimizer under way. */
export interface Updatee extends Contender {
  /** The gradients of the steps from now on. */
  setGradients(gradients: readonly Float32Array<ArrayBuffer>[]): void;
  read(): Promise<Float32Array[]>;
}

/** A library on one of its back ends. */
export interface Library {
  readonly name: string;
  /** With which it does bare updates: AdamW where it has it. */
  readonly rule: RuleName;
  /** How it is used here, where a reader would ask. */
  readonly note?: string;
  /** Opens the back end. */
  open(): Promise<void>;
  /** Its GPU, where it is on one. */
  device?(): GPUDevice;
  /** Bytes of its heap, where it is on the CPU. */
  heapBytes?(): number;
  train(task: TrainingTask): Promise<Trainee>;
  update(task: UpdateTask): Promise<Updatee>;
}

/** The batches in turn, from the first. */
export function inTurn(batches: readonly Batch[]): () => Batch {
  let next = 0;
  return () => batches[next++ % batches.length] as Batch;
}
