import { AlignmentError, BufferMappedError, type Limits, type Slice, UsageError } from "../gpu/index.ts";
import { AliasError, DuplicateParameterError, ShapeError } from "./errors.ts";
import { type Dtype, dtypeBytes, dtypes } from "./storage.ts";

/** What a tensor is for. It decides over its shape whether the tensor decays. */
export type Role = "weight" | "bias" | "norm" | "embedding";

/** A parameter and its gradient, in GPU buffers of anyone's. */
export interface OptimizerTensor {
  /** Unique among the optimizer's tensors. */
  readonly name: string;
  /** Its sides; their product is the number of elements. `[]` is a single number, a zero makes an empty tensor. */
  readonly shape: readonly number[];
  /** Of the parameter and the gradient, `float32` where it is left out. Two halves lie in a word, the first in its lower bits. */
  readonly dtype?: Dtype;
  /** A buffer, from its start, or a range of one. Ranges start at multiples of 256 bytes. Updated in place. */
  readonly param: GPUBuffer | Slice;
  /** Of the parameter's size. Only read. */
  readonly grad: GPUBuffer | Slice;
  readonly role?: Role;
}

/** A tensor that has been checked. */
export interface CheckedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly dtype: Dtype;
  readonly role: Role | undefined;
  readonly param: Slice;
  readonly grad: Slice;
}

/**
 * Checks tensors before anything is made or written, also against those that are there already.
 * @throws ShapeError, AlignmentError, UsageError, BufferMappedError, AliasError or DuplicateParameterError naming the
 * tensor, what is wrong and what to do.
 */
export function checkTensors(
  tensors: readonly OptimizerTensor[],
  limits: Limits,
  present: readonly CheckedTensor[] = [],
): CheckedTensor[] {
  const names = new Set(present.map(({ name }) => name));
  const checked = tensors.map((tensor) => {
    const { name, shape, dtype = "float32", role } = tensor;
    if (typeof name !== "string" || name === "") {
      throw new ShapeError(`tensor: its name must be a string that is not empty, got ${String(name)}.`);
    }
    if (names.has(name)) {
      throw new DuplicateParameterError(
        `tensor "${name}": it was given twice. Give each parameter once, under its own name.`,
      );
    }
    names.add(name);
    const elements = countElements(name, shape);
    if (!dtypes.includes(dtype)) {
      throw new ShapeError(`tensor "${name}": its dtype must be one of ${dtypes.join(", ")}, got ${String(dtype)}.`);
    }
    const slice = (kind: "param" | "grad"): Slice => checkSlice(name, kind, tensor[kind], { elements, dtype, limits });
    return { name, shape: [...shape], elements, dtype, role, param: slice("param"), grad: slice("grad") };
  });
  checkOverlaps([...present, ...checked]);
  return checked;
}

function countElements(name: string, shape: readonly number[]): number {
  const sides: unknown[] | undefined = Array.isArray(shape) ? [...shape] : undefined;
  if (!sides?.every(isCount)) {
    const got = sides ? `[${sides.map(String).join(", ")}]` : String(shape);
    throw new ShapeError(`tensor "${name}": its shape must be an array of whole numbers >= 0, got ${got}.`);
  }
  const elements = sides.reduce((product, side) => product * side, 1);
  if (Number.isSafeInteger(elements)) return elements;
  throw new ShapeError(`tensor "${name}": its shape has too many elements (got ${elements}, allowed 2^53 - 1).`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkSlice(
  name: string,
  kind: "param" | "grad",
  given: GPUBuffer | Slice,
  { elements, dtype, limits }: { elements: number; dtype: Dtype; limits: Limits },
): Slice {
  const which = `tensor "${name}": its ${kind}`;
  const range = typeof given === "object" && given !== null && "buffer" in given;
  const buffer = range ? given.buffer : given;
  if (!(buffer instanceof GPUBuffer)) {
    throw new UsageError(
      `${which} must be a GPUBuffer or a slice { buffer, offset, size } of one, got ${String(buffer)}.`,
    );
  }
  const needed = bytesOf(elements, dtype);
  const slice = range ? given : { buffer, offset: 0, size: needed };
  const { offset, size } = slice;
  const multiple = limits.minStorageBufferOffsetAlignment;
  if (!isCount(offset) || offset % multiple) {
    throw new AlignmentError(`${which} starts at byte ${offset} (allowed multiples of ${multiple}). Move it.`);
  }
  if (!isCount(size) || size % 4) {
    throw new AlignmentError(`${which} has ${size} bytes (allowed multiples of 4). Give it whole words.`);
  }
  const room = Math.max(Math.min(size, buffer.size - offset), 0);
  if (room < needed && room >= elements * dtypeBytes(dtype)) {
    throw new AlignmentError(
      `${which} ends within a word (got ${room} bytes, allowed ${needed}). Make its buffer longer.`,
    );
  }
  if (room < needed) {
    const fits = Math.floor(room / dtypeBytes(dtype));
    throw new ShapeError(`${which} has room for ${fits} elements, but its shape asks for ${elements}.`);
  }
  if (!(buffer.usage & GPUBufferUsage.STORAGE)) {
    throw new UsageError(`${which} cannot be bound to a kernel. Create its buffer with GPUBufferUsage.STORAGE.`);
  }
  if (buffer.mapState !== "unmapped") {
    throw new BufferMappedError(
      `${which} is mapped (got ${buffer.mapState}, allowed unmapped). Call unmap() on its buffer.`,
    );
  }
  return { buffer, offset, size: room };
}

/** What a kernel may read and write: whole words. */
const bytesOf = (elements: number, dtype: Dtype): number => Math.ceil((elements * dtypeBytes(dtype)) / 4) * 4;

/** Parameters are written, so no other tensor's parameter or gradient may share a byte with one. */
function checkOverlaps(tensors: readonly CheckedTensor[]): void {
  const byBuffer = new Map<GPUBuffer, { start: number; end: number; name: string; kind: "param" | "grad" }[]>();
  for (const { name, elements, dtype, param, grad } of tensors) {
    for (const [kind, { buffer, offset }] of [
      ["param", param],
      ["grad", grad],
    ] as const) {
      if (!elements) continue;
      const ranges = byBuffer.get(buffer) ?? [];
      ranges.push({ start: offset, end: offset + bytesOf(elements, dtype), name, kind });
      byBuffer.set(buffer, ranges);
    }
  }
  for (const ranges of byBuffer.values()) {
    ranges.sort((a, b) => a.start - b.start);
    let widest = ranges[0];
    for (const range of ranges.slice(1)) {
      if (widest && range.start < widest.end && (range.kind === "param" || widest.kind === "param")) {
        if (range.kind === "param" && widest.kind === "param") {
          throw new DuplicateParameterError(
            `tensor "${range.name}": its param shares bytes with that of "${widest.name}". Give each parameter once.`,
          );
        }
        throw new AliasError(
          `tensor "${range.name}": its ${range.kind} shares bytes with the ${widest.kind} of "${widest.name}". ` +
            "Keep parameters and gradients in ranges of their own.",
        );
      }
      if (!widest || range.end > widest.end) widest = range;
    }
  }
}
