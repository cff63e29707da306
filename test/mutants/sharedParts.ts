/** Mistakes in the WGSL that the rules share, which no rule brings along: made in every kernel that is compiled meanwhile. */
import { vi } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";

export interface SharedMistake {
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

/**
 * Does the work while `wrong` is in the place of `right`.
 * @throws Error where the file does not hold `right` exactly once, or no kernel has the file: nothing would be wrong.
 */
export async function withMistake<T>(gpu: Gpu, mistake: SharedMistake, work: () => Promise<T>): Promise<T> {
  const { file, right, wrong } = mistake;
  const get = gpu.kernels.get.bind(gpu.kernels);
  let found = 0;
  const spy = vi.spyOn(gpu.kernels, "get").mockImplementation((source) => {
    const parts = source.parts.map((part) => {
      if (part.file !== file) return part;
      const pieces = part.code.split(right);
      if (pieces.length !== 2) throw new Error(`${file}: "${right}" is there ${pieces.length - 1} times, not once.`);
      found += 1;
      return { ...part, code: pieces.join(wrong) };
    });
    return get({ ...source, parts });
  });
  try {
    const done = await work();
    if (found === 0) throw new Error(`No kernel has ${file}.`);
    return done;
  } finally {
    spy.mockRestore();
  }
}
