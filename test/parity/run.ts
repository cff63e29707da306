import { type Gpu, type Limits, openGpu } from "../../src/gpu/index.ts";
import { cases as allCases, oneOfEvery, type ParityCase } from "./cases.ts";
import { passes } from "./gates.ts";
import { type Comparison, runCase } from "./runCase.ts";

/** What a parity run found, in all and rule by rule. */
export interface Tally {
  cases: number;
  /** Updates done, counted once a case. */
  steps: number;
  /** Elements updated, summed over the cases. */
  elements: number;
  bitEqualCases: number;
  worstUlp: number;
  failures: number;
}

export interface ParityReport extends Tally {
  adapter: string;
  implementation: string;
  gate: "bit-equal" | "ulp";
  rules: Record<string, Tally>;
  failed: { name: string; worstUlp: number; p99Ulp: number }[];
}

const nothing = (): Tally => ({ cases: 0, steps: 0, elements: 0, bitEqualCases: 0, worstUlp: 0, failures: 0 });

/** Runs cases one after the other, each on a device with its limits, and tallies them. */
export async function runParity(
  cases: readonly ParityCase[] = allCases,
  onProgress: (done: number, of: number, failures: number) => void = () => {},
): Promise<ParityReport> {
  const gpu = await openGpu();
  const small = new Map<string, Gpu>();
  const limited = async (limits: Partial<Limits>): Promise<Gpu> => {
    const key = JSON.stringify(limits);
    if (key === "{}") return gpu;
    const known = small.get(key) ?? (await openGpu({ device: gpu.device, limits }));
    small.set(key, known);
    return known;
  };
  const total = nothing();
  const rules: Record<string, Tally> = {};
  const failed: ParityReport["failed"] = [];
  for (const test of cases) {
    const comparison = await runCase(await limited(test.limits), test);
    const passed = passes(comparison, gpu.adapter);
    if (!passed) failed.push(comparison);
    for (const tally of [total, (rules[test.rule] ??= nothing())]) count(tally, comparison, passed);
    onProgress(total.cases, cases.length, total.failures);
  }
  const report = {
    ...total,
    adapter: gpu.adapter.label,
    implementation: navigator.userAgent,
    gate: gpu.adapter.isSoftware ? ("bit-equal" as const) : ("ulp" as const),
    rules,
    failed,
  };
  gpu.destroy();
  return report;
}

/** All cases, those with `only` in their names, or one of every so many, as a script asks for them. */
export function runForScript(
  { every = 1, only = "" }: { every?: number; only?: string } = {},
  progress: (value: unknown) => void = () => {},
): Promise<ParityReport> {
  return runParity(
    oneOfEvery(every).filter(({ name }) => name.includes(only)),
    (...counts) => progress(counts),
  );
}

function count(tally: Tally, { steps, elements, bitEqual, worstUlp }: Comparison, passed: boolean): void {
  tally.cases += 1;
  tally.steps += steps;
  tally.elements += elements;
  tally.bitEqualCases += bitEqual ? 1 : 0;
  tally.worstUlp = Math.max(tally.worstUlp, worstUlp);
  tally.failures += passed ? 0 : 1;
}
