import type { Gpu, Limits } from "../../gpu/index.ts";
import type { Tensor } from "../../graph/index.ts";
import type { MatmulTable } from "../kernels/matmulChoice.ts";
import type { Launch, Value } from "../launch.ts";
import type { Target } from "./code.ts";

/** What the choice of kernels needs to know of a device. */
export interface EngineDevice {
  /** It computes on the CPU: barriers and workgroup memory are slow there. */
  readonly isSoftware: boolean;
  readonly subgroups: boolean;
  readonly limits: Limits;
  readonly matmulTable?: MatmulTable;
}

/** What is known of a GPU, and what `probeMatmul` may have found. */
export const deviceOf = ({ adapter, device, limits }: Gpu, matmulTable?: MatmulTable): EngineDevice => ({
  isSoftware: adapter.isSoftware,
  subgroups: device.features.has("subgroups"),
  limits,
  ...(matmulTable && { matmulTable }),
});

/** A tensor that somebody wants, and where to: in its own place, or one of the plan's. */
export interface Request {
  readonly tensor: Tensor;
  readonly target?: Target;
  /** It is copied there when all is done: what is there is needed until then. */
  readonly isLate?: boolean;
}

/** A graph as launches, in order, over values that have no place yet. */
export interface Program {
  /** How many nodes the graph has. */
  readonly nodes: number;
  readonly launches: readonly Launch[];
  /** What the launches read of the graph's leaves: parameters, states, inputs and the key. */
  readonly leaves: ReadonlyMap<Tensor, Value>;
  /** Values that never change, with their numbers. */
  readonly tables: ReadonlyMap<Value, Float32Array<ArrayBuffer>>;
  /** Where each requested tensor is when the launches are done. */
  readonly results: ReadonlyMap<Tensor, Value>;
}
