import type { Gpu } from "../../src/gpu/index.ts";
import { blockShape, matricesOf } from "../../src/optim/factors/geometry.ts";
import * as rules from "../../src/optim/index.ts";
import { createOptimizer, exemptByDefault, type HyperInput, type UpdateRule } from "../../src/optim/index.ts";
import { elementsOf, shapeOfState } from "../../src/optim/stateShape.ts";
import * as reference from "../../src/reference/index.ts";
import {
  float32,
  type Step,
  type SurroundedTensor,
  stored,
  surrounded,
  type Tiling,
  type Values,
} from "../../src/reference/index.ts";
import type { ParityCase, ParityTensor } from "./cases.ts";
import { gradientAt, initialParam, ulp } from "./fixtures.ts";
import { GuardTwin } from "./guardTwin.ts";
import { allocate, readAll } from "./memory.ts";
import { decodedStates, roundedTo, spread, storageOf, storageOptions } from "./storage.ts";
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
  /** Whether numbers are kept in fewer bits than 32. */
  readonly isNarrow: boolean;
}

/** What the reference holds of a tensor. */
type Twin = { param: Values; grad: Values } & Record<string, Values>;
type RuleMaker = (options: object) => UpdateRule;
/** Rules of matrices ask for the tensor's sides. */
export type Reference = Step<SurroundedTensor & { shape?: readonly number[] }, object>;

const ruleMakers: Record<string, unknown> = { ...rules };
const twinOf: Record<string, unknown> = { ...reference };

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
  const storage = storageOf(test.storage);
  const { dtype, states } = storage;
  const memory = allocate(gpu, tensors, test.memory, dtype);
  const rule = mutate(ruleOf(test.rule)({ ...optionsOf(rows[0] as Row), profile, states }));
  const paramGroups = rows.map((row, group) => ({
    tensors: tensors
      .filter(({ paramGroup }) => paramGroup === group)
      .map(({ name, shape }) => ({ name, shape, dtype, param: memory.param(name), grad: memory.grad(name) })),
    hyper: optionsOf(row),
    ...(!test.exempt && { exempt: () => false }),
  }));
  const optimizer = await createOptimizer(gpu, rule, paramGroups, {
    ...(test.averageDecay !== undefined && { averageDecay: test.averageDecay }),
    ...(test.gradients && { gradients: test.gradients }),
    ...storageOptions(test.storage),
  });
  const names = ["param", ...optimizer.stateNames];
  const variant = rule.variant(rule.uses);
  const twins = tensors.map(({ shape }, i) => {
    const count = counts[i] as number;
    const tensor: Twin = { param: roundedTo(dtype, initialParam(seed + i, count)), grad: new Float32Array(count) };
    for (const name of optimizer.stateNames) {
      const elements = elementsOf(shapeOfState(variant, name, shape) ?? [0]);
      tensor[name] = new Float32Array(name.endsWith("Scale") ? Math.ceil(elements / 256) : elements);
    }
    return tensor;
  });
  const scales = twins.map((tensor) => names.map((name) => (tensor[name] as Values).slice()));
  memory.write(
    "param",
    twins.map((tensor) => tensor.param as Float32Array<ArrayBuffer>),
  );
  const { averageDecay = 0 } = test;
  const decayAt = typeof averageDecay === "function" ? averageDecay : () => averageDecay;
  const order = inOrder(test);
  const references = tensors.map((tensor) =>
    surrounded(stored(referenceOf(test.rule), storage, order.indexOf(tensor)), decayAt),
  );
  const tilings = tensors.map(({ shape }) => tilingOf(gpu, shape));
  const guard = new GuardTwin(test.gradients ?? {}, tilingOf(gpu));
  let taken = 0;
  // One object for the whole run, in which a rule may remember something.
  const given = twins.map((twin, i) => ({ ...twin, shape: tensors[i]?.shape ?? [] }));
  for (let tried = 1; tried <= steps; tried++) {
    const grads = counts.map((count, i) => {
      const grad = gradientAt(seed + i, tried, count).map((g, k) => g * guard.scale * (test.storage ? spread(k) : 1));
      return roundedTo(dtype, grad);
    });
    if (test.gradients && tried % 7 === 3) spoil(grads, tried);
    memory.write("grad", grads);
    optimizer.step();
    const { isSkipped, used } = guard.judge(grads);
    if (isSkipped) continue;
    const t = ++taken;
    const hypers = rows.map((row) => resolvedHyper(row, t));
    for (const [i, tensor] of given.entries()) {
      const spec = tensors[i] as (typeof tensors)[number];
      const hyper = hypers[spec.paramGroup] as ReturnType<typeof resolvedHyper>;
      const spared = test.exempt && exemptByDefault(spec) ? { ...hyper, weightDecay: 0 } : hyper;
      tensor.grad = used[i] as Values;
      references[i]?.(tensor, spared, t, float32, profile, tilings[i]);
      for (const [k, name] of names.entries()) grow(scales[i]?.[k] as Values, twins[i]?.[name] as Values);
    }
  }
  await optimizer.settled();
  const differences = new Differences(test.storage !== undefined);
  const params = await readAll(
    gpu,
    tensors.map(({ name }) => memory.param(name)),
    counts,
    dtype,
  );
  const { tensors: kept } = await optimizer.state();
  for (const [i, { name: tensor }] of tensors.entries()) {
    const found = decodedStates(kept.get(tensor)?.states ?? new Map()).set("param", params[i] as Float32Array);
    for (const [k, name] of names.entries()) {
      differences.add(found.get(name) ?? [], twins[i]?.[name] as Values, scales[i]?.[k] as Values);
    }
  }
  optimizer.destroy();
  memory.destroy();
  const elements = counts.reduce((sum, count) => sum + count, 0);
  return { name: test.name, elements, steps, ...differences.summary };
}

