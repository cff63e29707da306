/** The average of the weights against PyTorch's: test/fixtures/around.json holds what AveragedModel made of rows of the table. */
import { expect, test } from "vitest";
import { float32, float64, type Profile, surrounded, type Values } from "../../src/reference/index.ts";
import { aroundFixtures, torchAverages } from "../parity/aroundTorch.ts";
import {
  decodeFloat32,
  decodeFloat64,
  fixtureCount,
  fixtureSeed,
  fixtureSteps,
  gradientAt,
  initialParam,
  recordedSteps,
  torchFixtures,
  worstUlpError,
} from "../parity/fixtures.ts";
import { table } from "../parity/table.ts";
import { distance, run } from "./lawsRun.ts";

type Averaged = (typeof torchAverages)[number];
type Kept = { param: Values; grad: Values; average: Values };

const named = torchAverages.map((each, i) => [`${each.rule}: ${each.desc}, ${each.averageDecay}`, each, i] as const);

/** The reference's averages after each recorded step, and the largest magnitudes of the weights so far. */
function averages({ rule, desc, averageDecay }: Averaged, precision: "float32" | "float64", profile: Profile) {
  const row = table.find((each) => each.rule === rule && each.desc === desc)!;
  const [round, array] = precision === "float32" ? [float32, Float32Array] : [float64, Float64Array];
  const average = new array(fixtureCount);
  const keep = surrounded<Kept, object>(
    () => {},
    () => Number(averageDecay),
  );
  const found = new Map<number, { average: Values; scale: Float64Array }>();
  const start = initialParam(fixtureSeed, fixtureCount);
  const scale = Float64Array.from(start, Math.abs);
  const gradient = (t: number) => gradientAt(fixtureSeed, t, fixtureCount);
  run({ ...row, start, gradient, steps: fixtureSteps, precision, profile }, (t, { param }) => {
    keep({ param, grad: param, average }, {}, t, round, profile);
    for (const [i, p] of param.entries()) scale[i] = Math.max(scale[i]!, Math.abs(p));
    if (recordedSteps.includes(t)) found.set(t, { average: average.slice(), scale: scale.slice() });
  });
  return found;
}

test("PyTorch was asked for these averages and no others", () => {
  expect(aroundFixtures.torch).toBe(torchFixtures.torch);
  expect(aroundFixtures.averages.map(({ rule, desc, averageDecay }) => ({ rule, desc, averageDecay }))).toEqual(
    torchAverages,
  );
});

test.each(named)("%s: each operation rounded on its own, PyTorch and the reference are bit-identical", (_, each, i) => {
  const { average, scale } = averages(each, "float32", "torch").get(fixtureSteps)!;
  expect(worstUlpError(average, decodeFloat32(aroundFixtures.averages[i]!.correctlyRounded), scale)).toBe(0);
});

test.each(named)("%s: PyTorch as everyone runs it is within 8 ulp at every recorded step", (_, each, i) => {
  for (const [t, { average, scale }] of averages(each, "float32", "torch")) {
    const theirs = decodeFloat32(aroundFixtures.averages[i]!.float32[t]!);
    expect(worstUlpError(average, theirs, scale), `step ${t}`).toBeLessThanOrEqual(8);
  }
});

test.each(named)("%s: in float64, both profiles are PyTorch's average", (_, each, i) => {
  for (const profile of ["accurate", "torch"] as const) {
    const { average } = averages(each, "float64", profile).get(fixtureSteps)!;
    expect(distance(average, decodeFloat64(aroundFixtures.averages[i]!.float64))).toBeLessThan(1e-14);
  }
});

test("PyTorch's first average is the weights, as ours is", () => {
  for (const [i, { rule, desc }] of torchAverages.entries()) {
    const row = torchFixtures.rows.find((each) => each.rule === rule && each.desc === desc);
    expect(aroundFixtures.averages[i]!.float32[1], `${rule}: ${desc}`).toBe(row?.float32[1]?.param);
  }
});
