/**
 * shrinkstep: training neural networks on WebGPU, with optimizers that are right to the last bit that matters.
 * `shrinkstep/engine`, `/train`, `/reference` and `/interop` are doors of their own.
 */

/** The device: buffers, kernels, one stream of commands. */
export * from "./gpu/index.ts";
/** Update rules and the optimizer that runs them. */
export * from "./optim/index.ts";
