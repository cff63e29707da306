import { expect } from "vitest";
import combine from "../../shaders/optim/newtonSchulz/combine.wgsl?raw";
import gram from "../../shaders/optim/newtonSchulz/gram.wgsl?raw";
import polynomial from "../../shaders/optim/newtonSchulz/polynomial.wgsl?raw";
import product from "../../shaders/optim/newtonSchulz/product.wgsl?raw";
import symmetric from "../../shaders/optim/newtonSchulz/symmetric.wgsl?raw";
import { readFloats, type Slice } from "../../src/gpu/index.ts";
import { float32 } from "../../src/reference/index.ts";
import { orthogonalized } from "../../src/reference/newtonSchulz.ts";
import { randomSigned } from "../../src/engine/random.ts";
import { total } from "../../src/reference/total.ts";
import { all, bufferOf, gpuTest } from "../support/gpuTest.ts";

const shapes: [number, number][] = [[1,1],[1,7],[7,1],[3,5],[64,64],[65,33],[33,130],[128,257],[512,512],[300,1200],[1200,300]];
gpuTest.for(shapes)("%j", { timeout: 300_000 }, async ([rows, columns], { gpu }) => {
  const n = rows * columns, m = Math.min(rows, columns);
  const values = Float32Array.from({ length: n }, (_, i) => randomSigned(3, 1, i));
  const t = total(n, (i) => Math.fround(values[i]! * values[i]!), Math.fround);
  const stub = `struct H { nsA: f32, nsB: f32, nsC: f32 }
  fn hyperOf(m: Matrix) -> H { return H(3.4445, -4.7750, 2.0315); }
  @group(0) @binding(5) var<storage, read> totals: array<f32>;
  fn inverseNorm(m: Matrix) -> f32 { return 1.0 / max(sqrt(totals[0]), 1e-7); }
  fn adjustment(m: Matrix) -> f32 { return 1.0; }`;
  const part = (name: string, code: string) => ({ file: name, code });
  const k = (name: string, parts: string[], constants: Record<string, number>) => gpu.kernels.get({ label: name, parts: [...parts, stub].map((c, i) => part(`${name}${i}`, c)),
    bindings: [["read", "read", "read", name === "combine" ? "read" : "readWrite", "readWrite", "read"]], constants: { GRID_WIDTH: 65535, ...constants } });
  const S = 64;
  const up = (x: number) => Math.ceil(x / S);
  const sq: number[] = [], full: number[] = [];
  for (let i = 0; i < up(m); i++) for (let j = i; j < up(m); j++) sq.push(0, i * S, j * S);
  for (let i = 0; i < up(rows); i++) for (let j = 0; j < up(columns); j++) full.push(0, i * S, j * S);
  const buf = (v: Float32Array | Uint32Array) => all(bufferOf(gpu.device, v));
  const [X, Y, A, B, Z] = [buf(values), buf(new Float32Array(n)), buf(new Float32Array(m * m)), buf(new Float32Array(m * m)), buf(new Float32Array(1))];
  const [sqT, fullT] = [buf(Uint32Array.from(sq)), buf(Uint32Array.from(full))];
  const mat = buf(Uint32Array.from([0, 0, rows, columns, 0, 1]));
  const tot = buf(new Float32Array([t]));
  const dispatches = [];
  let [x, y] = [X, Y] as [Slice, Slice];
  const times: Record<string, number> = {};
  const c0 = performance.now();
  for (let s = 0; s < 5; s++) {
    const g = await k("gram", [product, symmetric, gram], { IS_FIRST: s === 0 ? 1 : 0 });
    const p = await k("polynomial", [product, symmetric, polynomial], {});
    const c = await k("combine", [product, combine], { IS_FIRST: s === 0 ? 1 : 0, IS_LAST: s === 4 ? 1 : 0 });
    dispatches.push(["gram", g.prepare([[sqT, mat, x, A, Z, tot]], sq.length / 3)] as const);
    dispatches.push(["poly", p.prepare([[sqT, mat, A, B, Z, tot]], sq.length / 3)] as const);
    dispatches.push(["comb", c.prepare([[fullT, mat, B, x, y, tot]], full.length / 3)] as const);
    [x, y] = [y, x];
  }
  console.log('compile ms', performance.now() - c0);
  for (const [name, d] of dispatches) {
    const t0 = performance.now();
    gpu.stream.dispatch(d); gpu.stream.submit(); await gpu.device.queue.onSubmittedWorkDone();
    times[name] = (times[name] ?? 0) + performance.now() - t0;
  }
  const found = await readFloats(gpu, x);
  const long = Math.max(rows, columns);
  console.log(rows, columns, "GFLOP/s (full)", { gram: (10 * m * m * long) / times.gram! / 1e6, poly: (10 * m ** 3) / times.poly! / 1e6, comb: (10 * m * m * long) / times.comb! / 1e6 });
  if (n <= 40000) {
    const t0 = performance.now();
    const expected = orthogonalized(values, [rows, columns], { coefficients: [3.4445, -4.775, 2.0315], steps: 5, eps: 1e-7 }, float32);
    console.log("twin ms", performance.now() - t0);
    expect(found).toEqual(expected);
  }
});
