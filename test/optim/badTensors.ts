import {
  AlignmentError,
  BufferMappedError,
  DisposedError,
  type Slice,
  UsageError,
  ValidationError,
  WrongDeviceError,
} from "../../src/gpu/index.ts";
import { AliasError, DuplicateParameterError, type OptimizerTensor, ShapeError } from "../../src/optim/index.ts";
import { bufferOf, storage } from "../support/gpuTest.ts";

/** A buffer of `count` numbers that lives, is unmapped, and is this device's. */
const buffer = (device: GPUDevice, count = 32): GPUBuffer =>
  bufferOf(
    device,
    Float32Array.from({ length: count }, (_, i) => i + 1),
  );

/** A tensor as it should be. */
export const tensor = (device: GPUDevice, name = "w", shape: readonly number[] = [4, 8]): OptimizerTensor => ({
  name,
  shape,
  param: buffer(device),
  grad: buffer(device),
});

/** What `bad` may use: the device, a tensor beside the bad one, and a device that has nothing to do with them. */
interface Place {
  readonly device: GPUDevice;
  readonly beside: OptimizerTensor;
  readonly other: GPUDevice;
}

/** What replaces a part of tensor "w", the error's type, and what the message must say after `tensor "w": `. */
export type Row = readonly [
  title: string,
  bad: (place: Place) => object,
  type: new (...args: never[]) => Error,
  says: string,
];

const range = ({ device }: Place, offset: unknown, size: unknown, count = 128): Slice =>
  ({ buffer: buffer(device, count), offset, size }) as Slice;

const mapped = (device: GPUDevice) => device.createBuffer({ size: 128, usage: storage(), mappedAtCreation: true });

function destroyed(device: GPUDevice): GPUBuffer {
  const gone = buffer(device);
  gone.destroy();
  return gone;
}

/** A buffer that WebGPU refused to make. */
function invalid(device: GPUDevice): GPUBuffer {
  device.pushErrorScope("validation");
  const made = device.createBuffer({ size: 128, usage: storage() | GPUBufferUsage.MAP_READ });
  device.popErrorScope();
  return made;
}

const shapes: readonly Row[] = [
  [
    "a negative side",
    () => ({ shape: [4, -8] }),
    ShapeError,
    "its shape must be an array of whole numbers >= 0, got [4, -8]",
  ],
  ["half a side", () => ({ shape: [6.5] }), ShapeError, "got [6.5]"],
  ["a side that is not a number", () => ({ shape: [Number.NaN, 8] }), ShapeError, "got [NaN, 8]"],
  ["a side without end", () => ({ shape: [Infinity] }), ShapeError, "got [Infinity]"],
  ["a BigInt side", () => ({ shape: [4n, 8] }), ShapeError, "got [4, 8]"],
  ["a side in words", () => ({ shape: ["32"] }), ShapeError, "got [32]"],
  ["sides left out", () => ({ shape: new Array(2) }), ShapeError, "got [undefined, undefined]"],
  ["a shape that is a number", () => ({ shape: 32 }), ShapeError, "got 32"],
  ["no shape", () => ({ shape: undefined }), ShapeError, "got undefined"],
  [
    "more elements than can be counted",
    () => ({ shape: [2 ** 27, 2 ** 27] }),
    ShapeError,
    "too many elements (got 18014398509481984, allowed 2^53 - 1)",
  ],
  [
    "a gradient that is too small",
    ({ device }) => ({ grad: buffer(device, 31) }),
    ShapeError,
    "its grad has room for 31 elements, but its shape asks for 32",
  ],
  [
    "a parameter that is too small",
    ({ device }) => ({ param: buffer(device, 8) }),
    ShapeError,
    "its param has room for 8 elements, but its shape asks for 32",
  ],
  [
    "a range that is too small",
    (place) => ({ grad: range(place, 0, 64) }),
    ShapeError,
    "its grad has room for 16 elements",
  ],
  [
    "a range past the end of its buffer",
    (place) => ({ param: range(place, 256, 128, 80) }),
    ShapeError,
    "its param has room for 16 elements",
  ],
  [
    "a range outside its buffer",
    (place) => ({ param: range(place, 1024, 128) }),
    ShapeError,
    "its param has room for 0 elements",
  ],
];

const offset = "starts at byte";
const ranges: readonly Row[] = [
  ...[4, 128, -256, 256.5, Number.NaN, Infinity, "256", undefined, 256n].map(
    (at): Row => [
      `an offset of ${String(at)}`,
      (place) => ({ grad: range(place, at, 128) }),
      AlignmentError,
      `its grad ${offset} ${at} (allowed multiples of 256)`,
    ],
  ),
  ...[126, 6.5, -128, Number.NaN, Infinity, "128", undefined].map(
    (size): Row => [
      `a size of ${String(size)}`,
      (place) => ({ param: range(place, 0, size) }),
      AlignmentError,
      `its param has ${size} bytes (allowed multiples of 4)`,
    ],
  ),
];

