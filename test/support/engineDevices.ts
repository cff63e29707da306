import type { EngineDevice } from "../../src/engine/lower/program.ts";

const limits: EngineDevice["limits"] = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  minStorageBufferOffsetAlignment: 256,
};

export const softwareDevice: EngineDevice = { isSoftware: true, subgroups: false, limits };

/** The kinds of devices that kernels are chosen for, with the limits that every one has. */
export const engineDevices: Readonly<Record<string, EngineDevice>> = {
  "a software adapter": softwareDevice,
  "a GPU": { isSoftware: false, subgroups: false, limits },
  "a GPU with subgroups": { isSoftware: false, subgroups: true, limits },
};
