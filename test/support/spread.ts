import { inject } from "vitest";

/** `npm test` takes a spread of what is much of a kind, for its five minutes; `npm run test:all` takes all of it. */
export const takesAll = inject("takesAll");

declare module "vitest" {
  interface ProvidedContext {
    takesAll: boolean;
  }
}

/** So many of the items, evenly spread. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (takesAll || items.length <= count) return items;
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * items.length) / count));
  return items.filter((_, i) => chosen.includes(i));
}

/** So many of each rule's rows. */
export function spreadOfEachRule<T extends { readonly rule: string }>(rows: readonly T[], count: number): readonly T[] {
  const rules = new Set(rows.map(({ rule }) => rule));
  return [...rules].flatMap((rule) =>
    spread(
      rows.filter((row) => row.rule === rule),
      count,
    ),
  );
}
