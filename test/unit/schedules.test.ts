/** Schedules: PyTorch's numbers where it has the scheduler, closed forms where not, and what all of them have in common. */

import { describe, expect, test } from "vitest";
import {
  adamw,
  constant,
  cosine,
  cosineRestarts,
  exponential,
  HyperparameterError,
  inverseSquareRoot,
  linear,
  multiStep,
  oneCycle,
  piecewise,
  polynomial,
  type Schedule,
  schedule,
  sgd,
  step,
  warmupStableDecay,
} from "../../src/optim/index.ts";
import fixtures from "../fixtures/schedules.json";

// biome-ignore lint/suspicious/noExplicitAny: options come out of a file, and bad ones on purpose.
type Make = (options: any) => Schedule;

const kinds: Record<string, Make> = {
  ...{ linear, cosine, step, multiStep, exponential, polynomial, oneCycle, warmupStableDecay },
  ...{ inverseSquareRoot, cosineRestarts, piecewise, constant },
};

interface Spec {
  kind: string;
  options: Record<string, unknown> & { schedules?: Spec[] };
}

function make({ kind, options: { schedules, ...options } }: Spec): Schedule {
  return kinds[kind]!(schedules ? { ...options, schedules: schedules.map(make) } : options);
}

const valuesOf = (at: Schedule, count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, i) => at(from + i));

/** Relative; where 0 is expected, anything else is infinitely far. */
function worstError(actual: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, i) => (actual[i] === value ? 0 : Math.abs(actual[i]! - value) / value)));
}

describe("PyTorch's lr during its step t is the value at t", () => {
  test.each(fixtures.rows as (Spec & { desc: string; values: number[] })[])("$desc", (row) => {
    const at = make(row);
    expect(worstError(valuesOf(at, row.values.length), row.values)).toBeLessThan(1e-12);
    // A step late is far out, so that the row does hold the index.
    expect(worstError(valuesOf(at, row.values.length, 2), row.values)).toBeGreaterThan(1e-3);
  });
});

/** [schedule, its words, the values at steps]: each anchor that its docstring states. */
const anchors: [Schedule, string, Record<number, number>][] = [
  [constant(0.1), "constant 0.1", { 1: 0.1, 1e9: 0.1 }],
  [linear({ start: 1, end: 2, total: 4 }), "linear from 1 to 2 over 4 steps", { 1: 1, 4: 1.75, 5: 2, 1e9: 2 }],
  [
    cosine({ peak: 3e-3, warmup: 100, total: 5000 }),
    "cosine from 0 over 100 steps to 0.003, then to 0 after step 5,000",
    { 1: 3e-5, 50: 1.5e-3, 100: 3e-3, 101: 3e-3, 2551: 1.5e-3, 5000: 3e-3 * Math.sin(Math.PI / 9800) ** 2, 5001: 0 },
  ],
  [
    cosine({ peak: 0.04, total: 10, floor: 0.4 }),
    "cosine from 0.04 to 0.4 over 10 steps",
    { 1: 0.04, 6: 0.22, 11: 0.4, 1e9: 0.4 },
  ],
  [
    cosine({ peak: 1, warmup: 1, total: 2 }),
    "cosine from 0 over 1 step to 1, then to 0 after step 2",
    { 1: 1, 2: 1, 3: 0 },
  ],
  [step({ start: 1, stepSize: 30 }), "step from 1, times 0.1 every 30 steps", { 1: 1, 30: 1, 31: 0.1, 61: 0.01 }],
  [
    multiStep({ start: 1, milestones: [30, 1000], gamma: 0.5 }),
    "multi-step from 1, times 0.5 after step 30, step 1,000",
    { 1: 1, 30: 1, 31: 0.5, 1000: 0.5, 1001: 0.25, 1e9: 0.25 },
  ],
  [exponential({ start: 1, gamma: 0.5 }), "exponential from 1, times 0.5 every step", { 1: 1, 2: 0.5, 11: 2 ** -10 }],
  [
    polynomial({ start: 1, total: 10, power: 2 }),
    "polynomial from 1 to 0 over 10 steps, power 2",
    { 1: 1, 6: 0.25, 10: 0.01, 11: 0, 1e9: 0 },
  ],
  [
    oneCycle({ peak: 0.1, total: 100 }),
    "one-cycle from 0.004 to 0.1 at step 30, then 4e-7 at step 100",
    { 1: 0.004, 30: 0.1, 65: 0.0500002, 100: 4e-7, 1e9: 4e-7 },
  ],
  [
    oneCycle({ peak: 1, total: 100, threePhase: true, annealStrategy: "linear" }),
    "one-cycle from 0.04 to 1 at step 30, then 0.04 at step 59, then 4e-6 at step 100, linear",
    { 1: 0.04, 30: 1, 59: 0.04, 100: 4e-6, 101: 4e-6 },
  ],
  [
    warmupStableDecay({ peak: 1, warmup: 10, decay: 20, total: 100, floor: 0.1 }),
    "warm-up–stable–decay from 0 over 10 steps to 1, stable to step 80, then to 0.1 after step 100",
    { 1: 0.1, 5: 0.5, 10: 1, 11: 1, 81: 1, 82: 0.955, 91: 0.55, 100: 0.145, 101: 0.1, 1e9: 0.1 },
  ],
  [
    warmupStableDecay({ peak: 1, decay: 4, total: 4 }),
    "warm-up–stable–decay from 1, stable to step 0, then to 0 after step 4",
    { 1: 1, 4: 0.25, 5: 0 },
  ],
  [
    // The base model of Vaswani et al.: dModel 512.
    inverseSquareRoot({ peak: (512 * 4000) ** -0.5, warmup: 4000 }),
    "inverse square root from 0 over 4,000 steps to 6.988e-4, then down",
    { 1: 512 ** -0.5 * 4000 ** -1.5, 4000: (512 * 4000) ** -0.5, 16000: (512 * 16_000) ** -0.5 },
  ],
  [
    cosineRestarts({ peak: 1, period: 10, multiplier: 2, floor: 0.5 }),
    "cosine with warm restarts from 1 to 0.5 over 10 steps, each period 2 times the last",
    { 1: 1, 6: 0.75, 11: 1, 21: 0.75, 31: 1, 51: 0.75, 71: 1, [10 * (2 ** 30 - 1) + 1]: 1 },
  ],
  [
    piecewise({
      schedules: [constant(1), linear({ start: 1, end: 0, total: 10 }), constant(0.5)],
      milestones: [5, 20],
    }),
    "constant 1; after step 5: linear from 1 to 0 over 10 steps; after step 20: constant 0.5",
    { 1: 1, 6: 1, 11: 0.5, 16: 0, 20: 0, 21: 0.5, 1e9: 0.5 },
  ],
  [schedule((t) => 1 / t, "one over t"), "one over t", { 1: 1, 4: 0.25 }],
];

