import { LimitError } from "./errors.ts";
import type { Slice } from "./slice.ts";

/** One launch of a kernel, prepared once and encoded as often as wanted. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroups: readonly GPUBindGroup[];
  readonly x: number;
  readonly y: number;
}

/** Encodes launches into a pass, in the given order. `pipeline` is what the pass has set; returns what it has then. */
export function encodeInto(
  pass: GPUComputePassEncoder,
  dispatches: readonly Dispatch[],
  pipeline?: GPUComputePipeline,
): GPUComputePipeline | undefined {
  let current = pipeline;
  for (const dispatch of dispatches) {
    if (dispatch.pipeline !== current) pass.setPipeline(dispatch.pipeline);
    current = dispatch.pipeline;
    for (let i = 0; i < dispatch.bindGroups.length; i++) pass.setBindGroup(i, dispatch.bindGroups[i]);
    pass.dispatchWorkgroups(dispatch.x, dispatch.y);
  }
  return current;
}

/**
 * The order of work: dispatches go into one compute pass, passes and copies into one encoder, all of it out in one
 * submit. Nothing but the encoder and its passes is created on the way.
 */
export class CommandStream {
  readonly #device: GPUDevice;
  readonly #check: () => void;
  readonly #watch: (send: () => void) => void;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;
  #submitted: (() => void)[] = [];
  /** Since the start: launches, submits, copies and `writeBuffer` calls. */
  readonly counts = { dispatches: 0, submits: 0, copies: 0, writes: 0 };

  /** `check` throws where the device can no longer be trusted; `watch` runs a submit and finds out if it was refused. */
  constructor(device: GPUDevice, check: () => void, watch: (send: () => void) => void = (send) => send()) {
    this.#device = device;
    this.#check = check;
    this.#watch = watch;
  }

  /**
   * Writes host data into a slice, ahead of everything that is submitted from now on.
   * @throws LimitError where it would run into the slice's neighbour.
   */
  write(slice: Slice, data: ArrayBufferView<ArrayBuffer> | ArrayBuffer): void {
    if (data.byteLength > slice.size) {
      throw new LimitError(
        `${slice.buffer.label}: the slice is too small (got ${data.byteLength} bytes, allowed ${slice.size}).`,
      );
    }
    this.#device.queue.writeBuffer(slice.buffer, slice.offset, data);
    this.counts.writes += 1;
  }

  /** Encodes launches in the given order. */
  dispatch(...dispatches: readonly Dispatch[]): void {
    if (dispatches.length > 0) this.#pass ??= this.#openEncoder().beginComputePass();
    if (this.#pass) this.#pipeline = encodeInto(this.#pass, dispatches, this.#pipeline);
    this.counts.dispatches += dispatches.length;
  }

  /** Encodes a copy of `from` to the start of `to`. */
  copy(from: Slice, to: Slice): void {
    this.#endPass();
    this.#openEncoder().copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.size);
    this.counts.copies += 1;
  }

  /** Encodes that a slice is filled with zeros. */
  clear({ buffer, offset, size }: Slice): void {
    this.#endPass();
    this.#openEncoder().clearBuffer(buffer, offset, size);
  }

  /** Calls back once, right after the next submit. */
  afterSubmit(callback: () => void): void {
    this.#submitted.push(callback);
  }

  /**
   * Sends all that was encoded, in one submit; does nothing where nothing was.
   * @throws the error that made the device unusable, if one did.
   */
  submit(): void {
    this.#check();
    if (!this.#encoder) return;
    this.#endPass();
    const encoder = this.#encoder;
    this.#encoder = undefined;
    this.#watch(() => this.#device.queue.submit([encoder.finish()]));
    this.counts.submits += 1;
    const callbacks = this.#submitted;
    this.#submitted = [];
    for (const callback of callbacks) callback();
  }

  #openEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
  }
}
