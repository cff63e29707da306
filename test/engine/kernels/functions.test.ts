/** The functions of shaders/engine/map/functions.wgsl over all of float32, against float64. */
import { expect } from "vitest";
import functionsCode from "../../../shaders/engine/map/functions.wgsl?raw";
import type { MapFunction } from "../../../src/graph/index.ts";
import { float64 } from "../../../src/reference/index.ts";
import { map } from "../../../src/reference/ops/map.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { excess, flushed, isSpecial, ulp } from "../elementwise.ts";
import { runLaunches } from "../runLaunches.ts";
import { f64, value } from "./rowCases.ts";

interface Row {
  readonly fn: MapFunction;
  readonly call: string;
  /** How many units in the last place it may be off; measured on SwiftShader and rounded up. */
  readonly ulps: number;
  /** More of them: what the exponent of e^x is rounded by before. */
  readonly perExponent?: (x: number) => number;
  /** More, in units in the last place of 1, for |x| up to 2: there the function has a zero, between terms of that size. */
  readonly ofOne?: number;
  /** Of its argument's absolute value. */
  readonly most?: number;
}

/** 2u of σ(2u) in geluTanh, which four roundings make. */
const exponent = (x: number): number => (Math.abs(x) < 16 ? 4 * 1.6 * (Math.abs(x) + 0.045 * Math.abs(x) ** 3) : 0);

const rows: readonly Row[] = [
  { fn: "exp", call: "exponentials(x)", ulps: 1.5 },
  { fn: "log", call: "logarithm(x)", ulps: 2 },
  { fn: "softplus", call: "softplus(x)", ulps: 2.5 },
  { fn: "sigmoid", call: "logistic(x)", ulps: 2.5 },
  { fn: "tanh", call: "hyperbolicTangent(x)", ulps: 2.5 },
  { fn: "gelu", call: "gelu(x)", ulps: 6.5 },
  { fn: "geluTanh", call: "geluTanh(x)", ulps: 4, perExponent: exponent },
  { fn: "silu", call: "silu(x)", ulps: 3 },
  { fn: "geluGradient", call: "geluGradient(x, one)", ulps: 5, ofOne: 1 },
  { fn: "geluTanhGradient", call: "geluTanhGradient(x, one)", ulps: 4, perExponent: exponent, ofOne: 1 },
  { fn: "siluGradient", call: "siluGradient(x, one)", ulps: 5, ofOne: 1 },
  { fn: "tanhGradient", call: "tanhGradient(x, one)", ulps: 2, most: 1 },
  { fn: "sigmoidGradient", call: "sigmoidGradient(x, one)", ulps: 2, most: 1 },
];

/** Every 2^17th of all codes and more of those around 1; 0, what is below 2^-126 and the largest numbers are among them. */
function sweep(): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(2 ** 16);
  const codes = new Uint32Array(numbers.buffer);
  for (let i = 0; i < 2 ** 15; i++) codes[i] = i * 2 ** 17 + ((i * 40_503) % 2 ** 17);
  for (let i = 2 ** 15; i < 2 ** 16; i++) numbers[i] = (i % 2 ? 1 : -1) * 2 ** (13 * (i / 2 ** 15 - 1) - 6);
  const finite = numbers.map((x) => (Number.isFinite(x) ? x : 0));
  finite.set([0, -0, 88.5, 88.7228, 88.7229, 3.4028234e38, -3.4028234e38, 1e-45]);
  return finite;
}

sharedGpuTest("the functions are good to the units in the last place that are stated", async ({ gpu }) => {
  const numbers = sweep();
  const count = numbers.length;
  const code = `
@group(0) @binding(0) var<storage, read> xs: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> ys: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = xs[id.x];
  let one = vec4f(1.0);
${rows.map(({ call }, i) => `  ys[id.x + ${(i * count) / 4}u] = ${call};`).join("\n")}
}`;
  const [xs, ys] = [value("xs", count), value("ys", count * rows.length)];
  const parts = [
    { file: "test", code },
    { file: "shaders/engine/map/functions.wgsl", code: functionsCode },
  ];
  const bindings = [
    { value: xs, access: "read" },
    { value: ys, access: "readWrite" },
  ] as const;
  const launch = { label: "test/functions", parts, bindings, workgroups: count / 256 };
  const found = (await runLaunches(gpu, [launch], new Map([[xs, numbers]]))).get(ys) as Float32Array;
  // Two divisions of 2.5 units each, as WGSL allows.
  const more = gpu.adapter.isSoftware ? 0 : 5;
  for (const [row, { fn, ulps, perExponent, ofOne = 0, most = Infinity }] of rows.entries()) {
    const operands = fn.endsWith("Gradient") ? [f64(numbers), new Float64Array(count).fill(1)] : [f64(numbers)];
    const exact = map(fn, operands, [[count], [count]], [count], float64);
    let worst = { units: 0, what: "" };
    for (let i = 0; i < count; i++) {
      const [x, got, wanted] = [numbers[i] as number, found[row * count + i] as number, exact[i] as number];
      if (Math.abs(x) > most || isSpecial(gpu, got, Math.fround(wanted))) continue;
      const nearZero = Math.abs(x) <= 2 ? ofOne * ulp(1) : 0;
      const allowed = (ulps + more + (perExponent?.(x) ?? 0)) * ulp(wanted) + nearZero + flushed;
      const units = excess(got, wanted, allowed);
      if (units > worst.units) worst = { units, what: `${fn}(${x}): got ${got}, expected ${wanted}` };
    }
    expect.soft(worst.units, worst.what).toBeLessThanOrEqual(1);
  }
});
