/**
 * An optimizer's state as a safetensors file, with PyTorch's names for the states: `optim.<tensor>.exp_avg` and so on.
 * Step counts and who is frozen are in the metadata.
 */
import {
  CheckpointMismatchError,
  type OptimizerState,
  type Profile,
  type StateValues,
  type TensorState,
} from "../optim/index.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { SafetensorsTensor } from "./safetensorsFormat.ts";

/** PyTorch's names for our states, in its `state_dict`; first what most rules share, then where a letter stands for another. */
const torchNames: Readonly<Record<string, string>> = {
  m: "exp_avg",
  v: "exp_avg_sq",
  vMax: "max_exp_avg_sq",
  velocity: "momentum_buffer",
  mScale: "exp_avg_scale",
  vScale: "exp_avg_sq_scale",
};
const torchNamesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rmsprop: { v: "square_avg", gAvg: "grad_avg" },
  adadelta: { v: "square_avg", vDelta: "acc_delta" },
  adamax: { u: "exp_inf" },
  adan: { v: "exp_avg_diff", n: "exp_avg_sq" },
  adafactor: { rowVar: "row_var", colVar: "col_var" },
};

/** A state that PyTorch has no name for keeps ours. */
const torchName = (rule: string, state: string): string => torchNamesOf[rule]?.[state] ?? torchNames[state] ?? state;

const format = "shrinkstep optimizer state 1";

/** The names of the tensors, in order, with what is known of them beside their numbers. */
type Entry = readonly [name: string, facts: Omit<TensorState, "states" | "stateShapes">];

/** The state as the bytes of a safetensors file. */
export function writeOptimizerState({
  rule,
  profile,
  stepCount,
  lossScale,
  isEvaluating,
  tensors,
}: OptimizerState): Uint8Array<ArrayBuffer> {
  const entries: Entry[] = [];
  const numbers = new Map<string, SafetensorsTensor>();
  for (const [name, { states, stateShapes, ...facts }] of tensors) {
    entries.push([name, facts]);
    for (const [state, values] of states) {
      const shape = stateShapes?.get(state) ?? facts.shape;
      numbers.set(`optim.${name}.${torchName(rule, state)}`, tensorOf(values, shape));
    }
  }
  const more = {
    ...(lossScale && { lossScale: JSON.stringify(lossScale) }),
    ...(isEvaluating && { isEvaluating: "true" }),
  };
  const metadata = { format, rule, profile, stepCount: String(stepCount), ...more, tensors: JSON.stringify(entries) };
  return writeSafetensors(numbers, metadata);
}

/**
 * The state that such a file holds, for `Optimizer.load`, which checks it against its tensors.
 * @throws SafetensorsError for a file that is not well formed; CheckpointMismatchError for one that holds something else.
 */
export function readOptimizerState(bytes: Uint8Array): OptimizerState {
  const { tensors: numbers, metadata } = readSafetensors(bytes);
  if (metadata.get("format") !== format) {
    throw new CheckpointMismatchError(
      `optimizer state: the file is of another kind (got ${metadata.get("format") ?? "no format"}, allowed ${format}). ` +
        "Read a file that writeOptimizerState made.",
    );
  }
  const rule = metadata.get("rule") ?? "";
  const names = { ...torchNames, ...torchNamesOf[rule] };
  const ours = new Map(Object.entries(names).map(([name, torch]) => [torch, name]));
  const tensors = new Map<string, TensorState>();
  for (const [name, facts] of entriesOf(metadata.get("tensors") ?? "")) {
    const prefix = `optim.${name}.`;
    const states = new Map<string, StateValues>();
    const stateShapes = new Map<string, readonly number[]>();
    for (const [key, tensor] of numbers) {
      const values = valuesOf(tensor);
      if (!values || !key.startsWith(prefix)) continue;
      const torchState = key.slice(prefix.length);
      if (torchState.includes(".")) continue; // A tensor's name may be the beginning of another's.
      const state = ours.get(torchState) ?? torchState;
      states.set(state, values);
      if (tensor.shape.join() !== facts.shape.join()) stateShapes.set(state, tensor.shape);
    }
    tensors.set(name, { ...facts, states, ...(stateShapes.size > 0 && { stateShapes }) });
  }
  return {
    rule,
    profile: (metadata.get("profile") ?? "accurate") as Profile,
    stepCount: Number(metadata.get("stepCount")),
    ...scaleOf(metadata.get("lossScale")),
    ...(metadata.get("isEvaluating") === "true" && { isEvaluating: true }),
    tensors,
  };
}

/** In the file's types: float32, bfloat16 as its bits, and codes of 8 bits. */
function tensorOf(data: StateValues, shape: readonly number[]): SafetensorsTensor {
  if (data instanceof Float32Array) return { dtype: "F32", shape, data };
  return data instanceof Uint16Array ? { dtype: "BF16", shape, data } : { dtype: "U8", shape, data };
}

function valuesOf({ dtype, data }: SafetensorsTensor): StateValues | undefined {
  if (dtype === "F32") return Float32Array.from(data);
  if (dtype === "BF16") return Uint16Array.from(data);
  return dtype === "U8" ? Uint8Array.from(data) : undefined;
}

/** Its numbers are checked when it is loaded. */
function scaleOf(text: string | undefined): Pick<OptimizerState, "lossScale"> {
  if (text === undefined) return {};
  const [, scale, good] = /^\{"scale":([\d.e+-]+),"good":(\d+)\}$/.exec(text) ?? [];
  return { lossScale: { scale: Number(scale), good: Number(good) } };
}

function entriesOf(text: string): Entry[] {
  try {
    const entries: unknown = JSON.parse(text);
    if (Array.isArray(entries) && entries.every(isEntry)) return entries;
  } catch {
    // What is no JSON is no list of tensors either.
  }
  throw new CheckpointMismatchError(
    "optimizer state: the file's list of tensors cannot be read (got something else, allowed names with shapes and step " +
      "counts). Write the file again.",
  );
}

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || typeof value[0] !== "string" || typeof value[1] !== "object" || !value[1]) return false;
  const { shape, stepCount, isFrozen, memory = {} } = value[1] as Record<string, unknown>;
  const isMemory = typeof memory === "object" && memory !== null && Object.values(memory).every(Number.isFinite);
  return Array.isArray(shape) && typeof stepCount === "number" && typeof isFrozen === "boolean" && isMemory;
}
