import type { Gpu } from "../../src/gpu/index.ts";
import { createOptimizer, type UpdateRule } from "../../src/optim/index.ts";
import type { Values } from "../../src/reference/index.ts";
import type { ParityCase } from "./cases.ts";
import { type Expectation, expectationOf } from "./expectation.ts";
import { ulp } from "./fixtures.ts";
import { allocate, readAll } from "./memory.ts";
import { optionsOf, ruleOf } from "./rules.ts";
import { decodedStates, storageOf, storageOptions } from "./storage.ts";
import type { Row } from "./table.ts";

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

/** Replaces the rule that the GPU runs, to show that the comparison finds a wrong one. */
export type Mutation = (rule: UpdateRule) => UpdateRule;

export interface RunOptions {
  readonly mutate?: Mutation;
  /** What the reference made of cases before, by their names and states: for those who run a case many times. */
  readonly known?: Map<string, Expectation>;
}

/** Runs a case on the GPU and by the reference from the same numbers, and compares the parameters and every state. */
export async function runCase(gpu: Gpu, test: ParityCase, options: RunOptions = {}): Promise<Comparison> {
  const { mutate = (rule) => rule, known = new Map<string, Expectation>() } = options;
  const { tensors, rows, profile } = test;
  const { dtype, states } = storageOf(test.storage);
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
  const key = [test.name, ...optimizer.stateNames].join();
  const expected = known.get(key) ?? expectationOf(gpu, test, optimizer.stateNames, rule.variant(rule.uses));
  known.set(key, expected);
  memory.write("param", expected.start);
  for (const grads of expected.grads) {
    memory.write("grad", grads);
    optimizer.step();
  }
  await optimizer.settled();
  const differences = new Differences(test.storage !== undefined);
  const counts = expected.start.map(({ length }) => length);
  const params = await readAll(
    gpu,
    tensors.map(({ name }) => memory.param(name)),
    counts,
    dtype,
  );
  const { tensors: kept } = await optimizer.state();
  for (const [i, { name: tensor }] of tensors.entries()) {
    const found = decodedStates(kept.get(tensor)?.states ?? new Map()).set("param", params[i] as Float32Array);
    for (const [name, { values, largest }] of expected.found[i] ?? []) {
      differences.add(found.get(name) ?? [], values, largest);
    }
  }
  optimizer.destroy();
  memory.destroy();
  const elements = counts.reduce((sum, count) => sum + count, 0);
  return { name: test.name, elements, steps: test.steps, ...differences.summary };
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
