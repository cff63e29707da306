/** The rate of the matmul kernels at the products of a step of the perceptron, and of the character transformer. */
import { matmul } from "../src/engine/kernels/matmul.ts";
import { chooseMatmul, type MatmulChoice } from "../src/engine/kernels/matmulChoice.ts";
import { type MatmulKernelName, matmulKernelNames } from "../src/engine/kernels/matmulKernels.ts";
import type { MatmulShape } from "../src/engine/kernels/matmulShape.ts";
import { storeProduct } from "../src/engine/kernels/matmulStore.ts";
import { prepareLaunch, type Value } from "../src/engine/launch.ts";
import { deviceOf } from "../src/engine/lower/program.ts";
import { Workspace } from "../src/engine/workspace.ts";
import { type Dispatch, type Gpu, openGpu } from "../src/gpu/index.ts";

/** Which of the three products of a linear layer x · w it is. */
type Product = "forward" | "weight gradient" | "input gradient";

export interface MatmulBenchRow {
  model: string;
  product: Product;
  /** rows × columns × inner. */
  shape: string;
  /** How often a step has it. */
  times: number;
  kernel: string;
  compileMs: number;
  msMin: number;
  msMedian: number;
  /** At the median. */
  GFLOPs: number;
}

export interface MatmulBenchReport {
  adapter: string;
  isSoftware: boolean;
  rows: MatmulBenchRow[];
}

/** The linear layers of a model: how many rows come in, their sizes, how many of them there are. */
const models: readonly {
  model: string;
  rows: number;
  layers: readonly [inputs: number, outputs: number, times: number][];
}[] = [
  {
    model: "mlp",
    rows: 128,
    layers: [
      [784, 512, 1],
      [512, 512, 1],
      [512, 10, 1],
    ],
  },
  {
    model: "gpt",
    rows: 1024,
    layers: [
      [128, 384, 4],
      [128, 128, 4],
      [128, 512, 4],
      [512, 128, 4],
      [128, 96, 1],
    ],
  },
];

export async function run(
  { kernels, rounds = 7 }: { kernels?: readonly MatmulKernelName[]; rounds?: number },
  progress: (value: [number, number, string]) => void,
): Promise<MatmulBenchReport> {
  const gpu = await openGpu();
  const rows: MatmulBenchRow[] = [];
  const works = models.flatMap(({ model, rows: batch, layers }) =>
    layers.flatMap(([inputs, outputs, times], layer) => [
      { model, times, product: "forward" as const, rows: batch, columns: outputs, inner: inputs },
      { model, times, product: "weight gradient" as const, rows: inputs, columns: outputs, inner: batch },
      // Nobody asks for the gradient of the perceptron's pictures.
      ...(model === "mlp" && layer === 0
        ? []
        : [{ model, times, product: "input gradient" as const, rows: batch, columns: inputs, inner: outputs }]),
    ]),
  );
  for (const [done, work] of works.entries()) {
    const shape = { batch: 1, rows: work.rows, columns: work.columns, inner: work.inner };
    const title = `${work.rows} × ${work.columns} × ${work.inner}`;
    progress([done, works.length, `${work.model} ${title}`]);
    const contenders = (kernels ?? matmulKernelNames).map((kernel) => ({ kernel, splits: 1 }));
    const measured = await measure(
      gpu,
      shape,
      work.product,
      [chooseMatmul(shape, deviceOf(gpu)), ...contenders],
      rounds,
    );
    for (const { choice, compileMs, times } of measured) {
      const msMedian = times.toSorted((a, b) => a - b)[times.length >> 1] as number;
      rows.push({
        model: work.model,
        product: work.product,
        shape: title,
        times: work.times,
        kernel: measured[0]?.choice === choice ? `chosen: ${choice.kernel} in ${choice.splits}` : choice.kernel,
        compileMs,
        msMin: Math.min(...times),
        msMedian,
        GFLOPs: (2 * work.rows * work.columns * work.inner) / msMedian / 1e6,
      });
    }
  }
  const { label: adapter, isSoftware } = gpu.adapter;
  gpu.destroy();
  return { adapter, isSoftware, rows };
}

/** Every round measures every contender once, so that a slow spell of the machine falls on all of them. */
async function measure(
  gpu: Gpu,
  shape: MatmulShape,
  product: Product,
  choices: readonly MatmulChoice[],
  rounds: number,
) {
  const workspace = new Workspace(gpu);
  const measured = [];
  for (const choice of choices) {
    const start = performance.now();
    const dispatches = await prepare(gpu, workspace, shape, product, choice);
    measured.push({ choice, dispatches, compileMs: performance.now() - start, times: [] as number[] });
  }
  for (let round = -1; round < rounds; round++) {
    for (const { dispatches, times } of measured) {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) gpu.stream.dispatch(...dispatches);
      gpu.stream.submit();
      await gpu.settle(gpu.device.queue.onSubmittedWorkDone());
      if (round >= 0) times.push((performance.now() - start) / repeats);
    }
  }
  workspace.destroy();
  return measured;
}

const repeats = 4;

/** The dispatches of a product, by the kernel that the library chooses for it. */
export async function prepareProduct(
  gpu: Gpu,
  shape: MatmulShape,
  product: Product,
): Promise<{ dispatches: readonly Dispatch[]; destroy: () => void }> {
  const workspace = new Workspace(gpu);
  const destroy = (): void => workspace.destroy();
  try {
    return {
      dispatches: await prepare(gpu, workspace, shape, product, chooseMatmul(shape, deviceOf(gpu))),
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

function prepare(
  gpu: Gpu,
  workspace: Workspace,
  shape: MatmulShape,
  product: Product,
  choice: MatmulChoice,
): Promise<Dispatch[]> {
  const value = (label: string, elements: number): Value => ({ label, elements, dtype: "float32" });
  const { rows, columns, inner } = shape;
  const operand = (label: string, lines: number, length: number, isTransposed: boolean) => ({
    value: value(label, lines * length),
    offset: 0,
    batchStride: 0,
    rowStride: isTransposed ? lines : length,
    isTransposed,
  });
  const isWeights = product === "weight gradient";
  const left = operand("left", rows, inner, isWeights);
  const right = operand("right", inner, columns, product === "input gradient");
  const columnSums = isWeights ? value("column sums", columns) : undefined;
  const store = storeProduct(shape, value("product", rows * columns), columnSums);
  const places = new Map<Value, ReturnType<Workspace["storage"]>>();
  const place = (of: Value) => {
    const known = places.get(of);
    if (known) return known;
    const slice = workspace.storage(of.elements * 4, of.label);
    gpu.stream.write(
      slice,
      Float32Array.from({ length: of.elements }, (_, i) => ((i * 7919) % 1000) / 500 - 1),
    );
    places.set(of, slice);
    return slice;
  };
  const launches = matmul(shape, left, right, store, deviceOf(gpu), choice);
  return Promise.all(launches.map((launch) => prepareLaunch(gpu, launch, place)));
}
