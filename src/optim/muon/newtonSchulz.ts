import { type Dispatch, type Gpu, type Kernel, layoutSlab, Slab, type Slice } from "../../gpu/index.ts";
import { rowParts } from "../parts.ts";
import type { BuiltPass, CustomPass, PassContext, PassTensor } from "../variant.ts";
import { requireMatrix, type Sides } from "./matrix.ts";
import { blockTable, type MatrixRun, matrixFields, matrixTable, type PlacedMatrix, planMatrixRuns } from "./plan.ts";

/** What the products of a run of matrices are bound to, beside X and its squares. */
interface Tables {
  readonly blocks: Slice;
  readonly squareBlocks: Slice;
  readonly matrices: Slice;
}

/**
 * The Newton-Schulz steps of all matrices: three dispatches a step, each over the blocks of all of them together. X goes
 * to and fro between the two scratch buffers, from `ahead`; its products lie in buffers of the pass's own.
 * @throws LimitError naming a matrix that is larger than a binding.
 */
export async function buildNewtonSchulz(
  context: PassContext,
  kernels: CustomPass["kernels"],
  nsSteps: number,
): Promise<BuiltPass> {
  const { gpu, tensors } = context;
  const sides = tensors.map(requireMatrix);
  const compiled = await compile(context, kernels, operandsFor(gpu, sides));
  const slabs: Slab[] = [];
  const slab = (entries: readonly { name: string; elements: number }[], label: string): Slab => {
    slabs.push(new Slab(gpu.pool, layoutSlab(entries, gpu.limits.maxBufferSize), `optim/muon ${label}`));
    return slabs.at(-1) as Slab;
  };
  const phases = gpu.pool.acquire(
    phaseBytes * 4,
    GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    "optim/muon phases",
  );
  const release = (): void => {
    for (const each of slabs) each.destroy();
    gpu.pool.release(phases);
  };
  try {
    const squares = tensors.map(({ name }, i) => ({ name, elements: Math.min(...(sides[i] as Sides)) ** 2 }));
    const products = [slab(squares, "XXᵀ"), slab(squares, "polynomial")] as const;
    const runs = planMatrixRuns(
      tensors.map((tensor) => placed(tensor, products)),
      gpu.limits,
    );
    const tables = runs.map((run, i) => writeTables(gpu, run, (entries) => slab(entries, `tables ${i}`)));
    writePhases(gpu, phases);
    const dispatches = Array.from({ length: nsSteps }, (_, step) => {
      const phase = phaseSlice(phases, step === 0, step === nsSteps - 1);
      return runs.map((run, i) => stepDispatches(context, compiled, run, tables[i] as Tables, phase, step % 2 === 1));
    });
    return {
      dispatches: dispatches.flatMap((ofRuns) => interleaved(ofRuns)),
      assign: (rowOf) => {
        for (const [i, run] of runs.entries()) {
          gpu.stream.write((tables[i] as Tables).matrices, matrixTable(run, rowOf));
        }
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

type Compiled = Readonly<Record<"gram" | "polynomial" | "combine", Kernel>>;

/** Multiply-adds of a product up to which a software adapter has them done before it has compiled the better kernel. */
const fewProducts = 2 ** 21;

/** How the products' operands come: see shaders/optim/muon/product.wgsl. The bits are the same. */
function operandsFor({ adapter }: Gpu, sides: readonly Sides[]): "panels" | "direct" {
  const products = sides.reduce((sum, [rows, columns]) => sum + rows * columns * Math.min(rows, columns), 0);
  return adapter.isSoftware && products <= fewProducts ? "direct" : "panels";
}

async function compile(
  { gpu, around }: PassContext,
  kernels: CustomPass["kernels"],
  operands: "panels" | "direct",
): Promise<Compiled> {
  const kernel = (name: string): Promise<Kernel> =>
    gpu.kernels.get({
      label: `optim/muon ${name}`,
      parts: [...rowParts(around), ...(kernels[`${name}/${operands}`] ?? [])],
      bindings: [
        ["read", "read", "uniform", "read"],
        name === "combine" ? ["read", "read", "read", "readWrite"] : ["read", "read", "readWrite"],
      ],
      constants: { GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
    });
  const [gram, polynomial, combine] = await Promise.all([kernel("gram"), kernel("polynomial"), kernel("combine")]);
  return { gram, polynomial, combine } as Compiled;
}

function placed(tensor: PassTensor, products: readonly [Slab, Slab]): PlacedMatrix {
  const { name, index, states } = tensor;
  return {
    name,
    sides: requireMatrix(tensor),
    tensor: index,
    x: [states.get("ahead") as Slice, states.get("other") as Slice],
    squares: [products[0].slice(name), products[1].slice(name)],
  };
}

/** The blocks of a run; the matrices are written when it is known who is updated. */
function writeTables(
  gpu: Gpu,
  run: MatrixRun,
  slab: (entries: readonly { name: string; elements: number }[]) => Slab,
): Tables {
  const [blocks, squareBlocks] = [blockTable(run, "x"), blockTable(run, "square")];
  const sizes = {
    blocks: blocks.length,
    squareBlocks: squareBlocks.length,
    matrices: run.matrices.length * matrixFields,
  };
  const tables = slab(Object.entries(sizes).map(([name, elements]) => ({ name, elements })));
  const slice = (name: keyof typeof sizes): Slice => ({ ...tables.slice(name), size: sizes[name] * 4 });
  gpu.stream.write(slice("blocks"), blocks);
  gpu.stream.write(slice("squareBlocks"), squareBlocks);
  return { blocks: slice("blocks"), squareBlocks: slice("squareBlocks"), matrices: slice("matrices") };
}

/** A step's three products of one run. */
function stepDispatches(
  { rows, totals }: PassContext,
  { gram, polynomial, combine }: Compiled,
  run: MatrixRun,
  { blocks, squareBlocks, matrices }: Tables,
  phase: Slice,
  isBack: boolean,
): Dispatch[] {
  const [x, next] = isBack ? [run.x[1], run.x[0]] : run.x;
  const [square, quartic] = run.squares;
  const norms = totals as Slice;
  const group = (table: Slice) => [table, matrices, phase, rows];
  const count = ({ size }: Slice): number => size / (blockFields * 4);
  return [
    gram.prepare([group(squareBlocks), [norms, x, square]], count(squareBlocks)),
    polynomial.prepare([group(squareBlocks), [norms, square, quartic]], count(squareBlocks)),
    combine.prepare([group(blocks), [norms, quartic, x, next]], count(blocks)),
  ];
}

/** The first dispatch of each run, then the second ones, then the third ones: neighbours do not wait for each other. */
function interleaved(ofRuns: readonly (readonly Dispatch[])[]): Dispatch[] {
  const [first = []] = ofRuns;
  return first.flatMap((_, k) => ofRuns.map((dispatches) => dispatches[k] as Dispatch));
}

/** Numbers in a `struct Block` of shaders/optim/muon/matrices.wgsl. */
const blockFields = 3;

/** From one `struct Phase` to the next: uniform bindings start at multiples of 256 bytes. */
const phaseBytes = 256;

function writePhases(gpu: Gpu, buffer: GPUBuffer): void {
  for (const isFirst of [false, true]) {
    for (const isLast of [false, true]) {
      gpu.stream.write(phaseSlice(buffer, isFirst, isLast), new Uint32Array([Number(isFirst), Number(isLast)]));
    }
  }
}

const phaseSlice = (buffer: GPUBuffer, isFirst: boolean, isLast: boolean): Slice => ({
  buffer,
  offset: phaseBytes * (2 * Number(isFirst) + Number(isLast)),
  size: 8,
});