/** The tensors in the order in which the optimizer numbers them: group by group, those that decay first. */
function inOrder({ rows, tensors, exempt }: ParityCase): ParityTensor[] {
  return rows.flatMap((_, group) => {
    const own = tensors.filter(({ paramGroup }) => paramGroup === group);
    const spared = own.filter((tensor) => exempt && exemptByDefault(tensor));
    return [...own.filter((tensor) => !spared.includes(tensor)), ...spared];
  });
}

/** Makes one element of one tensor infinite, or none where that tensor is empty. */
function spoil(grads: readonly Float32Array[], step: number): void {
  const grad = grads[step % grads.length];
  if (grad) grad[(step * 37) % Math.max(grad.length, 1)] = step % 2 ? Infinity : -Infinity;
}

/** How the optimizer cuts a tensor into tiles, and one of these sides into blocks. */
export function tilingOf({ limits }: Gpu, shape: readonly number[] = []): Tiling {
  const lanes = Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const room = limits.maxStorageBufferBindingSize - limits.minStorageBufferOffsetAlignment;
  const matrices = matricesOf(shape);
  return { lanes: 2 ** Math.floor(Math.log2(lanes)), ...(matrices && { blockRows: blockShape(matrices, room).rows }) };
}

/** Keeps the largest magnitude so far. */
function grow(scale: Values, values: Values): void {
  for (let i = 0; i < values.length; i++)
    scale[i] = Math.max(Math.abs(scale[i] as number), Math.abs(values[i] as number));
}

class Differences {
  readonly #ulps: number[] = [];
  readonly #isNarrow: boolean;
  #bitEqual = true;
  #count = 0;

  /** Narrow numbers are a whole spacing off where a GPU is a bit off: one of them may be, however few there are. */
  constructor(isNarrow: boolean) {
    this.#isNarrow = isNarrow;
  }

  add(actual: ArrayLike<number>, expected: Values, scale: Values): void {
    for (let i = 0; i < expected.length; i++) {
      const [a, b] = [actual[i] as number, expected[i] as number];
      if (Object.is(a, b)) continue;
      this.#bitEqual = false;
      this.#ulps.push(Number.isFinite(a) ? Math.abs(a - b) / ulp(Math.max(scale[i] as number, 2 ** -100)) : Infinity);
    }
    this.#count += expected.length;
  }

  /** Equal numbers are not kept, so the percentile counts from the top. */
  get summary() {
    const sorted = this.#ulps.sort((a, b) => b - a);
    const hundredth = Math.max(Math.floor(this.#count / 100), this.#isNarrow ? 1 : 0);
    return {
      bitEqual: this.#bitEqual,
      worstUlp: sorted[0] ?? 0,
      p99Ulp: sorted[hundredth] ?? 0,
      isNarrow: this.#isNarrow,
    };
  }
}
