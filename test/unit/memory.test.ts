/** What `planMemory` promises, of the programs of every operation and of trainings. */
import { describe, expect, it } from "vitest";
import { exampleTasks } from "../../bench/tasks.ts";
import { leavesOf, namedParameters, type Outputs } from "../../src/engine/index.ts";
import type { Launch, Value } from "../../src/engine/launch.ts";
import { lower } from "../../src/engine/lower/lower.ts";
import type { Program, Request } from "../../src/engine/lower/program.ts";
import { bytesOf, type MemoryPlan, planMemory, type Spot } from "../../src/engine/plan/memory.ts";
import { differentiate, elementsOf, sum, type Tensor, trace } from "../../src/graph/index.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import { engineDevices, softwareDevice } from "../support/engineDevices.ts";
import { spread } from "../support/spread.ts";

const { maxBufferSize } = softwareDevice.limits;

it.each(spread(opTable, 40))("$name", (row) => {
  const { outputs, gradients } = prepare(row);
  const requests = [...outputs, ...Object.values(gradients)].map((tensor) => ({ tensor }));
  expectPlanned(lower(requests, softwareDevice), new Set(), maxBufferSize);
});

describe.each(Object.entries(exampleTasks))("%s", (_, task) => {
  const requests = stepOf(task());
  const targets = new Set(requests.flatMap(({ target }) => (target ? [target.value] : [])));
  it.each(Object.entries(engineDevices))("on %s", (_, device) => {
    const program = lower(requests, device);
    const { liveBytes, bankSizes, spots } = expectPlanned(program, targets, maxBufferSize);
    const bytes = bankSizes.reduce((sum, size) => sum + size, 0);
    // Gaps are what launches that may not read and write one buffer cost.
    expect(bytes).toBeLessThan(2 * liveBytes);
    // On a device whose buffers hold no more than one of them.
    expectPlanned(program, targets, Math.max(...[...spots.values()].map(({ size }) => size)));
  });
});

/** The loss of a task, and its gradients in the places of the weights'. */
function stepOf({ model, batch, loss }: ReturnType<(typeof exampleTasks)[string]>): Request[] {
  const { result } = trace(true, () => loss(model, leavesOf(batch) as never) as Outputs);
  const parameters = [...namedParameters(model).values()];
  const gradients = differentiate(sum(result.loss as Tensor), parameters);
  const aimed = gradients.map((tensor) => {
    const value = { label: "gradient", elements: elementsOf(tensor.shape), dtype: tensor.dtype };
    return { tensor, target: { value, accumulates: false } };
  });
  return [...Object.values(result).map((tensor) => ({ tensor })), ...aimed];
}

/** Plans a program's memory and holds the plan to what launches need. */
function expectPlanned(
  { launches, leaves, tables, results }: Program,
  targets: ReadonlySet<Value>,
  most: number,
): MemoryPlan {
  const outside = new Set<Value>([...leaves.values(), ...tables.keys(), ...targets]);
  const kept = new Set(results.values());
  const plan = planMemory(launches, (value) => outside.has(value), kept, most);
  const lives = livesOf(launches, outside, kept);

  expect(new Set(plan.spots.keys())).toEqual(new Set(lives.keys()));
  for (const [value, { bank, offset, size }] of plan.spots) {
    expect(offset % 256, value.label).toBe(0);
    expect(size, value.label).toBeGreaterThanOrEqual(bytesOf(value));
    expect(offset + size, value.label).toBeLessThanOrEqual(plan.bankSizes[bank] as number);
  }
  for (const size of plan.bankSizes) expect(size).toBeLessThanOrEqual(most);
  for (const [i, { label, bindings }] of launches.entries()) {
    const banks = (access: string) =>
      bindings.flatMap(({ value, access: own }) => (own === access ? [plan.spots.get(value)?.bank ?? value] : []));
    const [read, written] = [new Set(banks("read")), new Set(banks("readWrite"))];
    expect(
      [...written].filter((bank) => read.has(bank)),
      `launch ${i}, ${label}`,
    ).toEqual([]);
  }
  let mostLive = 0;
  for (let time = 0; time <= launches.length; time++) {
    const live = [...lives].filter(([, { first, last }]) => first <= time && time <= last);
    const spots = live.map(([value]) => plan.spots.get(value) as Spot);
    spots.sort((a, b) => a.bank - b.bank || a.offset - b.offset);
    for (const [i, { bank, offset }] of spots.entries()) {
      const before = spots[i - 1];
      if (before?.bank === bank)
        expect(offset, `at launch ${time}`).toBeGreaterThanOrEqual(before.offset + before.size);
    }
    mostLive = Math.max(
      mostLive,
      spots.reduce((sum, { size }) => sum + size, 0),
    );
  }
  expect(plan.liveBytes).toBe(mostLive);
  return plan;
}

interface Life {
  readonly first: number;
  last: number;
}

/** From which launch to which a value is needed. It has to be written before it is read. */
function livesOf(launches: readonly Launch[], outside: ReadonlySet<Value>, kept: ReadonlySet<Value>): Map<Value, Life> {
  const lives = new Map<Value, Life>();
  for (const [time, { label, bindings }] of launches.entries()) {
    for (const { value, access } of bindings) {
      if (outside.has(value)) continue;
      const life = lives.get(value);
      if (life) life.last = time;
      else {
        // What has no elements is written by nobody.
        if (value.elements > 0) expect(access, `${value.label} in ${label}, launch ${time}`).toBe("readWrite");
        lives.set(value, { first: time, last: time });
      }
    }
  }
  const end = launches.length;
  for (const value of kept)
    if (!outside.has(value)) lives.set(value, { first: lives.get(value)?.first ?? end, last: end });
  return lives;
}
