import { add, differentiate, input, mul, sum, type Tensor, trace } from "../../src/graph/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";
import { execute, type Numbers, type Round } from "../../src/reference/index.ts";
import { KEY, type LeafName, leavesOf, numbersOf, type OpRow } from "./opRow.ts";

/** A row as a graph: what it computes, a loss that weighs every element of that, and the loss's gradients. */
export interface Prepared {
  readonly leaves: Readonly<Record<LeafName, Tensor>>;
  readonly outputs: readonly Tensor[];
  /** Σ output · weight, with a random weight for each element; none where no output is a number. */
  readonly loss: Tensor | undefined;
  /** The inputs that weigh the outputs, as many as there are numbers among those. */
  readonly weights: readonly Tensor[];
  /** Of all leaves but indices. */
  readonly gradients: Readonly<Partial<Record<LeafName, Tensor>>>;
  /** By name; those of the weights are `weight of output 0` and so on. */
  readonly numbers: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/** Traces a row. */
export function prepare(row: OpRow): Prepared {
  const leaves = leavesOf(row);
  return trace(true, () => {
    const built = row.build(leaves);
    const outputs: readonly Tensor[] = "node" in built ? [built] : built;
    const smooth = row.withoutGradient ? [] : outputs.filter(({ dtype }) => dtype === "float32");
    const weights = smooth.map((output, i) => input(`weight of output ${i}`, output.shape, "float32"));
    const terms = smooth.map((output, i) => sum(mul(output, weights[i] as Tensor)));
    const loss = terms.length > 0 ? terms.reduce((total, term) => add(total, term)) : undefined;
    const names = (Object.keys(row.leaves) as LeafName[]).filter((name) => leaves[name].dtype !== "uint32");
    const found = loss
      ? differentiate(
          loss,
          names.map((name) => leaves[name]),
        )
      : [];
    const numbers: Record<string, Float32Array | Uint32Array> = numbersOf(row);
    for (const [i, { shape }] of weights.entries()) {
      const length = shape.reduce((product, side) => product * side, 1);
      numbers[`weight of output ${i}`] = Float32Array.from({ length }, (_, at) => randomSigned(3, i, at));
    }
    const gradients = Object.fromEntries(found.map((gradient, i) => [names[i] as LeafName, gradient]));
    return { leaves, outputs, loss, weights, gradients, numbers };
  }).result;
}

/** Computes tensors of a row from numbers by the names of its leaves. */
export function compute(
  outputs: readonly Tensor[],
  numbers: Readonly<Record<string, Numbers>>,
  round: Round,
): Numbers[] {
  const leaf = ({ node: { operation } }: Tensor): Numbers => {
    if (operation.op === "key") return Uint32Array.of(KEY);
    if (operation.op === "input") return numbers[operation.name] as Numbers;
    throw new Error(`no numbers for ${operation.op}`);
  };
  return execute(outputs, leaf, round);
}
