import { onTestFinished } from "vitest";
import { type Creations, countCreations } from "../../bench/contenders.ts";

/** Counts the calls of the device's create methods, until the test ends. */
export function countObjects(device: GPUDevice): Creations {
  const creations = countCreations(device);
  onTestFinished(creations.stop);
  return creations;
}
