/** shrinkstep as a contender, used as its README says: on a device of its own each time, so that counts do not mix. */

import { losses } from "../../src/engine/index.ts";
import { layoutSlab, openGpu, readSlices, Slab } from "../../src/gpu/index.ts";
import { adam, adamw, createOptimizer } from "../../src/optim/index.ts";
import { compile } from "../../src/train/index.ts";
import type { Entered } from "./contest.ts";
import { inTurn, type Trainee, type Updatee, type UpdateTask } from "./task.ts";
import type { Training } from "./workloads.ts";

export async function train({ task, model, types }: Training): Promise<Entered<Trainee>> {
  const gpu = await openGpu();
  let lastLoss = Number.NaN;
  const training = await compile(gpu, {
    model,
    batch: types,
    loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
    optimizer: adam(task.hyper),
    onStep: ({ loss }) => {
      lastLoss = loss;
    },
  });
  training.weights.load(task.weights);
  const next = inTurn(task.batches);
  const contender: Trainee = {
    name: "shrinkstep",
    step: () => training.step(next()),
    settle: () => training.settled(),
    lossOfStep: async () => {
      await training.step(next());
      await training.settled();
      return lastLoss;
    },
    destroy: () => {
      training.destroy();
      gpu.destroy();
    },
  };
  return { contender, device: gpu.device };
}

export async function update({ rule, params, hyper }: UpdateTask): Promise<Entered<Updatee>> {
  const gpu = await openGpu();
  const entries = params.map(({ length }, i) => ({ name: `w${i}`, elements: length }));
  const layout = layoutSlab(entries, gpu.limits.maxBufferSize);
  const [weights, grads] = [new Slab(gpu.pool, layout, "peers param"), new Slab(gpu.pool, layout, "peers grad")];
  const write = (slab: Slab, numbers: readonly Float32Array<ArrayBuffer>[]): void => {
    for (const [i, each] of numbers.entries()) gpu.stream.write(slab.slice(`w${i}`), each);
  };
  write(weights, params);
  const tensors = entries.map(({ name, elements }) => {
    return { name, shape: [elements], param: weights.slice(name), grad: grads.slice(name) };
  });
  const { weightDecay, ...adams } = hyper;
  // A tensor of one dimension is exempt from decay unless told.
  const groups = [{ tensors, exempt: () => false }];
  const optimizer = await createOptimizer(
    gpu,
    rule === "adamw" ? adamw({ ...adams, weightDecay }) : adam(adams),
    groups,
  );
  const contender: Updatee = {
    name: "shrinkstep",
    setGradients: (numbers) => write(grads, numbers),
    step: () => optimizer.step(),
    settle: () => gpu.settle(gpu.device.queue.onSubmittedWorkDone()),
    read: async () => {
      const slices = entries.map(({ name }, i) => ({ ...weights.slice(name), size: 4 * (params[i]?.length ?? 0) }));
      return (await readSlices(gpu, slices)) as Float32Array[];
    },
    destroy: () => {
      for (const owner of [optimizer, weights, grads, gpu]) owner.destroy();
    },
  };
  return { contender, device: gpu.device };
}
