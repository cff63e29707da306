import { onTestFinished } from "vitest";

/** What a device was asked to create since the counting began, by method; `createCommandEncoder` is every submit's own. */
export interface ObjectCount {
  readonly created: Readonly<Record<string, number>>;
  /** Lets the device's own methods through again. */
  stop(): void;
}

/** Counts the calls of the device's create methods, until the test ends. */
export function countObjects(device: GPUDevice): ObjectCount {
  const created: Record<string, number> = {};
  const names = Object.getOwnPropertyNames(GPUDevice.prototype).filter((name) => name.startsWith("create"));
  const methods = device as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name] as (...args: unknown[]) => unknown;
    methods[name] = (...args) => {
      created[name] = (created[name] ?? 0) + 1;
      return method.apply(device, args);
    };
  }
  const stop = (): void => {
    for (const name of names) delete methods[name];
  };
  onTestFinished(stop);
  return { created, stop };
}
