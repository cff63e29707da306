/** How things are timed: side by side, in rounds, so that a slow spell of the machine falls on all of them. */

/** Something whose steps are timed. */
export interface Contender {
  name: string;
  /** Before its turn in each round, untimed: for what shares something with other contenders. */
  prepare?(): Promise<void>;
  /** Queues one step; a promise where queueing itself has to wait. */
  step(): void | Promise<void>;
  /** Resolves when all that was queued is done. */
  settle(): Promise<unknown>;
  destroy(): void;
}

/** Of the rounds, each a mean over its steps. */
export interface Timing {
  msMedian: number;
  msMin: number;
  msMax: number;
  /** Host time until a step is queued, in µs: the smallest of the rounds, since the rest is other work of the machine. */
  encodeUs: number;
}

/** With what each round took, for what is to be compared round by round. */
export interface RoundTiming extends Timing {
  msRounds: readonly number[];
}

export interface Rounds {
  rounds: number;
  /** What a round of one contender should take, in ms: fast steps are repeated, with one wait at the end. */
  roundMs?: number;
  /** How long nobody is asked for anything before each turn, in ms: threads of the one before may still wait busily. */
  restMs?: number;
  /** No round but the first begins later than this, in ms: what takes minutes a step is timed once. */
  untilMs?: number;
  onRound?: (round: number) => void;
}

/**
 * Times every contender once a round, in turn: A B C, A B C, … One untimed step each comes first.
 * @returns a timing for each, in their order
 */
export async function interleaved(
  contenders: readonly Contender[],
  { rounds, roundMs = 20, restMs = 0, untilMs = Infinity, onRound = () => {} }: Rounds,
): Promise<RoundTiming[]> {
  const start = performance.now();
  const measured = contenders.map(() => ({ ms: [] as number[], encode: [] as number[] }));
  for (const contender of contenders) {
    await contender.prepare?.();
    await timeSteps(contender, 1);
  }
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() - start > untilMs) break;
    onRound(round);
    for (const [i, contender] of contenders.entries()) {
      await contender.prepare?.();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      const once = await timeSteps(contender, 1);
      const steps = Math.max(1, Math.min(200, Math.round(roundMs / Math.max(once.ms, 0.1))));
      const { ms, encodeUs } = steps === 1 ? once : await timeSteps(contender, steps);
      measured[i]?.ms.push(ms);
      measured[i]?.encode.push(encodeUs);
    }
  }
  return measured.map(({ ms, encode }) => ({
    msMedian: median(ms),
    msMin: Math.min(...ms),
    msMax: Math.max(...ms),
    encodeUs: Math.min(...encode),
    msRounds: ms,
  }));
}

async function timeSteps(contender: Contender, steps: number): Promise<{ ms: number; encodeUs: number }> {
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const queued = contender.step();
    if (queued) await queued;
  }
  const queued = performance.now() - start;
  await contender.settle();
  return { ms: (performance.now() - start) / steps, encodeUs: (queued * 1000) / steps };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;
