/** Many copies at once are each what it is by itself: every row of the table, whichever of its leaves have copies. */
import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { execute, float64, type Numbers } from "../../src/reference/index.ts";
import { copiesOf, keyOf, turned } from "../graph/copiesOf.ts";
import type { LeafName } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { type Prepared, prepare } from "../graph/runRow.ts";
import { takesAll } from "../support/spread.ts";

const count = 2;

/** The leaves that have copies: all of them, and some; every choice in `npm run test:all`. */
function choices<T>(leaves: readonly T[], row: number): T[][] {
  const every = Array.from({ length: 2 ** leaves.length - 1 }, (_, bits) =>
    leaves.filter((_, i) => ((bits + 1) >> i) & 1),
  );
  const some = every.length - 1;
  return takesAll || some < 1 ? every : [every[some] as T[], every[row % some] as T[]];
}

const joined = (parts: readonly Numbers[]): number[] => parts.flatMap((numbers) => [...numbers]);
const added = (parts: readonly Numbers[]): number[] =>
  parts.map((numbers) => [...numbers]).reduce((sum, part) => sum.map((value, i) => value + (part[i] as number)));

/** Those of copies are not to have copies again. */
const rows = opTable.filter(({ name }) => !name.startsWith("stackIds"));

it.each(rows)("$name", (row) => {
  const one = prepare(row);
  for (const copied of choices(Object.keys(row.leaves) as LeafName[], opTable.indexOf(row))) {
    const alone = eachAlone(one, copied);
    const { outputs, gradients } = allTogether(one, copied);
    for (const [i, found] of outputs.entries()) {
      expectSame(found, joined(alone.map((each) => each.outputs[i] as Numbers)), `output ${i} by copies of ${copied}`);
    }
    for (const [name, found] of Object.entries(gradients)) {
      const each = alone.map(({ gradients }) => gradients[name] as Numbers);
      const expected = copied.includes(name as LeafName) ? joined(each) : added(each);
      expectSame(found, expected, `gradient of ${name} by copies of ${copied}`);
    }
  }
});

interface Computed {
  readonly outputs: readonly Numbers[];
  readonly gradients: Readonly<Record<string, Numbers>>;
}

/** Each copy by an execution of its own, with its own numbers and key. */
function eachAlone({ outputs, gradients, numbers }: Prepared, copied: readonly LeafName[]): Computed[] {
  const wanted = [...outputs, ...Object.values(gradients)];
  return Array.from({ length: count }, (_, copy) => {
    const leaf = ({ node: { operation } }: g.Tensor): Numbers => {
      if (operation.op !== "input") return Uint32Array.of(keyOf(copy));
      const own = numbers[operation.name] as Prepared["numbers"][string];
      return copied.includes(operation.name as LeafName) ? turned(own, copy) : own;
    };
    const found = execute(wanted, leaf, float64);
    const slopes = Object.keys(gradients).map((name, i) => [name, found[outputs.length + i] as Numbers]);
    return { outputs: found.slice(0, outputs.length), gradients: Object.fromEntries(slopes) };
  });
}

/** All copies in one graph. */
function allTogether(one: Prepared, copied: readonly LeafName[]): Computed {
  const { outputs, gradients, leaf } = copiesOf(one, copied, count);
  const found = execute([...outputs, ...Object.values(gradients)], leaf, float64);
  const slopes = Object.keys(gradients).map((name, i) => [name, found[outputs.length + i] as Numbers]);
  return { outputs: found.slice(0, outputs.length), gradients: Object.fromEntries(slopes) };
}

/** Within 1e-12 of the largest: float64 sums of a few hundred numbers in another order. */
function expectSame(found: Numbers, expected: readonly number[], what: string): void {
  expect(found.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs).filter(Number.isFinite), 0);
  const wrong = expected.findIndex((value, i) => {
    const got = found[i] as number;
    return !(Object.is(got, value) || Math.abs(got - value) <= 1e-12 * scale);
  });
  if (wrong >= 0) expect.fail(`${what}, element ${wrong}: got ${found[wrong]}, alone ${expected[wrong]}`);
}

describe("what has been made again", () => {
  const x = g.input("x", [4, 3], "float32");
  const block = (): g.Tensor => g.recomputed("block", () => g.gelu(g.square(x)));
  const { result } = g.trace(true, () => g.mean(block()));
  const copies = new Map([[x, g.input("copies of x", [count, 4, 3], "float32")]]);
  const standIn = new Map([[x, g.input("another x", [4, 3], "float32")]]);

  it.each([
    ["copies", () => g.vectorize([result], copies, count)],
    ["other leaves", () => g.substitute([result], standIn)],
  ])("with %s, comes from the same lines and blocks", (_, again) => {
    const made = g.collect(again()).nodes.filter(({ operation }) => operation.op === "map");
    const before = g.collect([result]).nodes.filter(({ operation }) => operation.op === "map");
    expect(made.map(({ where }) => where)).toEqual(before.map(({ where }) => where));
    expect(made.map(({ region }) => region?.name)).toEqual(before.map(({ region }) => region?.name));
    expect(made.map(({ region }) => region?.name)).toContain("block");
  });

  it("has no form for a gradient", () => {
    const [gradient] = g.differentiate(g.sum(g.softmax(x)), [x]) as [g.Tensor];
    expect(() => g.vectorize([gradient], copies, count)).toThrow(
      /^softmaxGradient: it has no form for many copies\. Differentiate afterwards\. \(at vectorize\.test\.ts/,
    );
  });
});