const uses: readonly Row[] = [
  ...([undefined, null, "w", 7, {}, new Float32Array(32)] as unknown[]).map(
    (given): Row => [
      `no buffer but ${given instanceof Float32Array ? "an array" : String(given)}`,
      () => ({ param: given }),
      UsageError,
      "its param must be a GPUBuffer or a slice { buffer, offset, size } of one, got",
    ],
  ),
  [
    "a slice of nothing",
    () => ({ grad: { buffer: null, offset: 0, size: 128 } }),
    UsageError,
    "its grad must be a GPUBuffer or a slice { buffer, offset, size } of one, got null",
  ],
  [
    "a parameter without STORAGE",
    ({ device }) => ({ param: bufferOf(device, new Float32Array(32), { usage: GPUBufferUsage.COPY_DST }) }),
    UsageError,
    "its param cannot be bound to a kernel. Create its buffer with GPUBufferUsage.STORAGE",
  ],
  [
    "a gradient without STORAGE",
    ({ device }) => ({ grad: bufferOf(device, new Float32Array(32), { usage: GPUBufferUsage.UNIFORM }) }),
    UsageError,
    "its grad cannot be bound to a kernel",
  ],
  [
    "a mapped parameter",
    ({ device }) => ({ param: mapped(device) }),
    BufferMappedError,
    "its param is mapped (got mapped, allowed unmapped). Call unmap()",
  ],
  ["a mapped gradient", ({ device }) => ({ grad: mapped(device) }), BufferMappedError, "its grad is mapped"],
  [
    "a destroyed parameter",
    ({ device }) => ({ param: destroyed(device) }),
    DisposedError,
    "the buffer of its param was destroyed",
  ],
  [
    "a destroyed gradient",
    ({ device }) => ({ grad: destroyed(device) }),
    DisposedError,
    "the buffer of its grad was destroyed",
  ],
  [
    "another device's parameter",
    ({ other }) => ({ param: buffer(other) }),
    WrongDeviceError,
    "the buffer of its param belongs to another device. Open the GPU over that one: openGpu({ device })",
  ],
  [
    "another device's gradient",
    ({ other }) => ({ grad: buffer(other) }),
    WrongDeviceError,
    "the buffer of its grad belongs to another device",
  ],
  [
    "a buffer that was never made",
    ({ device }) => ({ grad: invalid(device) }),
    ValidationError,
    "the buffer of its grad was refused by WebGPU",
  ],
];

const two = (place: Place, from: number, to: number) => {
  const one = buffer(place.device, 256);
  return { param: { buffer: one, offset: from, size: 512 }, grad: { buffer: one, offset: to, size: 512 } };
};
const long = { shape: [128] };
const overlaps: readonly Row[] = [
  [
    "a gradient in its parameter",
    ({ device }) => {
      const one = buffer(device);
      return { param: one, grad: one };
    },
    AliasError,
    'its grad shares bytes with the param of "w"',
  ],
  [
    "a gradient that starts in its parameter",
    (place) => ({ ...long, ...two(place, 0, 256) }),
    AliasError,
    'its grad shares bytes with the param of "w"',
  ],
  [
    "a parameter that starts in its gradient",
    (place) => ({ ...long, ...two(place, 256, 0) }),
    AliasError,
    'its param shares bytes with the grad of "w"',
  ],
  [
    "a gradient that is another's parameter",
    ({ beside }) => ({ grad: beside.param }),
    AliasError,
    'its grad shares bytes with the param of "beside"',
  ],
  [
    "a parameter that is another's gradient",
    ({ beside }) => ({ param: beside.grad }),
    AliasError,
    'its param shares bytes with the grad of "beside"',
  ],
  [
    "a parameter that another has",
    ({ beside }) => ({ param: beside.param }),
    DuplicateParameterError,
    'its param shares bytes with that of "beside"',
  ],
];

const named: readonly Row[] = [
  [
    "a name that another has",
    () => ({ name: "beside" }),
    DuplicateParameterError,
    'tensor "beside": it was given twice',
  ],
  ["no name", () => ({ name: "" }), ShapeError, "tensor: its name must be a string that is not empty, got "],
  [
    "a name that is no string",
    () => ({ name: 7 }),
    ShapeError,
    "tensor: its name must be a string that is not empty, got 7",
  ],
];

export const badTensors: readonly Row[] = [...shapes, ...ranges, ...uses, ...overlaps, ...named];

/** Those of which it takes two tensors. */
export const badPairs: readonly Row[] = [...overlaps, ...named];
