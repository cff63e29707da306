/** The executor in float64 against PyTorch: test/fixtures/ops.json holds what PyTorch makes of each row, and its gradients. */
import { expect, it } from "vitest";
import { layers, losses } from "../../src/engine/index.ts";
import type { Numbers } from "../../src/reference/index.ts";
import { opTable } from "../graph/opTable.ts";
import { layerRows } from "../oracle/layerRows.ts";
import { lossRows } from "../oracle/lossRows.ts";
import { type Case, computed, excess, type Kind, opFixtures, torchCases, withoutTorch } from "../oracle/torchCases.ts";
import { decodeFloat64 } from "../parity/fixtures.ts";

const kinds: readonly Kind[] = ["ops", "layers", "losses"];
const cases = kinds.flatMap((kind) => torchCases[kind].map((row) => [kind, row.name, row] as const));

it.each(cases)("%s: %s", (kind, name, row) => {
  const answer = opFixtures[kind][name];
  expect(answer, `ops.json has nothing for "${name}". Run \`npm run oracle -- --write\`.`).toBeDefined();
  const { outputs, gradients } = answer!;
  expect(Object.keys(gradients)).toEqual(Object.keys(row.gradients));
  const [found, slopes] = ours(row);
  expect(found).toHaveLength(outputs.length);
  for (const [i, bits] of outputs.entries()) {
    expect(excess(name, found[i]!, decodeFloat64(bits)), `output ${i}`).toBeLessThanOrEqual(1);
  }
  for (const [i, [leaf, bits]] of Object.entries(gradients).entries()) {
    expect(excess(name, slopes[i]!, decodeFloat64(bits)), `gradient of ${leaf}`).toBeLessThanOrEqual(1);
  }
});

it("PyTorch has been asked about every row, or there is a reason why not", () => {
  const tables = { ops: opTable, layers: layerRows, losses: lossRows };
  for (const kind of kinds) {
    const known = [...Object.keys(opFixtures[kind]), ...Object.keys(withoutTorch[kind] ?? {})].sort();
    expect(known, kind).toEqual(tables[kind].map(({ name }) => name).sort());
    expect(new Set(known).size, "names are each row's own").toBe(known.length);
  }
});

it("every layer and every loss has a row", () => {
  const first = (rows: readonly { readonly name: string }[]) => new Set(rows.map(({ name }) => name.split(/[ ,]/)[0]));
  expect([...first(layerRows)].sort()).toEqual(Object.keys(layers).sort());
  expect([...first(lossRows)].sort()).toEqual(Object.keys(losses).sort());
});

function ours(row: Case): readonly [outputs: Numbers[], gradients: Numbers[]] {
  const all = computed(row, [...row.outputs, ...Object.values(row.gradients)]);
  return [all.slice(0, row.outputs.length), all.slice(row.outputs.length)];
}
