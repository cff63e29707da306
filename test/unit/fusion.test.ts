/** What is computed together: the launches that small graphs are lowered to. */
import { expect, it } from "vitest";
import { lower } from "../../src/engine/lower/lower.ts";
import * as g from "../../src/graph/index.ts";
import { softwareDevice } from "../support/engineDevices.ts";

const leaf = (name: string, ...shape: number[]): g.Tensor => g.input(name, shape, "float32");
const [x, w, b, residual] = [leaf("x", 6, 8), leaf("w", 8, 12), leaf("b", 12), leaf("residual", 6, 12)];
const [v, c, weights] = [leaf("v", 12, 4), leaf("c", 4), leaf("weights", 6, 4)];
const labels = g.input("labels", [6], "uint32");
const linear = (): g.Tensor => g.add(g.matmul(x, w), b);
const gradients = (loss: g.Tensor, ...leaves: g.Tensor[]): g.Tensor[] => g.differentiate(loss, leaves);

const rows: readonly (readonly [name: string, build: () => readonly g.Tensor[], launches: readonly string[]])[] = [
  [
    "a bias, an activation and a residual go into the product",
    () => [g.add(g.gelu(linear()), residual)],
    ["engine/matmul"],
  ],
  [
    "so do they where what is before the activation is wanted as well",
    () => {
      const before = linear();
      return [before, g.gelu(before)];
    },
    ["engine/matmul"],
  ],
  [
    "a chain of functions of single elements is one kernel",
    () => [g.mul(g.tanh(g.add(g.square(x), 1)), g.sigmoid(g.sub(x, 2)))],
    ["engine/map"],
  ],
  ["a sum takes the chain ahead of it", () => [g.sum(g.square(g.sub(x, 1)), { axes: [1] })], ["engine/reduce"]],
  [
    "the gradient of a bias comes with that of the weight",
    () => gradients(g.sum(g.mul(g.add(g.matmul(residual, v), c), weights)), v, c),
    ["engine/matmul"],
  ],
  [
    "the gradient of an activation goes into the product of the layer after it",
    () => gradients(g.sum(g.mul(g.matmul(g.relu(linear()), v), weights)), w, b),
    ["engine/matmul", "engine/matmul", "engine/matmul"],
  ],
  [
    "the gradient of a cross-entropy comes with the losses",
    () => {
      const loss = g.mean(g.crossEntropy(g.reshape(x, [6, 8]), labels));
      return [loss, ...gradients(loss, x)];
    },
    ["engine/crossEntropyWithGradient", "engine/reduce"],
  ],
  [
    "queries, keys and values are read where the product left them",
    () => {
      const [q, k, values] = g.split(g.matmul(x, w), 3, -1).map((part) => g.reshape(part, [2, 3, 2, 2]));
      return [g.attention(q as g.Tensor, k as g.Tensor, values as g.Tensor)];
    },
    ["engine/matmul", "engine/attention/forward"],
  ],
];

it.each(rows)("%s", (_, build, launches) => {
  const requests = g.trace(true, build).result.map((tensor) => ({ tensor }));
  // Which kernel multiplies is the table's affair.
  const labels = lower(requests, softwareDevice).launches.map(({ label }) => label.split(" ")[0]);
  expect(labels).toEqual(launches);
});
