/**
 * What is asked of PyTorch about operations, layers and losses, and what it answered: test/fixtures/ops.json, which
 * `npm run oracle -- --write` makes by running PyTorch; none of its numbers is written by hand.
 */
import type { Tensor } from "../../src/graph/index.ts";
import { execute, float64, type Numbers } from "../../src/reference/index.ts";
import opsJson from "../fixtures/ops.json";
import { KEY, type OpRow } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import type { Bits } from "../parity/fixtures.ts";
import { layerCase, layerRows } from "./layerRows.ts";
import { lossRows } from "./lossRows.ts";

export type Kind = "ops" | "layers" | "losses";

/** Leaves with their numbers, and what is computed from them. */
export interface Case {
  readonly name: string;
  readonly leaves: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly Tensor[];
  /** Of the first outputs, those that are numbers: what each element counts in the loss that is differentiated. */
  readonly weights: readonly Tensor[];
  /** By the names of the leaves. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  readonly numbers: ReadonlyMap<Tensor, Float32Array | Uint32Array>;
}

/** Rows that PyTorch has no like of, and why. */
export const withoutTorch: Readonly<Partial<Record<Kind, Readonly<Record<string, string>>>>> = {
  ops: {
    dropout: "PyTorch draws other random numbers; test/unit/execute.test.ts holds the mask to the generator",
    "dropout just above a draw": "as dropout",
    "gather with ids that are none": "PyTorch refuses such ids",
    "stackIds, with ids that are none": "it is for copies of models, which PyTorch trains one by one",
  },
};

/** The cases that PyTorch is asked about. */
export const torchCases: Readonly<Record<Kind, readonly Case[]>> = {
  ops: opTable.filter(({ name }) => !withoutTorch.ops?.[name]).map(opCase),
  layers: layerRows.map(layerCase),
  losses: lossRows.map(opCase),
};

function opCase(row: OpRow): Case {
  const { leaves, outputs, weights, gradients, numbers } = prepare(row);
  // In the tails PyTorch's gradients lose their digits, in float64 too: there the GPU is held to the executor alone.
  const asked = row.name.endsWith("of extremes") ? {} : gradients;
  const named: [string, Tensor][] = [
    ...Object.entries(leaves),
    ...weights.map((weight, i): [string, Tensor] => [`weight of output ${i}`, weight]),
  ];
  const ofTensors = new Map(named.map(([name, leaf]) => [leaf, numbers[name] as Float32Array | Uint32Array]));
  return {
    name: row.name,
    leaves: new Map(Object.entries(leaves)),
    outputs,
    weights,
    gradients: asked,
    numbers: ofTensors,
  };
}

/** The numbers of tensors of a case, in float64. */
export const computed = ({ numbers }: Case, tensors: readonly Tensor[]): Numbers[] =>
  execute(tensors, (leaf) => numbers.get(leaf) ?? Uint32Array.of(KEY), float64);

/** PyTorch's answer for a case, float64. */
export interface TorchAnswer {
  outputs: Bits[];
  gradients: Record<string, Bits>;
}

export type OpFixtures = { torch: string } & Record<Kind, Record<string, TorchAnswer>>;

export const opFixtures = opsJson as unknown as OpFixtures;

/**
 * How far from PyTorch the worst element is, where 1 is what is allowed. Float64 leaves 1.1e-16 an operation, and rows are
 * sums of at most some sixty terms of the order of 1: the worst is 1.4e-15. Rows of extremes have no such order, and
 * nothing beside the relative; but for GELU, of which PyTorch computes x (1 + erf x) and loses what is left at x = -12.
 */
export function excess(name: string, ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  const floor = name.endsWith("of extremes") && !name.startsWith("gelu") ? 0 : 5e-15;
  return Array.from(theirs).reduce((worst, wanted, i) => {
    const found = ours[i] as number;
    if (found === wanted || Object.is(found, wanted)) return worst;
    const error = Math.abs(found - wanted) / (1e-13 * Math.abs(wanted) + floor);
    return error <= worst ? worst : error; // NaN stays
  }, 0);
}
