// @ts-check
// A progress bar: redrawn in place on a terminal, a line now and then in a log.

/** @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

const width = 24;

/**
 * @param {{ stream?: NodeJS.WriteStream }} [options]
 * @returns a function that shows how far the work is, with a few words on it, and the time that is left
 */
export function progressBar({ stream = process.stderr } = {}) {
  /** Where and when it was first shown: what came before, such as the start of a browser, says nothing of the rest. @type {{ done: number, time: number } | undefined} */
  let first;
  let lastShown = 0;
  let lastTenth = -1;
  /** @param {number} done @param {number} total @param {string} words */
  return (done, total, words) => {
    const share = total ? done / total : 1;
    const now = performance.now();
    first ??= { done, time: now };
    const ended = done >= total;
    const seconds = (now - first.time) / 1000;
    const time = ended
      ? `took ${duration(seconds)}`
      : `${duration((seconds * (total - done)) / (done - first.done))} left`;
    const filled = Math.round(share * width);
    const line = `${"█".repeat(filled)}${"░".repeat(width - filled)} ${String(Math.floor(share * 100)).padStart(3)} %  ${words}  ${time}`;
    if (stream.isTTY) {
      if (!ended && now - lastShown < 80) return;
      lastShown = now;
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 120) - 1)}${ended ? "\n" : ""}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth === lastTenth) return;
    lastTenth = tenth;
    stream.write(`${line}\n`);
  };
}
