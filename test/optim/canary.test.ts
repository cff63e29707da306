// Buffers of someone else's are written where the parameters' elements are, and nowhere else.
import { describe, expect } from "vitest";
import type { Slice } from "../../src/gpu/index.ts";
import { createOptimizer, type OptimizerTensor } from "../../src/optim/index.ts";
import { shapeFor } from "../parity/shapes.ts";
import { all, bufferOf, readWords, sharedGpuTest } from "../support/gpuTest.ts";
import { variants } from "./variants.ts";

const canary = 0xdeadbeef;
const sizes = [1, 2, 3, 4, 5, 6, 7, 255, 257, 1023, 1025];

/** A buffer of canaries with numbers from word `first` on. */
function withCanaries(
  device: GPUDevice,
  words: number,
  spans: readonly (readonly [first: number, count: number])[],
): GPUBuffer {
  const image = new Uint32Array(words).fill(canary);
  for (const [first, count] of spans) {
    image.set(new Uint32Array(Float32Array.from({ length: count }, (_, i) => 1 + i / 64).buffer), first);
  }
  return bufferOf(device, image);
}

/** What is not as it has to be after a step: canaries gone, or elements that did not move. */
function faults(before: Uint32Array, after: Uint32Array): string[] {
  const found: string[] = [];
  for (const [i, word] of before.entries()) {
    const moved = after[i] !== word;
    if (moved !== (word !== canary)) found.push(`word ${i} ${moved ? "was written" : "was passed over"}`);
  }
  return found;
}

describe("no word outside a tensor is written, no element is left out, and no gradient is written:", () => {
  sharedGpuTest.for(Object.entries(variants))(
    "%s, each tensor in the middle of a buffer of its own",
    async ([, rule], { gpu }) => {
      const spots = sizes.map((count) => [[128, count]] as const);
      const make = () =>
        spots.map(([[first, count]]) => withCanaries(gpu.device, first + count + 64, [[first, count]]));
      const [params, grads] = [make(), make()];
      const tensors = sizes.map((count, i): OptimizerTensor => {
        const at = (buffer: GPUBuffer): Slice => ({ buffer, offset: 512, size: count * 4 });
        return { name: `w${count}`, shape: shapeFor(rule.name, count), param: at(params[i]!), grad: at(grads[i]!) };
      });
      const words = (buffers: GPUBuffer[]) => Promise.all(buffers.map((buffer) => readWords(gpu, all(buffer))));
      const optimizer = await createOptimizer(gpu, rule, tensors);
      for (let t = 1; t <= 3; t++) {
        const [before, beforeGrads] = [await words(params), await words(grads)];
        optimizer.step();
        const after = await words(params);
        expect(before.flatMap((image, i) => faults(image, after[i]!).map((fault) => `${sizes[i]}: ${fault}`))).toEqual(
          [],
        );
        expect(await words(grads)).toEqual(beforeGrads);
      }
      optimizer.destroy();
    },
  );

  sharedGpuTest.for(Object.entries(variants))(
    "%s, a buffer given whole that is longer than its tensor",
    async ([, rule], { gpu }) => {
      for (const count of sizes) {
        const [param, grad] = [1, 2].map(() => withCanaries(gpu.device, count + 9, [[0, count]])) as [
          GPUBuffer,
          GPUBuffer,
        ];
        const optimizer = await createOptimizer(gpu, rule, [
          { name: "w", shape: shapeFor(rule.name, count), param, grad },
        ]);
        const [before, beforeGrad] = [await readWords(gpu, all(param)), await readWords(gpu, all(grad))];
        optimizer.step();
        expect(faults(before, await readWords(gpu, all(param)))).toEqual([]);
        expect(await readWords(gpu, all(grad))).toEqual(beforeGrad);
        optimizer.destroy();
      }
    },
  );

  sharedGpuTest.for(Object.entries(variants))(
    "%s, all parameters and gradients in one buffer",
    async ([, rule], { gpu }) => {
      let words = 64;
      const place = (count: number): readonly [number, number] => {
        const first = words;
        words = Math.ceil((first + count + 1) / 64) * 64;
        return [first, count];
      };
      const [params, grads] = [sizes.map(place), sizes.map(place)];
      const arena = withCanaries(gpu.device, words, [...params, ...grads]);
      const at = ([first, count]: readonly [number, number]): Slice => ({
        buffer: arena,
        offset: first * 4,
        size: count * 4,
      });
      const tensors = sizes.map((count, i): OptimizerTensor => {
        return { name: `w${count}`, shape: shapeFor(rule.name, count), param: at(params[i]!), grad: at(grads[i]!) };
      });
      const optimizer = await createOptimizer(gpu, rule, tensors);
      const before = await readWords(gpu, all(arena));
      optimizer.step();
      const after = await readWords(gpu, all(arena));
      for (const [first, count] of grads) {
        expect(after.slice(first, first + count)).toEqual(before.slice(first, first + count));
        before.fill(canary, first, first + count); // The gradients, like the canaries, may not have moved.
        after.fill(canary, first, first + count);
      }
      expect(faults(before, after)).toEqual([]);
      optimizer.destroy();
    },
  );
});
