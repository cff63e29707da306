import { type Dispatch, layoutSlab, Slab, type Slice } from "../../gpu/index.ts";
import type { BuiltPass, CustomPass, PassContext } from "../variant.ts";
import { byBuffers, type Gathered, gather, type Reach } from "../windows.ts";
import { type Block, blocksOf, reachOf } from "./geometry.ts";
import { type Compiled, compile } from "./kernels.ts";
import { axisFields, axisWords, blockFields, blockWords, lineUnits, matrixUnits, unitFields } from "./tables.ts";
import { type FactoredTensor, factored, placesOf } from "./tensors.ts";

type Summed = FactoredTensor & { readonly slice: Slice };

/**
 * Adafactor's first three passes: the sums of g² over rows and columns, block by block; rowVar and colVar; the means of
 * rowVar. A dispatch each, where the gradients lie in one slab, whatever the number of tensors.
 * @throws LimitError, by rejection, naming a tensor with too many rows or columns for one binding.
 */
export async function buildFactors(context: PassContext, kernels: CustomPass["kernels"]): Promise<BuiltPass> {
  const { gpu, tensors } = context;
  const found = tensors.flatMap((tensor) => factored(tensor, gpu.limits) ?? []);
  if (found.length === 0) return { dispatches: [], release: () => {} };
  const compiled = await compile(context, kernels);
  const entries = found.map(({ name, sums }) => ({ name, elements: sums }));
  const sums = new Slab(gpu.pool, layoutSlab(entries, gpu.limits.maxBufferSize), "optim/adafactor sums");
  const summed = found.map((tensor): Summed => ({ ...tensor, slice: sums.slice(tensor.name) }));
  const batches = [...byBuffers(summed, ({ pack, slice }) => [pack, slice])]
    .flatMap((neighbours) => gather(neighbours, ({ pack, slice }) => [wholeOf(pack), wholeOf(slice)], gpu.limits))
    .map((batch) => buildBatch(context, compiled, batch));
  return {
    dispatches: batches.flatMap(({ dispatches }) => dispatches),
    assign: (rowOf) => {
      for (const batch of batches) batch.assign?.(rowOf);
    },
    release: () => {
      for (const batch of batches) batch.release();
      sums.destroy();
    },
  };
}

const wholeOf = ({ buffer, offset, size }: Slice): Reach => ({ buffer, start: offset, end: offset + size });

/** Tensors whose states and sums one binding each shows. */
function buildBatch(
  { gpu, rows }: PassContext,
  kernels: Compiled,
  { items: tensors, windows }: Gathered<Summed>,
): BuiltPass {
  const [pack, sums] = windows as [Slice, Slice];
  const runs = planBlocks(tensors, gpu.limits);
  const lines = tensors.flatMap(({ axes }, i) => axes.flatMap((axis, k) => lineUnits(axis, 2 * i + k)));
  const matrices = tensors.flatMap(({ axes: [axis] }, i) => matrixUnits(axis, 2 * i));
  const words = [...runs.map(blockTable), Uint32Array.from(lines), Uint32Array.from(matrices)];
  const axes = { name: "axes", elements: tensors.length * 2 * axisFields };
  const layout = layoutSlab(
    [axes, ...words.map(({ length }, i) => ({ name: `${i}`, elements: length }))],
    gpu.limits.maxBufferSize,
  );
  const slab = new Slab(gpu.pool, layout, "optim/adafactor tables");
  const table = (name: string, elements: number): Slice => ({ ...slab.slice(name), size: elements * 4 });
  const tables = words.map((each, i) => table(`${i}`, each.length));
  for (const [i, each] of words.entries()) gpu.stream.write(tables[i] as Slice, each);
  const axisTable = table("axes", axes.elements);
  const withTable = (i: number): Slice[] => [axisTable, tables[i] as Slice, sums];
  const dispatches: Dispatch[] = [
    ...runs.map(({ items, windows: [grad] }, i) =>
      kernels.blocks.prepare([{ 1: grad as Slice, 3: rows }, {}, withTable(i)], items.length),
    ),
    kernels.lines.prepare([{ 3: rows }, [pack], withTable(runs.length)], lines.length / unitFields),
    kernels.means.prepare([{ 3: rows }, [pack], withTable(runs.length + 1)], matrices.length / unitFields),
  ];
  const places = tensors.map((tensor) =>
    placesOf(tensor, (tensor.pack.offset - pack.offset) / 4, (tensor.slice.offset - sums.offset) / 4),
  );
  const assign = (rowOf: ReadonlyMap<string, number>): void => {
    const image = new Uint32Array(axes.elements);
    const all = tensors.flatMap(({ name }, i) => (places[i] ?? []).map((place) => axisWords(place, rowOf.get(name))));
    for (const [i, each] of all.entries()) image.set(each, i * axisFields);
    gpu.stream.write(axisTable, image);
  };
  return { dispatches, assign, release: () => slab.destroy() };
}

interface PlacedBlock {
  readonly tensor: number;
  readonly block: Block;
  readonly grad: Reach;
}

/** The blocks of all tensors, as many a dispatch as a window on the gradients shows. */
function planBlocks(tensors: readonly Summed[], limits: PassContext["gpu"]["limits"]): Gathered<PlacedBlock>[] {
  const numbered = tensors.map((tensor, index) => ({ tensor, index }));
  return [...byBuffers(numbered, ({ tensor }) => [tensor.grad])].flatMap((neighbours) => {
    const blocks = neighbours.flatMap(({ tensor, index }) => {
      const { buffer, offset } = tensor.grad;
      return [...blocksOf(tensor.matrices, tensor.block)].map((block): PlacedBlock => {
        const [first, end] = reachOf(tensor.matrices, tensor.block, block);
        return { tensor: index, block, grad: { buffer, start: offset + first * 4, end: offset + end * 4 } };
      });
    });
    const most = Math.floor(limits.maxStorageBufferBindingSize / (blockFields * 4));
    return gather(blocks, ({ grad }) => [grad], limits, most);
  });
}

function blockTable({ items, windows: [window] }: Gathered<PlacedBlock>): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(items.length * blockFields);
  for (const [i, { tensor, block, grad }] of items.entries()) {
    table.set(blockWords(tensor, block, (grad.start - (window?.offset ?? 0)) / 4), i * blockFields);
  }
  return table;
}
