import { describe, expect, test } from "vitest";
import { cases, edgeSizes, oneOfEvery } from "../parity/cases.ts";
import { table } from "../parity/table.ts";

describe("one case of every so many", () => {
  test("is all of them where that is one", () => expect(oneOfEvery(1)).toEqual(cases));

  test.for([2, 7, 10, 14, 100])("is that share of them: %i", (every) => {
    expect(Math.abs(oneOfEvery(every).length - cases.length / every)).toBeLessThan(1);
  });

  test("still has every row of the table, every edge size, both profiles and every kind of memory", () => {
    const some = oneOfEvery(10);
    const values = <T>(of: (test: (typeof cases)[number]) => T): Set<T> => new Set(some.map(of));
    expect(values(({ rows }) => rows[0]?.desc)).toEqual(new Set(table.map(({ desc }) => desc)));
    const sizes = values(({ tensors }) => tensors[0]?.shape[0]);
    expect(edgeSizes.filter((size) => !sizes.has(size))).toEqual([]);
    expect(values(({ profile }) => profile).size).toBe(2);
    expect(values(({ memory }) => memory)).toEqual(new Set(cases.map(({ memory }) => memory)));
  });
});
