import { expect, test } from "vitest";
import { askingLengthsFirst } from "../../src/gpu/lengths.ts";

const module = `struct Step { count: u32, rows: array<u32> }
@group(0) @binding(0) var<storage, read_write> param: array<vec4f>;
@group(0) @binding(1) var<storage, read> grad: array<vec4<f32>>; // a comment
@group(0) @binding(2) var<storage, read> step: Step;
@group(0) @binding(3) var<storage, read> four: array<f32, 4>;
@group(0) @binding(4) var<uniform> sizes: vec4u;
@group(1) @binding(7) var<storage, read> elsewhere: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  param[id.x] = grad[id.x];
}
`;

test("asks for the lengths of the arrays that a kernel has, in the line where it begins", () => {
  const code = askingLengthsFirst(module, (group) => group === 0);
  const asked = "if ((arrayLength(&param) | arrayLength(&grad)) == 0u) { return; }";
  expect(code).toBe(module.replace("id: vec3u) {", `id: vec3u) { ${asked}`));
  expect(code.split("\n").length, "places in messages").toBe(module.split("\n").length);
});

test("asks for nothing that has its number from another binding", () => {
  const twice = `@group(0) @binding(1) var<uniform> phase: u32;\n${module}`;
  expect(askingLengthsFirst(twice, (group) => group === 0)).toContain("{ if ((arrayLength(&param)) == 0u) { return; }");
});

test("asks for nothing where nothing is as long as its buffer", () => {
  expect(askingLengthsFirst(module, () => false)).toBe(module);
});