const named = anchors.map(([at, words, values]) => [words, at, values] as const);

describe.each(named)("%s", (words, at, values) => {
  test("prints its words", () => {
    expect(`${at}`).toBe(words);
  });

  test("has the values that its docstring states", () => {
    for (const [t, value] of Object.entries(values)) {
      if (value === 0) expect(at(Number(t))).toBe(0);
      else expect(at(Number(t)) / value, `t = ${t}`).toBeCloseTo(1, 12);
    }
  });

  test("is a pure function: steps can be asked for in any order", () => {
    const forwards = valuesOf(at, 200);
    expect(Array.from({ length: 200 }, (_, i) => at(200 - i)).reverse()).toEqual(forwards);
    expect(Object.isFrozen(at)).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])("has no step %s", (t) => {
    expect(() => at(t)).toThrow(HyperparameterError);
    expect(() => at(t)).toThrow(`${words}: there is no such step (got ${t}, allowed an integer >= 1).`);
  });

  test("is a hyperparameter of a rule", () => {
    const rule = adamw({ lr: at, weightDecay: 1e-6 });
    expect(rule.hyperAt(3).lr).toBe(at(3));
  });

  test("plots itself: words, 8 rows of 60 columns, the axis", () => {
    const lines = at.plot().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe(words);
    expect(lines[10]).toMatch(new RegExp(` +1 +${at.span.toLocaleString("en")}$`));
    expect(lines.slice(1, 9).every((line) => /^ *[\d.e-]* [┤│][ ▁▂▃▄▅▆▇█]{0,60}$/u.test(line))).toBe(true);
    expect(lines[8]).toMatch(/┤[▁▂▃▄▅▆▇█]{60}$/u);
  });

  test("draws itself as an SVG without a number that is none", () => {
    const svg = at.svg({ steps: 50 });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="480" height="160"[\s\S]*<\/svg>$/);
    expect(svg).toContain(`<title>${words}</title>`);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.length).toBeLessThan(2000);
  });
});

