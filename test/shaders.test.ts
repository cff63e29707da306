/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, expect, test } from "vitest";

/** Whole modules: every shader but the parts in shaders/optim, which only mean something once composed. */
const files = import.meta.glob<string>(["../shaders/**/*.wgsl", "!../shaders/optim/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Modules that a room composes from parts, by name. */
const composed: Record<string, string> = {};

const modules = Object.entries({ ...files, ...composed }).map(
  ([path, code]) => [path.replace("../", ""), code] as const,
);

let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("No WebGPU adapter: nothing on the GPU can be tested here.");
  device = await adapter.requestDevice({ requiredFeatures: [...adapter.features] as GPUFeatureName[] });
});

test("there is an adapter", () => expect(device).toBeInstanceOf(GPUDevice));

test.each(modules)("%s compiles", async (path, code) => {
  device.pushErrorScope("validation");
  const { messages } = await device.createShaderModule({ code, label: path }).getCompilationInfo();
  const error = await device.popErrorScope();
  const faults = messages
    .filter((message) => message.type !== "info")
    .map(({ lineNum, linePos, type, message }) => `${path}:${lineNum}:${linePos} ${type}: ${message}`);
  if (error && faults.length === 0) faults.push(error.message);
  expect(faults).toEqual([]);
});
