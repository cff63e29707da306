import { describe, expect, test } from "vitest";
import {
  AlignmentError,
  type Gpu,
  type KernelSource,
  LimitError,
  openGpu,
  ShaderError,
  type ShaderPart,
} from "../../src/gpu/index.ts";
import { explain } from "../../src/gpu/shader.ts";
import { adamw } from "../../src/optim/index.ts";
import { moduleParts } from "../../src/optim/parts.ts";
import { countObjects } from "../support/countObjects.ts";
import { gpuTest, outcome, storage } from "../support/gpuTest.ts";

const parts = moduleParts(adamw().variant(() => false));
const source: KernelSource = {
  label: "test/adamw",
  parts,
  bindings: [
    ["readWrite", "readWrite", "read", "read"],
    ["readWrite", "readWrite"],
  ],
  constants: { WORKGROUP_SIZE: 64 },
};

describe("the kernel cache", () => {
  gpuTest("compiles one source once, however often and however closely together it is asked for", async ({ gpu }) => {
    const { created } = countObjects(gpu.device);
    const [first, second] = await Promise.all([gpu.kernels.get(source), gpu.kernels.get(structuredClone(source))]);
    expect(second).toBe(first);
    expect(await gpu.kernels.get({ ...source, label: "another name" })).toBe(first);
    expect(created).toEqual({
      createShaderModule: 1,
      createComputePipelineAsync: 1,
      createBindGroupLayout: 2,
      createPipelineLayout: 1,
    });
  });

  gpuTest("makes the layouts of bind groups once for all kernels that bind alike", async ({ gpu }) => {
    const first = await gpu.kernels.get(source);
    const { created } = countObjects(gpu.device);
    const second = await gpu.kernels.get({ ...source, constants: { WORKGROUP_SIZE: 32 } });
    expect(second).not.toBe(first);
    expect(second.layouts[0]).toBe(first.layouts[0]);
    expect(second.layouts[1]).toBe(first.layouts[1]);
    expect(created).toEqual({ createShaderModule: 1, createComputePipelineAsync: 1, createPipelineLayout: 1 });
  });
});

describe("an error of the compiler", () => {
  const damaged = (file: string, from: string, to: string): ShaderPart[] =>
    parts.map((part) => (part.file === file ? { file, code: part.code.replace(from, to) } : part));

  /** What the first lines of the message must be: the place of `token` in the part, and its line. */
  function expected(changed: readonly ShaderPart[], file: string, token: string): RegExp {
    const lines = changed.find((part) => part.file === file)?.code.split("\n") ?? [];
    const line = lines.findIndex((text) => text.includes(token));
    const column = lines[line]!.indexOf(token);
    const escaped = `${file}:${line + 1}:${column + 1}: \n  ${lines[line]}\n  ${" ".repeat(column)}^`;
    return new RegExp(`^${escaped.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(": \n", ": [^\n]*\n")}`);
  }

  gpuTest.for([
    ["shaders/optim/parts/wide.wgsl", "vec4f", "wec4f", "wec4f"],
    ["shaders/optim/parts/update.wgsl", "tiles[index]", "tilez[index]", "tilez"],
    ["shaders/optim/parts/numerics.wgsl", "isNear) * (b - a)", "isNear) * (b - missing)", "missing"],
    ["shaders/optim/adamw.wgsl", "adamStep(gradient", "adamStop(gradient", "adamStop"],
    ["shaders/optim/adamw.wgsl", "let step =", "/* λ λ */ let step = oops +", "oops"],
    ["shaders/optim/parts/adamStep.wgsl", "sqrt(", "squirt(", "squirt"],
    ["shaders/optim/parts/noAmsgrad.wgsl", "return vNow;", "return vThen;", "vThen"],
  ] as const)(
    "in %s, where %s became %s, names the file, line and column",
    async ([file, from, to, token], { gpu }) => {
      const changed = damaged(file, from, to);
      const error = await outcome(gpu.kernels.get({ ...source, parts: changed }));
      expect(error).toBeInstanceOf(ShaderError);
      expect((error as Error).message).toMatch(expected(changed, file, token));
    },
  );

  gpuTest("reads as it does in an editor", async ({ gpu }) => {
    const changed = damaged("shaders/optim/adamw.wgsl", "adamStep(gradient", "adamStop(gradient");
    const error = (await outcome(gpu.kernels.get({ ...source, parts: changed }))) as Error;
    const [first, ...rest] = error.message.split("\n");
    expect(first).toMatch(/^shaders\/optim\/adamw\.wgsl:18:14: .*adamStop/);
    expect(rest).toEqual(["    let step = adamStop(gradient(at), at, h);", `${" ".repeat(15)}^`]);
  });

  test("of several lines, as naga's are, begins on the first of them", () => {
    const message = "\nno such name\n  wgsl:1:2\n\n";
    const explained = explain([{ file: "a.wgsl", code: "one" }], { lineNum: 1, linePos: 2, message });
    expect(explained).toBe("a.wgsl:1:2: no such name\n  wgsl:1:2\n  one\n   ^");
  });

  test("in a part without a last line break does not move to its neighbour", () => {
    const [a, b] = [
      { file: "a.wgsl", code: "one" },
      { file: "b.wgsl", code: "two\nthree\n" },
    ];
    const at = (lineNum: number) => explain([a, b], { lineNum, linePos: 2, message: "no" });
    expect([1, 2, 3].map(at)).toEqual([
      "a.wgsl:1:2: no\n  one\n   ^",
      "b.wgsl:1:2: no\n  two\n   ^",
      "b.wgsl:2:2: no\n  three\n   ^",
    ]);
    expect(at(0)).toBe("a.wgsl + b.wgsl: no");
  });

  gpuTest("leaves the device as good as it was", async ({ gpu }) => {
    await outcome(gpu.kernels.get({ ...source, parts: damaged("shaders/optim/adamw.wgsl", "fn", "fun") }));
    expect(await outcome(gpu.kernels.get(source))).not.toBeInstanceOf(Error);
  });
});

