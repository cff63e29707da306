/**
 * The errors of the host layer. Every message reads
 * `<thing>: <what is wrong> (got …, allowed …). <what to do>.` and is thrown before anything is written to the GPU.
 */
export class ShrinkstepError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no WebGPU here, or no adapter. */
export class WebGPUUnavailableError extends ShrinkstepError {}

/** The device is gone: destroyed by its owner, or lost to a driver reset or a crash of the browser's GPU process. */
export class DeviceLostError extends ShrinkstepError {
  constructor(
    readonly reason: GPUDeviceLostReason,
    detail: string,
  ) {
    super(
      reason === "destroyed"
        ? `device: it was destroyed (${detail || "by its owner"}). Open a new one with openGpu().`
        : `device: it was lost (${detail || "no reason given"}). Open a new one with openGpu() and load the last checkpoint.`,
    );
  }
}

/** The device could not hold another buffer. */
export class OutOfMemoryError extends ShrinkstepError {}

/** A shader did not compile or its pipeline could not be made. */
export class ShaderError extends ShrinkstepError {}

/** WebGPU refused a call; the work it belonged to was not done. */
export class ValidationError extends ShrinkstepError {}

/** Something is larger than the device allows. */
export class LimitError extends ShrinkstepError {}

/** An offset or a size is not a multiple of what the device asks for. */
export class AlignmentError extends ShrinkstepError {}

/** A buffer lacks a usage flag, or a call came at the wrong time. */
export class UsageError extends ShrinkstepError {}

/** A buffer belongs to another device. */
export class WrongDeviceError extends ShrinkstepError {}

/** A buffer or an object was used after it was destroyed. */
export class DisposedError extends ShrinkstepError {}

/** A buffer is mapped, so the GPU cannot use it. */
export class BufferMappedError extends ShrinkstepError {}

/** The error behind one of WebGPU's, which has few types: the rest is in its words, and those are the browser's. */
export function refusal(subject: string, error: GPUError): ShrinkstepError {
  const { message } = error;
  if (error instanceof GPUOutOfMemoryError) {
    return new OutOfMemoryError(
      `${subject}: the device has no memory for it. Use a smaller model or batch. (${message})`,
    );
  }
  if (/destroyed/i.test(message))
    return new DisposedError(`${subject} was destroyed. Give one that lives. (${message})`);
  if (/mapped/i.test(message)) return new BufferMappedError(`${subject} is mapped. Call unmap() on it. (${message})`);
  if (/associated with \[?device|mismatch|does(n't| not) match/i.test(message)) {
    return new WrongDeviceError(
      `${subject} belongs to another device. Open the GPU over that one: openGpu({ device }). (${message})`,
    );
  }
  return new ValidationError(
    `${subject} was refused by WebGPU. Where it names no buffer of yours, please report it. (${message})`,
  );
}
