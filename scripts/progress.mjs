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
  const start = performance.now();
  let lastShown = 0;
  let lastTenth = -1;
  /** @param {number} done @param {number} total @param {string} words */
  return (done, total, words) => {
    const share = total ? done / total : 1;
    const now = performance.now();
    const ended = done >= total;
    const left = ended
      ? `took ${duration((now - start) / 1000)}`
      : `${duration(((now - start) / 1000) * (1 / share - 1))} left`;
    const filled = Math.round(share * width);
    const line = `${"█".repeat(filled)}${"░".repeat(width - filled)} ${String(Math.floor(share * 100)).padStart(3)} %  ${words}  ${left}`;
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