describe("a pipeline that cannot be made is a ShaderError with the kernel's label:", () => {
  gpuTest.for([
    ["a constant that the module does not have", { constants: { NO_SUCH_CONSTANT: 1 } }, /NO_SUCH_CONSTANT/],
    ["a workgroup larger than the device allows", { constants: { WORKGROUP_SIZE: 65_536 } }, /workgroup/i],
    ["a constant beyond its type", { constants: { WORKGROUP_SIZE: -1 } }, /./],
    [
      "a binding that the layout lacks",
      {
        bindings: [
          ["readWrite", "readWrite", "read"],
          ["readWrite", "readWrite"],
        ],
      },
      /binding/,
    ],
    [
      "a binding with another access",
      {
        bindings: [
          ["read", "read", "read", "read"],
          ["readWrite", "readWrite"],
        ],
      },
      /binding/,
    ],
  ] as const)("%s", async ([, change, reason], { gpu }) => {
    const error = await outcome(gpu.kernels.get({ ...source, ...change }));
    expect(error).toBeInstanceOf(ShaderError);
    expect((error as Error).message).toMatch(/^test\/adamw: no pipeline could be made of it\. /);
    expect((error as Error).message).toMatch(reason);
  });
});

describe("prepare refuses what the device would refuse:", () => {
  const slices = (gpu: Gpu, change: object) => {
    const buffer = gpu.device.createBuffer({ size: 4096, usage: storage() });
    const slice = (i: number) => ({ buffer, offset: i * 256, size: 256 });
    return [
      [slice(0), slice(1), slice(2), slice(3)],
      [slice(4), { ...slice(5), ...change }],
    ];
  };

  gpuTest.for([
    [
      { offset: 4 },
      AlignmentError,
      "test/adamw: binding 1 of bind group 1 starts at byte 4 (allowed multiples of 256).",
    ],
    [{ offset: 1284 }, AlignmentError, "binding 1 of bind group 1 starts at byte 1284"],
    [{ size: 2052 }, LimitError, "binding 1 of bind group 1 is too large (got 2052 bytes, allowed 2048)."],
  ] as const)("%o", async ([change, type, message], { gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { maxStorageBufferBindingSize: 2048 } });
    const kernel = await small.kernels.get(source);
    expect(() => kernel.prepare(slices(gpu, change), 1)).toThrow(type);
    expect(() => kernel.prepare(slices(gpu, change), 1)).toThrow(message);
    expect(() => kernel.prepare(slices(gpu, {}), 1)).not.toThrow();
  });
});
