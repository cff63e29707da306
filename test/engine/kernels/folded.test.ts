import { afterAll, beforeAll, expect, test } from "vitest";
import { attention, attentionGradient } from "../../../src/engine/kernels/attention.ts";
import { crossEntropyWithGradient } from "../../../src/engine/kernels/crossEntropy.ts";
import { normWeightGradient } from "../../../src/engine/kernels/norm.ts";
import { rotary } from "../../../src/engine/kernels/rotary.ts";
import { softmax } from "../../../src/engine/kernels/softmax.ts";
import type { Launch, Value, View } from "../../../src/engine/launch.ts";
import { type Gpu, openGpu } from "../../../src/gpu/index.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { value } from "./rowCases.ts";

let wide: Gpu;
/** A device whose grids fold after two workgroups. */
let narrow: Gpu;
beforeAll(async () => {
  wide = await openGpu();
  narrow = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 2 } });
});
afterAll(() => {
  for (const gpu of [wide, narrow]) gpu.destroy();
});

const [rows, columns] = [600, 12];
const of = (label: string): Value => value(label, rows * columns);
const perRow = (label: string): Value => value(label, rows);
/** [batches, times, heads, depth] */
const shape = [3, 10, 12, 12];
const view = (label: string): View => ({ value: of(label), shape, strides: [1440, 144, 12, 1], offset: 0 });
const inputs = { q: view("q"), k: view("k"), v: view("v") };
const options = { causal: true, scale: 0.3 };
const outputs = { o: of("o"), lse: perRow("lse") };
const labels = value("labels", rows, "uint32");

const software = { isSoftware: true, subgroups: false };
const families: [string, readonly Launch[]][] = [
  ["rows by lanes", softmax({ rows, columns, log: false }, { x: of("x"), y: of("y") }, software)],
  [
    "rows by teams",
    softmax(
      { rows: 225, columns: 32, log: false },
      { x: of("x"), y: of("y") },
      { isSoftware: false, subgroups: false },
    ),
  ],
  [
    "rows by subgroups",
    softmax({ rows: 4, columns: 1800, log: false }, { x: of("x"), y: of("y") }, { isSoftware: false, subgroups: true }),
  ],
  [
    "cross-entropy",
    crossEntropyWithGradient(
      { rows, columns, labelSmoothing: 0.1, scale: 1 },
      { logits: of("logits"), labels, losses: perRow("losses"), lse: perRow("lse"), dlogits: of("dlogits") },
      software,
    ),
  ],
  [
    "columns by blocks",
    normWeightGradient(
      { rows: 120, columns: 60 },
      { kind: "rms", x: of("x"), rstd: value("rstd", 120), dy: of("dy"), dweight: value("dweight", 60) },
    ),
  ],
  ...[true, false].map((isSoftware): [string, Launch[]] => {
    const device = { isSoftware, limits: { maxComputeInvocationsPerWorkgroup: 256 } };
    const gradients = { dout: of("dout"), dq: of("dq"), dk: of("dk"), dv: of("dv") };
    return [
      `attention by ${isSoftware ? "lanes" : "tiles"}`,
      [
        ...attention(options, inputs, outputs, device),
        ...attentionGradient(options, inputs, outputs, gradients, device),
      ],
    ];
  }),
  ["rotary", rotary({ base: 100, inverse: false }, { x: view("x"), y: of("y") }).launches],
];

test.each(families)("a folded grid, and another run, give the same bits: %s", async (_, launches) => {
  const written = new Set(
    launches.flatMap(({ bindings }) => bindings.filter((b) => b.access !== "read").map((b) => b.value)),
  );
  const read = new Set(launches.flatMap(({ bindings }) => bindings.map((b) => b.value)).filter((v) => !written.has(v)));
  const numbers = ({ dtype, elements }: Value, stream: number) =>
    dtype === "uint32" ? Uint32Array.from({ length: elements }, (_, i) => i % columns) : signed(elements, stream);
  const given = new Map([...read].map((of, i) => [of, numbers(of, i)]));
  expect(Math.max(...launches.map(({ workgroups }) => workgroups))).toBeGreaterThan(2);
  const runs = [];
  for (const gpu of [wide, wide, narrow]) runs.push(await runLaunches(gpu, launches, given));
  for (const of of written) {
    const [first, again, folded] = runs.map((run) => new Uint32Array((run.get(of) as Float32Array).slice().buffer));
    expect(again).toEqual(first);
    expect(folded).toEqual(first);
  }
});
