import { spawnSync } from "node:child_process";
import { test } from "vitest";
import { float32, float64 } from "../../src/reference/index.ts";
import { muon } from "../../src/reference/muon.ts";
import { decodeFloat32, decodeFloat64, decodeTensors, fixtureCount, fixtureSeed, gradientAt, initialParam, recordedSteps, ulp, worstUlpError } from "../parity/fixtures.ts";
import { muonRows } from "../parity/rows/muon.ts";
import { hyperAt } from "../parity/table.ts";

const defaults = { lr: 1e-3, momentum: 0.95, nesterov: true, weightDecay: 0.1, nsSteps: 5, nsCoefficients: [3.4445, -4.775, 2.0315] as const, eps: 1e-7, adjust: "original" as const, maximize: false };
test("x", { timeout: 600_000 }, () => {
  const rows = muonRows.map((row) => ({ rule: row.rule, desc: row.desc, shape: row.shape ?? [96], hyper: Array.from({ length: 50 }, (_, i) => hyperAt(row, i + 1)) }));
  const request = { seed: fixtureSeed, count: fixtureCount, recordedSteps, roundRootsCorrectly: false, long: { steps: 1, count: 4 }, rows };
  const ask = (env: object) => JSON.parse(spawnSync("/work/main/.oracle/bin/python", ["scripts/torchOracle.py"], { input: JSON.stringify(request), encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } }).stdout);
  const answer = ask({});
  const rounded = ask({ ATEN_CPU_CAPABILITY: "default" });
  console.log(answer.defaults.muon);
  for (const [i, row] of muonRows.entries()) {
    const run = (profile: "torch" | "accurate", isF32: boolean) => {
      const make = (x: ArrayLike<number>) => isF32 ? Float32Array.from(x) : Float64Array.from(x);
      const t = { shape: row.shape!, param: make(initialParam(fixtureSeed, 96)), velocity: make(new Float32Array(96)), grad: make([]) };
      const scale = t.param.map(Math.abs), vscale = make(new Float32Array(96));
      for (let s = 1; s <= 50; s++) {
        t.grad = make(gradientAt(fixtureSeed, s, 96));
        muon(t, { ...defaults, ...hyperAt(row, s) } as never, s, isF32 ? float32 : float64, profile);
        t.param.forEach((x, k) => { scale[k] = Math.max(scale[k]!, Math.abs(x)); });
        t.velocity.forEach((x, k) => { vscale[k] = Math.max(vscale[k]!, Math.abs(x), Math.abs(t.grad[k]!)); });
      }
      return { ...t, scale, vscale };
    };
    const torch = run("torch", true), t64 = run("torch", false), a64 = run("accurate", false), a32 = run("accurate", true);
    const f32 = decodeTensors(answer.rows[i].float32[50]), cr = decodeTensors(rounded.rows[i].float32[50]);
    const f64 = decodeFloat64(answer.rows[i].float64), b16 = decodeFloat32(answer.rows[i].bfloat16);
    const start = initialParam(fixtureSeed, 96);
    const norm = (x: number[]) => Math.hypot(...x);
    const moved = norm(Array.from(f64, (x, k) => x - start[k]!));
    console.log(row.desc, { fusedP: worstUlpError(f32.param, torch.param, torch.scale), fusedV: worstUlpError(f32.velocity, torch.velocity, torch.vscale),
      crP: worstUlpError(cr.param, torch.param, torch.scale), crV: worstUlpError(cr.velocity, torch.velocity, torch.vscale),
      f64: Math.max(...Array.from(f64, (x, k) => Math.abs(x - t64.param[k]!) / t64.scale[k]!)), a64: Math.max(...Array.from(f64, (x, k) => Math.abs(x - a64.param[k]!) / a64.scale[k]!)),
      a32: Math.max(...Array.from(a64.param, (x, k) => Math.abs(x - a32.param[k]!) / ulp(a64.scale[k]!))),
      b16: norm(Array.from(b16, (x, k) => x - f64[k]!)) / moved, moved });
  }
});