describe("between the anchors", () => {
  const warm: [Schedule, number, number][] = [
    [cosine({ peak: 1, warmup: 37, total: 200, floor: 0.1 }), 37, 200],
    [warmupStableDecay({ peak: 1, warmup: 37, decay: 50, total: 200, floor: 0.1 }), 37, 200],
    [inverseSquareRoot({ peak: 1, warmup: 37 }), 37, 200],
  ];

  test.each(warm)("%s rises and then never does, without a jump", (at, warmup, total) => {
    const values = valuesOf(at, total + 5);
    const differences = values.slice(1).map((value, i) => value - values[i]!);
    expect(differences.slice(0, warmup - 1).every((difference) => difference > 0)).toBe(true);
    expect(differences.slice(warmup - 1).every((difference) => difference <= 0)).toBe(true);
    expect(Math.max(...differences.map(Math.abs))).toBeLessThanOrEqual(1.0001 / 37);
    expect(Math.max(...values)).toBe(1);
  });

  test.each([0.1, 0.3, 3e-4, 0.7])("ends are exact and values stay between them, from %s", (peak) => {
    for (const total of [1, 2, 7, 1000]) {
      const floor = peak / 3;
      for (const at of [cosine({ peak, total, floor }), linear({ start: peak, end: floor, total })]) {
        const values = valuesOf(at, total + 2);
        expect([values[0], values[total], values[total + 1]]).toEqual([peak, floor, floor]);
        expect(values.every((value) => value <= peak && value >= floor)).toBe(true);
      }
      expect(cosine({ peak, warmup: total, total: total + 1 })(total)).toBe(peak);
    }
  });

  test("the momentum of a one-cycle goes the other way", () => {
    const momentum = oneCycle({ peak: 0.85, divFactor: 0.85 / 0.95, finalDivFactor: 1, total: 100 });
    expect([momentum(1), momentum(30), momentum(100)]).toEqual([0.95, 0.85, 0.95]);
    expect(sgd({ lr: 0.1, momentum }).hyperAt(30).momentum).toBe(0.85);
  });

  test("warm-up by hand, joined to a cosine, is the cosine with a warm-up", () => {
    const joined = piecewise({
      schedules: [linear({ start: 0.01, end: 0.1, total: 9 }), cosine({ peak: 0.1, total: 40 })],
      milestones: [10],
    });
    expect(worstError(valuesOf(joined, 60), valuesOf(cosine({ peak: 0.1, warmup: 10, total: 50 }), 60))).toBeLessThan(
      1e-12,
    );
  });

  test("what falls for ever fades to 0, which a rule takes, where float32 has nothing that small", () => {
    const lr = exponential({ start: 0.1, gamma: 0.9 });
    expect(lr(900)).toBeGreaterThan(0);
    expect(lr(1000)).toBe(0);
    expect(adamw({ lr }).hyperAt(1000).lr).toBe(0);
  });

  test("later changes of the arrays it was made of do not reach it", () => {
    const milestones = [5];
    const [a, b] = [
      multiStep({ start: 1, milestones }),
      piecewise({ schedules: [constant(1), constant(2)], milestones }),
    ];
    milestones[0] = 1;
    expect([a(5), b(5), b(6)]).toEqual([1, 1, 2]);
  });
});

describe("plots", () => {
  test("in block characters", () => {
    expect(cosine({ peak: 0.3, warmup: 4, total: 24 }).plot({ width: 24, height: 3 })).toBe(
      [
        "cosine from 0 over 4 steps to 0.3, then to 0 after step 24",
        "     0.3 ┤  ▂███▇▇▆▅▃▂",
        "         │ ▄███████████▆▄▃▁",
        "0.001847 ┤▇████████████████▇▆▄▃▂▁▁",
        "         └────────────────────────",
        "          1                     24",
      ].join("\n"),
    );
  });

  test("of what never changes, of nothing, and of one step", () => {
    const [bar, line] = ["█".repeat(16), "─".repeat(16)];
    expect(constant(0.5).plot({ steps: 3, width: 16, height: 2 })).toBe(
      ["constant 0.5", `0.5 ┤${bar}`, `  0 ┤${bar}`, `    └${line}`, "     1              3"].join("\n"),
    );
    expect(constant(0).plot({ width: 16, height: 2 })).toBe(
      ["constant 0", "0 ┤", `0 ┤${"▁".repeat(16)}`, `  └${line}`, "   1            100"].join("\n"),
    );
    expect(constant(1).svg({ steps: 1 })).toContain("step 1");
  });

  test("escape the words of an SVG", () => {
    expect(schedule((t) => t, "a < b & c > d").svg()).toContain("<title>a &lt; b &amp; c &gt; d</title>");
  });
});
