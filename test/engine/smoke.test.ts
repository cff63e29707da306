import { expect } from "vitest";
import {
  add,
  crossEntropy,
  differentiate,
  elementsOf,
  gelu,
  input,
  layerNorm,
  matmul,
  mean,
  parameter,
  relu,
  type Tensor,
} from "../../src/graph/index.ts";
import { execute, float32 } from "../../src/reference/index.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { runGraph } from "./runGraph.ts";
import { signed } from "./support.ts";

sharedGpuTest("mlp", async ({ gpu }) => {
  const x = input("x", [16, 20], "float32");
  const labels = input("y", [16], "uint32");
  const w1 = parameter([20, 32], "weight", 0),
    b1 = parameter([32], "bias", 0),
    w2 = parameter([32, 10], "weight", 0),
    b2 = parameter([10], "bias", 0);
  const g = parameter([32], "norm", 0),
    gb = parameter([32], "bias", 0);
  const w3 = parameter([32, 32], "weight", 0),
    b3 = parameter([32], "bias", 0);
  const h = relu(add(matmul(x, w1), b1));
  const r = add(h, gelu(add(matmul(layerNorm(h, g, gb), w3), b3)));
  const loss = mean(crossEntropy(add(matmul(r, w2), b2), labels));
  const params = [w1, b1, w2, b2, g, gb, w3, b3];
  const outputs = [loss, ...differentiate(loss, params)];
  const leaf = (t: Tensor) =>
    t === labels ? Uint32Array.from({ length: 16 }, (_, i) => i % 10) : signed(elementsOf(t.shape), t.node.id);
  const { results, launches } = await runGraph(gpu, outputs, leaf);
  console.log(launches.map(({ label }) => label).join("\n"));
  const expected = execute(outputs, leaf, float32);
  for (const [i, e] of expected.entries()) {
    const worst = Math.max(...Array.from(e, (v, j) => Math.abs(v - (results[i]![j] as number))));
    console.log(i, e.length, worst, Math.max(...Array.from(e, Math.abs)));
    expect(worst).toBeLessThan(1e-5);
  }
});
