/**
 * Whether training suffers where an optimizer keeps numbers in fewer bits than 32: the run of `npm start`, a perceptron on
 * Fashion-MNIST under AdamW with a cosine schedule, over several seeds.
 */
import { evaluationPass, f32, trainingPass, u32, Weights } from "../src/engine/index.ts";
import { type Gpu, openGpu, readFloats } from "../src/gpu/index.ts";
import { adamw, cosine, createOptimizer, type Dtype, type StateStorage } from "../src/optim/index.ts";
import { type Dataset, type Examples, loadDataset } from "../src/train/index.ts";
import { type ImageScores, mlp, type Task } from "../src/train/tasks/index.ts";

interface Kept {
  readonly what: string;
  readonly dtype?: Dtype;
  readonly states?: StateStorage;
  readonly masters?: boolean;
}

const kinds: readonly Kept[] = [
  { what: "float32" },
  { what: "float32, states in bfloat16", states: "bfloat16" },
  { what: "float32, states in float8", states: "float8" },
  { what: "bfloat16 with float32 masters", dtype: "bfloat16", masters: true },
  { what: "bfloat16", dtype: "bfloat16" },
  { what: "bfloat16 throughout", dtype: "bfloat16", states: "bfloat16" },
  { what: "bfloat16, states in float8", dtype: "bfloat16", states: "float8" },
];

/** As `npm start` has it. */
const setup = { epochs: 20, batch: 100, width: 128, lr: 1e-3, weightDecay: 0.1 };

/** After the last step. */
export interface PrecisionResult {
  readonly seed: number;
  /** Mean cross-entropy in nats, and share of images predicted right, on the training part and on the test part. */
  readonly train: { loss: number; accuracy: number };
  readonly test: { loss: number; accuracy: number };
}

export interface PrecisionReport {
  readonly adapter: string;
  readonly setup: typeof setup;
  readonly rows: { what: string; bytesPerParameter: number; results: PrecisionResult[] }[];
}

export async function run(
  { seeds }: { seeds: number },
  progress: (value: [number, number, string]) => void,
): Promise<PrecisionReport> {
  const gpu = await openGpu();
  const dataset = await loadDataset("fashion", async (file) => {
    return new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());
  });
  const rows = kinds.map(({ what }) => ({ what, bytesPerParameter: 0, results: [] as PrecisionResult[] }));
  let done = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [i, kept] of kinds.entries()) {
      progress([done++, seeds * kinds.length, `seed ${seed}, ${kept.what}`]);
      const row = rows[i] as (typeof rows)[number];
      const { bytesPerParameter, ...result } = await trained(gpu, dataset, kept, seed);
      row.bytesPerParameter = bytesPerParameter;
      row.results.push({ seed, ...result });
    }
  }
  const { label: adapter } = gpu.adapter;
  gpu.destroy();
  return { adapter, setup, rows };
}

async function trained(gpu: Gpu, dataset: Dataset, kept: Kept, seed: number) {
  const { dtype = "float32", states = "float32", masters = false } = kept;
  const { lr, weightDecay, ...sizes } = setup;
  const optimizer = (total: number) => adamw({ lr: cosine({ peak: lr, total }), weightDecay, states });
  const task = mlp(dataset, { ...sizes, seed, optimizer });
  const weights = new Weights(gpu, task.model, { seed, storage: () => dtype });
  const update = await createOptimizer(gpu, task.optimizer, weights.tensors, { masters, seed });
  const pass = await trainingPass(gpu, weights, {
    batch: task.batch,
    outputs: (batch) => task.loss(task.model, batch),
  });
  for (let step = 0; step < task.steps; step++) {
    pass.inputs.write(task.batchAt(step), 0);
    gpu.stream.dispatch(...pass.plan.dispatches);
    update.encode();
    gpu.stream.submit();
    if (step % 20 === 0) await gpu.idle(); // No more steps under way than memory is there for.
  }
  const train = await evaluated(gpu, weights, task, dataset.train);
  const test = await evaluated(gpu, weights, task, dataset.test);
  const { bytesPerParameter } = update;
  for (const owner of [pass, update, weights]) owner.destroy();
  return { bytesPerParameter, train, test };
}

async function evaluated(gpu: Gpu, weights: Weights, { model, loss }: Task<ImageScores>, { count, x, y }: Examples) {
  const types = { x: f32(count, x.length / count), y: u32(count) };
  const pass = await evaluationPass(gpu, weights, types, (batch) => loss(model, batch));
  pass.inputs.write({ x, y }, 0);
  gpu.stream.dispatch(...pass.plan.dispatches);
  const found = Object.entries(pass.results).map(async ([name, { slice }]) => [
    name,
    (await readFloats(gpu, slice))[0],
  ]);
  const { loss: nats, accuracy } = Object.fromEntries(await Promise.all(found));
  pass.destroy();
  return { loss: nats as number, accuracy: accuracy as number };
}
