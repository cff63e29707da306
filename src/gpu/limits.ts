/** The limits that shrinkstep plans with. All are maxima but the alignment. */
export interface Limits {
  /** Bytes of one buffer. */
  readonly maxBufferSize: number;
  /** Bytes of one storage binding; larger tensors are bound window by window. */
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupStorageSize: number;
  /** Workgroups along one side of a dispatch; larger dispatches are folded into two. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes that the offset of a storage binding must be a multiple of. */
  readonly minStorageBufferOffsetAlignment: number;
}

/** Limits to ask an adapter for: all that it has. The alignment stays at WebGPU's 256, so that layouts are portable. */
const requested = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies (keyof Limits)[];

/** The features worth having, where the adapter has them. */
const wanted: readonly GPUFeatureName[] = ["timestamp-query", "shader-f16", "subgroups"];

/** What to ask `adapter.requestDevice` for: every limit and every useful feature that the adapter has. */
export function deviceDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  return {
    label: "shrinkstep",
    requiredLimits: Object.fromEntries(requested.map((name) => [name, adapter.limits[name]])),
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
  };
}

/** The device's limits, each lowered to the cap given for it. Caps make a small device out of a large one, for tests. */
export function limitsOf(device: GPUDevice, caps: Partial<Limits> = {}): Limits {
  const lowered = requested.map((name) => [name, Math.min(device.limits[name], caps[name] ?? Infinity)] as const);
  return {
    ...(Object.fromEntries(lowered) as Record<(typeof requested)[number], number>),
    minStorageBufferOffsetAlignment: device.limits.minStorageBufferOffsetAlignment,
  };
}
