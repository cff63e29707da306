import { adamw, createOptimizer, openGpu } from "../src/index.ts";

const gpu = await openGpu(); // or openGpu({ device }) over a device of your own
const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
const buffer = (elements: number) => gpu.device.createBuffer({ size: elements * 4, usage });

const optimizer = await createOptimizer(gpu, adamw({ lr: 3e-4, weightDecay: 0.1 }), [
  { name: "w", shape: [784, 128], param: buffer(784 * 128), grad: buffer(784 * 128) },
  { name: "b", shape: [128], param: buffer(128), grad: buffer(128) },
]);
console.log(optimizer.describe());
optimizer.step();
