/**
 * Waits for what may never come once a device is lost. `Promise.race` with the loss would keep every promise that was ever
 * waited for, and its value, for as long as the device lives.
 */
export class RaceWithLoss {
  readonly #wakers = new Set<() => void>();
  #isLost = false;

  constructor(lost: Promise<unknown>) {
    lost.then(() => {
      this.#isLost = true;
      for (const wake of this.#wakers) wake();
    });
  }

  /** The promise's value, or undefined if the device is lost before. */
  race<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#isLost) return Promise.race([promise, Promise.resolve(undefined)]);
    return new Promise((resolve, reject) => {
      const wake = (): void => resolve(undefined);
      this.#wakers.add(wake);
      const settled = (): void => void this.#wakers.delete(wake);
      promise.finally(settled).then(resolve, reject);
    });
  }
}
