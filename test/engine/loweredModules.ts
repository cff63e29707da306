import { lower } from "../../src/engine/lower/lower.ts";
import { reduceLaunches } from "../../src/engine/lower/reduce.ts";
import { wholeView } from "../../src/engine/lower/views.ts";
import type { ShaderPart } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import { engineDevices } from "../support/engineDevices.ts";

/** Every module that the table of operations and their gradients is lowered to, by its text, for each kind of device. */
const modules = new Map<string, { name: string; parts: readonly ShaderPart[] }>();
for (const [kind, device] of Object.entries(engineDevices)) {
  for (const row of opTable) {
    const { outputs, gradients } = prepare(row);
    const requests = [...outputs, ...Object.values(gradients)].map((tensor) => ({ tensor }));
    for (const { label, parts } of lower(requests, device).launches) {
      const code = join(parts);
      if (!modules.has(code)) modules.set(code, { name: `${label} of ${row.name} on ${kind}`, parts });
    }
  }
}
const many = { label: "many rows", elements: 256 * 3, dtype: "float32" } as const;
const expression = { kind: "load", view: wholeView(many, [256, 3]) } as const;
const sums = { label: "sums", elements: 256, dtype: "float32" } as const;
const ofManyRows = reduceLaunches({ fn: "sum", expression, shape: [256, 3], axes: [1] }, sums, {
  isSoftware: true,
  subgroups: false,
});

export const loweredModules = [
  ...modules.values(),
  ...ofManyRows.map(({ label, parts }) => ({ name: `${label} of many rows`, parts })),
];
