import { muonVariant } from "../../src/optim/muon/variant.ts";
import { rowParts } from "../../src/optim/parts.ts";
import linear from "../../shaders/engine/linear.wgsl?raw";
import matmul from "../../shaders/engine/parts/matmul.wgsl?raw";
import ragged from "../../shaders/engine/parts/ragged.wgsl?raw";
import { gpuTest } from "../support/gpuTest.ts";
gpuTest("compile", { timeout: 600_000 }, async ({ gpu }) => {
  const pass = muonVariant(5).passes![1] as { kernels: Record<string, { file: string; code: string }[]> };
  const times: Record<string, number> = {};
  let n = 0;
  const go = async (name: string, change: (code: string) => string, kernel = "polynomial") => {
    const parts = [...rowParts({ isGuarded: false, hasAverage: false }), ...pass.kernels[kernel]!].map((part) => ({ ...part, code: change(part.code) }));
    parts.push({ file: "n", code: `// ${n++}\nconst UNUSED${n} = ${n}u;` });
    const t0 = performance.now();
    await gpu.kernels.get({ label: name, parts, bindings: [["read", "read", "uniform", "read"], kernel === "combine" ? ["read", "read", "read", "readWrite"] : ["read", "read", "readWrite"]], constants: { GRID_WIDTH: 65535 } });
    times[name] = Math.min(times[name] ?? 1e9, performance.now() - t0);
  };
  const lin = async () => {
    const t0 = performance.now();
    await gpu.kernels.get({ label: "linear", parts: [{ file: "p", code: `${linear + matmul + ragged}\n// ${n++}` }], bindings: [["read", "read", "readWrite", "uniform", "read"]], constants: { GRID_WIDTH: 65535, RELU: 0 } });
    times.linear = Math.min(times.linear ?? 1e9, performance.now() - t0);
  };
  for (let r = 0; r < 5; r++) {
    await lin();
    await go("plain", (c) => c);
    await go("gram", (c) => c, "gram");
    await go("combine", (c) => c, "combine");
    await go("no reads", (c) => c.replace(/(left|right)Panel\[k \* STRIDE \+ \w+( \+ HALF)?\];/g, "vec4f(f32(k + first) + f32(row));"));
    await go("reads, 1 FMA", (c) => c.replace(/sum(00|01|10|11) = addProduct.*\n/g, "").replace("if (hasWork) {\n      for", "if (hasWork) {\n      for").replace("let right1 = rightPanel[k * STRIDE + column + HALF];", "let right1 = rightPanel[k * STRIDE + column + HALF]; sum00[0] += left0 * right0 + left1 * right1;"));
    await go("no skip", (c) => c.replace("  if (matrix.isActive == 0u) {\n    return;\n  }\n", "").replaceAll("if (hasWork) {", "{"));
    await go("all out", (c) => c.replace(/sum(00|01|10|11) = addProduct.*\n/g, "").replace(/let (left|right).*Panel.*\n/g, "").replace("    fill(block, matrix, extent, first, lane);", "").replaceAll("workgroupBarrier();", ""));
  }
  console.log(JSON.stringify(times));
});
