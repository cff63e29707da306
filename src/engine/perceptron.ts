import { type Dispatch, type Gpu, layoutSlab, Slab, type Slice } from "../gpu/index.ts";
import { BatchBlock } from "./batchBlock.ts";
import type { WeightTensor } from "./initialWeights.ts";
import { inputGradient, type LinearShape, linear, weightGradient } from "./matmul.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";
import { Workspace } from "./workspace.ts";

/** A parameter with its gradient, both float32, each in a slab of its role. */
export interface PerceptronTensor {
  /** `layers.0.weight`, `layers.0.bias`, … */
  readonly name: string;
  /** [inputs, outputs] of a weight, [outputs] of a bias. */
  readonly shape: readonly number[];
  readonly role: "weight" | "bias";
  readonly param: Slice;
  readonly grad: Slice;
}

/** A way of rows through the network: write `batch`, encode `dispatches`, and the results are there. */
export interface Pass {
  readonly batch: BatchBlock;
  readonly dispatches: readonly Dispatch[];
  /** float32 [metricSlots, 2]: the mean loss and the number of rows predicted right, at `batch.slot`. */
  readonly metrics: Slice;
  /** uint32 [rows]: the predicted classes. */
  readonly predictions: Slice;
}

interface Layer {
  readonly weight: PerceptronTensor;
  readonly bias: PerceptronTensor;
}

/** Batches whose metrics are kept on the GPU. */
export const metricSlots = 64;

/**
 * A perceptron of linear layers with ReLU between them, and softmax cross-entropy over the last. Everything is on the
 * GPU and built once.
 */
export class Perceptron {
  readonly tensors: readonly PerceptronTensor[];
  readonly params: Slab;
  readonly #gpu: Gpu;
  readonly #grads: Slab;
  readonly #layers: readonly Layer[];
  readonly #workspaces: Workspace[] = [];

  /** `weights` are those of the layers in order, a weight and a bias each: see `initialWeights`. */
  constructor(gpu: Gpu, weights: readonly WeightTensor[]) {
    const layout = layoutSlab(
      weights.map(({ name, data }) => ({ name, elements: data.length })),
      gpu.limits.maxBufferSize,
    );
    this.#gpu = gpu;
    this.params = new Slab(gpu.pool, layout, "engine/params");
    this.#grads = new Slab(gpu.pool, layout, "engine/grads");
    this.tensors = weights.map(({ name, shape, role, data }) => {
      const tensor = { name, shape, role, param: this.params.slice(name), grad: this.#grads.slice(name) };
      gpu.stream.write(tensor.param, data);
      return tensor;
    });
    const biases = this.tensors.filter(({ role }) => role === "bias");
    this.#layers = this.tensors
      .filter(({ role }) => role === "weight")
      .map((weight, i) => ({ weight, bias: biases[i] as PerceptronTensor }));
  }

  /** Forward and loss of `rows` rows at a time. */
  evaluation(rows: number): Promise<Pass> {
    return this.#pass(rows, false);
  }

  /** Forward, loss and backward of `rows` rows at a time: the tensors' gradients are those of the batch's mean loss. */
  training(rows: number): Promise<Pass> {
    return this.#pass(rows, true);
  }

  /** Gives all memory back, that of the passes too. */
  destroy(): void {
    for (const owner of [this.params, this.#grads, ...this.#workspaces]) owner.destroy();
  }

  async #pass(rows: number, hasBackward: boolean): Promise<Pass> {
    const gpu = this.#gpu;
    const workspace = new Workspace(gpu);
    this.#workspaces.push(workspace);
    const shapes = this.#layers.map(({ weight }) => linearShape(rows, weight));
    const features = (shapes[0] as LinearShape).inputs;
    const classes = (shapes.at(-1) as LinearShape).outputs;
    const batch = new BatchBlock(gpu, workspace, rows, features);
    // Entry i goes into layer i; the last entry is the logits.
    const activations = [
      batch.slices.x,
      ...shapes.map(({ outputs }) => workspace.storage(rows * outputs * 4, "engine/y")),
    ];
    const metrics = workspace.storage(metricSlots * 8, "engine/metrics");
    const predictions = workspace.storage(rows * 4, "engine/predictions");
    const logits = activations.at(-1) as Slice;
    const { y: labels, slot } = batch.slices;
    const dispatches = await Promise.all([
      ...this.#forward(workspace, shapes, activations),
      softmaxCrossEntropy(gpu, workspace, { rows, classes }, { logits, labels, slot, metrics, predictions }),
      ...(hasBackward ? this.#backward(workspace, shapes, activations) : []),
    ]);
    return { batch, dispatches, metrics, predictions };
  }

  #forward(workspace: Workspace, shapes: readonly LinearShape[], activations: readonly Slice[]): Promise<Dispatch>[] {
    return this.#layers.map(({ weight, bias }, i) =>
      linear(this.#gpu, workspace, shapes[i] as LinearShape, {
        x: activations[i] as Slice,
        weight: weight.param,
        bias: bias.param,
        y: activations[i + 1] as Slice,
        relu: i < shapes.length - 1,
      }),
    );
  }

  /** From the last layer to the first; where the loss has left its gradient in place of the logits. */
  #backward(workspace: Workspace, shapes: readonly LinearShape[], activations: readonly Slice[]): Promise<Dispatch>[] {
    const dispatches: Promise<Dispatch>[] = [];
    let dy = activations.at(-1) as Slice;
    for (let i = shapes.length - 1; i >= 0; i--) {
      const { weight, bias } = this.#layers[i] as Layer;
      const shape = shapes[i] as LinearShape;
      const x = activations[i] as Slice;
      const gradients = { x, dy, dweight: weight.grad, dbias: bias.grad };
      dispatches.push(weightGradient(this.#gpu, workspace, shape, gradients));
      if (i === 0) break;
      const dx = workspace.storage(shape.batch * shape.inputs * 4, "engine/dx");
      dispatches.push(inputGradient(this.#gpu, workspace, shape, { x, dy, weight: weight.param, dx }));
      dy = dx;
    }
    return dispatches;
  }
}

function linearShape(batch: number, weight: PerceptronTensor): LinearShape {
  const [inputs, outputs] = weight.shape as [number, number];
  return { batch, inputs, outputs };
}
