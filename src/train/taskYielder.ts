/**
 * Lets the page's other tasks run. A message does so at once, where a timer waits 4 ms, or a second in a page that
 * nobody looks at.
 */
export class TaskYielder {
  readonly #channel = new MessageChannel();

  nextTask(): Promise<void> {
    return new Promise((resolve) => {
      this.#channel.port1.onmessage = () => resolve();
      this.#channel.port2.postMessage(undefined);
    });
  }

  close(): void {
    this.#channel.port1.close();
  }
}
