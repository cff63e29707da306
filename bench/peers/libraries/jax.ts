/** jax-js on WebGPU: the whole step, gradients and update, in one `jit`. */
import { defaultDevice, getWebGPUDevice, init, jit, numpy as np, valueAndGrad } from "@jax-js/jax";
import {
  type Batch,
  inTurn,
  type Library,
  type Trainee,
  type TrainingTask,
  type Updatee,
  type UpdateTask,
} from "../task.ts";
import { lossOf } from "./jaxNetworks.ts";
import { stateOf, updateOf } from "./optax.ts";

export const jaxJs: Library = {
  name: "jax-js",
  rule: "adamw",
  note: "its optax is not in the registry: Adam and AdamW as it composes them, under jit with the rest of the step; ids become rows by a product with one-hot vectors, since the gradient of a gather does not compile under jit",
  open: async () => {
    const opened = await init("webgpu");
    if (!opened.includes("webgpu")) throw new Error(`jax-js: it has no WebGPU here (got ${opened.join(", ")}).`);
    defaultDevice("webgpu");
  },
  device: getWebGPUDevice,
  train,
  update,
};

/** Compiles and submits what an array waits for, without waiting for it: all of its step, whose outputs share their kernels. */
const submit = (array: np.Array): void => void array.ref.gpuBufferSync();

async function train({ network, weights, batches, hyper }: TrainingTask): Promise<Trainee> {
  const names = [...weights.keys()];
  let params = [...weights.values()].map(({ shape, data }) => np.array(data.slice()).reshape([...shape]));
  let state = stateOf(params);
  let loss = np.array(0);
  const lossOfBatch = lossOf(network);
  const named = (arrays: np.Array[]): Record<string, np.Array> =>
    Object.fromEntries(names.map((name, i) => [name, arrays[i] as np.Array]));
  const update = updateOf("adam", hyper);
  const whole = jit((params: np.Array[], state: ReturnType<typeof stateOf>, x: np.Array, y: np.Array) => {
    const differentiated = valueAndGrad((given: np.Array[], x: np.Array, y: np.Array) =>
      lossOfBatch(named(given), x, y),
    );
    const [loss, gradients] = differentiated(
      params.map((param) => param.ref),
      x,
      y,
    );
    return { loss, ...update(gradients, state, params) };
  });
  const next = inTurn(batches);
  const step = (): void => {
    const { x, y } = onDevice(next());
    loss.dispose();
    ({ loss, params, state } = whole(params, state, x, y));
    submit(loss);
  };
  return {
    name: "jax-js",
    step,
    settle: () => loss.blockUntilReady(),
    lossOfStep: async () => {
      step();
      return (await loss.ref.data())[0] as number;
    },
    destroy: () => {
      for (const array of [loss, ...params, state.count, ...state.mu, ...state.nu]) array.dispose();
      whole.dispose();
    },
  };
}

const onDevice = ({ x, y }: Batch): { x: np.Array; y: np.Array } => ({
  x: x instanceof Float32Array ? np.array(x) : np.array(Int32Array.from(x)),
  y: np.array(Int32Array.from(y)),
});

async function update({ rule, params: given, hyper }: UpdateTask): Promise<Updatee> {
  let params = given.map((numbers) => np.array(numbers.slice()));
  let state = stateOf(params);
  let gradients: np.Array[] = [];
  const whole = jit(updateOf(rule, hyper));
  return {
    name: "jax-js",
    setGradients: (given) => {
      for (const gradient of gradients) gradient.dispose();
      gradients = given.map((numbers) => np.array(numbers.slice()));
    },
    step: () => {
      ({ params, state } = whole(
        gradients.map((gradient) => gradient.ref),
        state,
        params,
      ));
      submit(state.count);
    },
    settle: () => state.count.blockUntilReady(),
    read: async () => {
      const found: Float32Array[] = [];
      for (const param of params) found.push((await param.ref.data()) as Float32Array);
      return found;
    },
    destroy: () => {
      for (const array of [...params, ...gradients, state.count, ...state.mu, ...state.nu]) array.dispose();
      whole.dispose();
    },
  };
}
