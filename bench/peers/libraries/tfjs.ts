/** TensorFlow.js on its WebGPU and its WASM back end: variables, `optimizer.minimize` in a `tidy`, nothing read back. */
import { type BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import {
  type Hyper,
  inTurn,
  type Library,
  type Trainee,
  type TrainingTask,
  type Updatee,
  type UpdateTask,
} from "../task.ts";
import { lossOf, variablesOf } from "./tfjsNetworks.ts";

type BackEnd = "webgpu" | "wasm";

/** Where the server has the WASM back end's own files. */
const wasmFolder = "/bench/peers/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

export const tfjsWebgpu: Library = {
  name: "TensorFlow.js WebGPU",
  rule: "adam",
  note: "it has no AdamW; ids become rows by a product with one-hot vectors, whose gradient is faster than a gather's",
  open: () => open("webgpu"),
  device: () => (tf.findBackend("webgpu") as WebGPUBackend).device,
  train: (task) => train("webgpu", task),
  update: (task) => update("webgpu", task),
};

export const tfjsWasm: Library = {
  name: "TensorFlow.js WASM",
  rule: "adam",
  open: () => open("wasm"),
  heapBytes: () => {
    const { wasm } = tf.findBackend("wasm") as BackendWasm;
    return (wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.byteLength; // Its types leave it out.
  },
  train: (task) => train("wasm", task),
  update: (task) => update("wasm", task),
};

async function open(backEnd: BackEnd): Promise<void> {
  setWasmPaths(wasmFolder);
  if (!(await tf.setBackend(backEnd))) throw new Error(`TensorFlow.js: its back end "${backEnd}" does not start here.`);
}

/** All back ends share one engine: before its turn a contender has to make its own the current one. */
async function select(backEnd: BackEnd): Promise<void> {
  if (tf.getBackend() !== backEnd) await tf.setBackend(backEnd);
}

/** Kernels are submitted fifteen at a time, or when something is read. */
async function settle(backEnd: BackEnd): Promise<void> {
  if (backEnd === "wasm") return;
  const backend = tf.findBackend("webgpu") as WebGPUBackend;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
}

const adamOf = ({ lr, beta1, beta2, eps }: Hyper): tf.AdamOptimizer => tf.train.adam(lr, beta1, beta2, eps);

async function train(backEnd: BackEnd, task: TrainingTask): Promise<Trainee> {
  await select(backEnd);
  const { weights, all } = variablesOf(task);
  const optimizer = adamOf(task.hyper);
  const next = inTurn(task.batches);
  const loss = lossOf(task.network, weights);
  const step = (isKept: boolean): tf.Scalar => {
    const { x, y } = next();
    return tf.tidy(() => optimizer.minimize(() => loss(x, y), isKept, all) as tf.Scalar);
  };
  return {
    name: backEnd,
    prepare: () => select(backEnd),
    step: () => void step(false),
    settle: () => settle(backEnd),
    lossOfStep: async () => {
      const kept = step(true);
      const [value] = await kept.data();
      kept.dispose();
      return value as number;
    },
    destroy: () => tf.dispose(all),
  };
}

async function update(backEnd: BackEnd, { params, hyper }: UpdateTask): Promise<Updatee> {
  await select(backEnd);
  const all = params.map((numbers) => tf.tidy(() => tf.variable(tf.tensor1d(numbers))));
  const optimizer = adamOf(hyper);
  let gradients: { name: string; tensor: tf.Tensor }[] = [];
  return {
    name: backEnd,
    prepare: () => select(backEnd),
    setGradients: (given) => {
      for (const { tensor } of gradients) tensor.dispose();
      gradients = given.map((numbers, i) => ({ name: (all[i] as tf.Variable).name, tensor: tf.tensor1d(numbers) }));
    },
    step: () => tf.tidy(() => optimizer.applyGradients(gradients)),
    settle: () => settle(backEnd),
    read: async () => {
      const found: Float32Array[] = [];
      for (const variable of all) found.push((await variable.data()) as Float32Array);
      return found;
    },
    destroy: () => tf.dispose([...all, ...gradients.map(({ tensor }) => tensor)]),
  };
}
