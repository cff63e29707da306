import type { Gpu } from "../gpu/index.ts";
import type { StateSlice } from "./storage.ts";
import type { PassTensor, Variant } from "./variant.ts";

/** Tensors with the scratch that a rule's kernels work in, as states behind their own. */
export interface WithScratch {
  readonly tensors: readonly PassTensor[];
  release(): void;
}

/**
 * Makes a rule's scratch: buffers like those of its first state, and laid out as they are, so that tiles find their way in
 * all of them. Nothing in them outlasts a step, so no checkpoint has them.
 */
export function withScratch({ pool }: Gpu, { scratch = [] }: Variant, tensors: readonly PassTensor[]): WithScratch {
  const made: GPUBuffer[] = [];
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const mirrors = scratch.map((name) => {
    const known = new Map<GPUBuffer, GPUBuffer>();
    const mirror = ({ buffer, ...place }: StateSlice): StateSlice => {
      const twin = known.get(buffer) ?? pool.acquire(buffer.size, usage, `optim/scratch ${name}`);
      if (!known.has(buffer)) made.push(twin);
      known.set(buffer, twin);
      return { buffer: twin, ...place };
    };
    return { name, mirror };
  });
  const withOwn = (tensor: PassTensor): PassTensor => {
    const [state] = tensor.states.values();
    if (!state) return tensor;
    const added = mirrors.map(({ name, mirror }) => [name, mirror(state)] as const);
    return { ...tensor, states: new Map([...tensor.states, ...added]) };
  };
  return {
    tensors: tensors.map(withOwn),
    release: () => {
      for (const buffer of made.splice(0)) pool.release(buffer);
    },
  };
}
