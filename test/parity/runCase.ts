import type { Gpu } from "../../src/gpu/index.ts";
import * as rules from "../../src/optim/index.ts";
import { createOptimizer, exemptByDefault, type HyperInput, type UpdateRule } from "../../src/optim/index.ts";
import * as references from "../../src/reference/index.ts";
import { float32, type Values } from "../../src/reference/index.ts";
import type { ParityCase } from "./cases.ts";
import { gradientAt, initialParam, ulp } from "./fixtures.ts";
import { allocate, readAll } from "./memory.ts";
import { hyperAt, type Row, type RuleName } from "./table.ts";

export interface Comparison {
  readonly name: string;
  readonly elements: number;
  readonly steps: number;
  /** Whether every number of the parameters and of every state is the reference's, bit for bit. */
  readonly bitEqual: boolean;
  /** The largest difference, in ulps of the largest magnitude that the element has had; and its 99th percentile. */
  readonly worstUlp: number;
  readonly p99Ulp: number;
}

/** A tensor as the reference has it. */
type Twin = references.SurroundedTensor & Record<string, Values>;
type RuleMaker = (options: object) => UpdateRule;
export type Reference = references.Step<references.SurroundedTensor, object>;

const ruleMakers: Record<string, unknown> = { ...rules };
const twinOf: Record<string, unknown> = { ...references };

export const ruleOf = (name: RuleName): RuleMaker => ruleMakers[name] as RuleMaker;
export const referenceOf = (name: RuleName): Reference => twinOf[name] as Reference;

/** The row as the rule takes it: what changes from step to step becomes a function. */
export function optionsOf(row: Row): HyperInput {
  const varying = Object.keys(row.vary?.(1) ?? {}).map((name) => [
    name,
    (t: number) => (hyperAt(row, t) as Record<string, number>)[name] as number,
  ]);
  return { ...row.hyper, ...Object.fromEntries(varying) };
}

/** Every hyperparameter of a row at step t, the rule's defaults filled in. */
export const resolvedHyper = (row: Row, t: number) => ruleOf(row.rule)({ ...row.hyper, ...hyperAt(row, t) }).hyperAt(t);

/** Replaces the rule that the GPU runs, to show that the comparison finds a wrong one. */
export type Mutation = (rule: UpdateRule) => UpdateRule;

/** Runs a case on the GPU and by the reference from the same numbers, and compares the parameters and every state. */
export async function runCase(gpu: Gpu, test: ParityCase, mutate: Mutation = (rule) => rule): Promise<Comparison> {
  const { tensors, rows, steps, seed, profile } = test;
  const counts = tensors.map(({ shape }) => shape.reduce((product, side) => product * side, 1));
  const memory = allocate(gpu, tensors, test.memory);
  const rule = mutate(ruleOf(test.rule)({ ...optionsOf(rows[0] as Row), profile }));
  const paramGroups = rows.map((row, group) => ({
    tensors: tensors
      .filter(({ paramGroup }) => paramGroup === group)
      .map(({ name, shape }) => ({ name, shape, param: memory.param(name), grad: memory.grad(name) })),
    hyper: optionsOf(row),
    ...(!test.exempt && { exempt: () => false }),
  }));
  const optimizer = await createOptimizer(gpu, rule, paramGroups, {
    ...(test.averageDecay !== undefined && { averageDecay: test.averageDecay }),
  });
  const names = ["param", ...optimizer.stateNames];
  const twins = tensors.map((_, i) => {
    const count = counts[i] as number;
    const tensor: Twin = { param: initialParam(seed + i, count), grad: new Float32Array(count) };
    for (const name of optimizer.stateNames) tensor[name] = new Float32Array(count);
    return tensor;
  });
  const scales = twins.map((tensor) => names.map((name) => (tensor[name] as Values).slice()));
  memory.write(
    "param",
    twins.map((tensor) => tensor.param as Float32Array<ArrayBuffer>),
  );
  const reference = references.surrounded(referenceOf(test.rule), () => test.averageDecay ?? 0);
  const tiling = tilingOf(gpu);
  for (let t = 1; t <= steps; t++) {
    const grads = counts.map((count, i) => gradientAt(seed + i, t, count));
    memory.write("grad", grads);
    optimizer.step();
    const hypers = rows.map((row) => resolvedHyper(row, t));
    for (const [i, tensor] of twins.entries()) {
      const spec = tensors[i] as (typeof tensors)[number];
      const hyper = hypers[spec.paramGroup] as ReturnType<typeof resolvedHyper>;
      const spared = test.exempt && exemptByDefault(spec) ? { ...hyper, weightDecay: 0 } : hyper;
      tensor.grad = grads[i] as Values;
      reference(tensor, spared, t, float32, profile, tiling);
      for (const [k, name] of names.entries()) grow(scales[i]?.[k] as Values, tensor[name] as Values);
    }
  }
  const differences = new Differences();
  for (const [k, name] of names.entries()) {
    const slices = tensors.map((tensor) =>
      name === "param" ? memory.param(tensor.name) : optimizer.stateSlice(name, tensor.name),
    );
    const found = await readAll(gpu, slices, counts);
    for (const [i, values] of found.entries()) {
      differences.add(values, twins[i]?.[name] as Values, scales[i]?.[k] as Values);
    }
  }
  optimizer.destroy();
  memory.destroy();
  const elements = counts.reduce((sum, count) => sum + count, 0);
  return { name: test.name, elements, steps, ...differences.summary };
}

/** How the optimizer cuts tensors into tiles. */
export function tilingOf({ limits }: Gpu): references.Tiling {
  const lanes = Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  return { lanes: 2 ** Math.floor(Math.log2(lanes)) };
}

/** Keeps the largest magnitude so far. */
function grow(scale: Values, values: Values): void {
  for (let i = 0; i < values.length; i++)
    scale[i] = Math.max(Math.abs(scale[i] as number), Math.abs(values[i] as number));
}

class Differences {
  readonly #ulps: number[] = [];
  #bitEqual = true;

  add(actual: Float32Array, expected: Values, scale: Values): void {
    for (let i = 0; i < expected.length; i++) {
      const [a, b] = [actual[i] as number, expected[i] as number];
      if (Object.is(a, b)) continue;
      this.#bitEqual = false;
      this.#ulps.push(Number.isFinite(a) ? Math.abs(a - b) / ulp(Math.max(scale[i] as number, 2 ** -100)) : Infinity);
    }
    this.#count += expected.length;
  }

  #count = 0;

  /** Equal numbers are not kept, so the percentile counts from the top. */
  get summary() {
    const sorted = this.#ulps.sort((a, b) => b - a);
    return { bitEqual: this.#bitEqual, worstUlp: sorted[0] ?? 0, p99Ulp: sorted[Math.floor(this.#count / 100)] ?? 0 };
  }
}
