/** What is Muon's own, beside the products (newtonSchulz.test.ts): PyTorch's bfloat16, which tensors it takes, its tables. */
import { describe, expect, test } from "vitest";
import { adamw, muon, type OptimizerTensor, ShapeError, splitForMuon } from "../../src/optim/index.ts";
import { requireMatrix, sidesOf } from "../../src/optim/muon/matrix.ts";
import { blockTable, matrixTable, type PlacedMatrix, planMatrixRuns } from "../../src/optim/muon/plan.ts";
import {
  decodeFloat32,
  decodeFloat64,
  decodeTensors,
  fixtureCount,
  fixtureSeed,
  initialParam,
  torchRow,
  worstUlpError,
  worstUlpErrors,
} from "../parity/fixtures.ts";
import { muonRows } from "../parity/rows/muon.ts";
import type { Row } from "../parity/table.ts";
import { trace } from "../parity/trace.ts";
import { norm } from "./lawsRun.ts";

const named = muonRows.map((row) => [row.desc, row] as const);
const rowOf = (desc: string): Row => muonRows.find((row) => row.desc === desc)!;

describe("PyTorch's Muon, row by row:", () => {
  test.each(named)("%s: the velocity has its bits, each operation rounded on its own", (_, row) => {
    const { tensors, scales } = trace(row, "float32", "torch").at(-1)!;
    const { velocity } = decodeTensors(torchRow(row).correctlyRounded);
    expect(worstUlpError(tensors.velocity, velocity, scales.velocity)).toBe(0);
  });

  test.each(named)("%s: its bfloat16 ends less than a hundredth of the way beside the truth", (_, row) => {
    const [exact, bfloat16] = [decodeFloat64(torchRow(row).float64), decodeFloat32(torchRow(row).bfloat16!)];
    const start = initialParam(fixtureSeed, fixtureCount);
    const beside = norm(exact.map((p, i) => p - bfloat16[i]!)) / norm(exact.map((p, i) => p - start[i]!));
    // The worst is 0.0065; where only two steps are taken it is 0.00008.
    expect(beside).toBeLessThan(0.01);
    expect(beside).toBeGreaterThan(5e-5);
  });

  test.each<[string, string, Partial<Row>]>([
    ["not Nesterov", "defaults", { hyper: { nesterov: false } }],
    ["2 λ", "strong decay", { hyper: { lr: 0.02, momentum: 0.9, weightDecay: 1 } }],
    ["one Newton-Schulz step too few", "more rows than columns", { hyper: { lr: 0.02, nsSteps: 4 } }],
    ["c off by a hundredth", "defaults", { hyper: { nsCoefficients: [3.4445, -4.775, 2.0415] } }],
    ["rows and columns swapped", "more rows than columns", { shape: [8, 12] }],
    ["Keller Jordan's adjustment for Moonshot's", "steps of AdamW's size", { hyper: { lr: 0.02 } }],
    ["no adjustment", "more rows than columns", { hyper: { lr: 0.02 / Math.sqrt(12 / 8) } }],
    ["eps left out", "a norm below eps", { hyper: { lr: 0.02, nsSteps: 2 } }],
  ])("out of bounds: %s", (_, desc, wrong) => {
    const row = rowOf(desc);
    const errors = trace({ ...row, ...wrong }, "float32", "torch").map(({ t, tensors, scales }) =>
      worstUlpErrors(tensors, decodeTensors(torchRow(row).float32[t]!), scales),
    );
    expect(Math.max(...errors)).toBeGreaterThan(row.fusedUlps!);
  });
});

const tensor = (name: string, shape: readonly number[], role?: OptimizerTensor["role"]): OptimizerTensor =>
  ({ name, shape, ...(role && { role }) }) as OptimizerTensor;

describe("Muon takes", () => {
  test.each([
    [
      [3, 5],
      [3, 5],
    ],
    [
      [16, 3, 3, 3],
      [16, 27],
    ],
    [
      [0, 4],
      [0, 4],
    ],
  ])("a tensor %j as a matrix %j", (shape, sides) => expect(requireMatrix(tensor("w", shape))).toEqual(sides));

  test.each([[[]], [[5]], [[2, 3, 4]], [[2, 3, 4, 5, 6]]])("none of the shape %j", (shape) => {
    expect(sidesOf(shape)).toBeUndefined();
    expect(() => muon().checkTensor(tensor("late.bias", shape))).toThrow(ShapeError);
    expect(() => muon().checkTensor(tensor("late.bias", shape))).toThrow(
      `tensor "late.bias": muon takes matrices (got [${shape.join(", ")}], allowed two sides, or the four of a convolution). ` +
        "Give it to adamw: splitForMuon does.",
    );
    expect(() => adamw().checkTensor(tensor("late.bias", shape))).not.toThrow();
  });
});

describe("splitForMuon", () => {
  const model = [
    tensor("wte", [101, 8], "embedding"),
    tensor("h.0.attn.weight", [8, 24]),
    tensor("h.0.attn.bias", [24]),
    tensor("h.0.conv", [8, 4, 3, 3], "weight"),
    tensor("h.0.norm", [8], "norm"),
    tensor("h.0.relative.bias", [8, 8]),
    tensor("h.0.scales", [8, 8], "norm"),
    tensor("head.weight", [101, 8], "weight"),
  ];

  test("gives Muon the matrices that are weights, and leaves the rest, in order", () => {
    const { hidden, rest } = splitForMuon(model);
    expect(hidden.map(({ name }) => name)).toEqual(["h.0.attn.weight", "h.0.conv", "head.weight"]);
    expect(rest.map(({ name }) => name)).toEqual([
      "wte",
      "h.0.attn.bias",
      "h.0.norm",
      "h.0.relative.bias",
      "h.0.scales",
    ]);
    for (const each of hidden) muon().checkTensor(each);
  });

  test("leaves the head, too, where it is told which that is, and prints both", () => {
    const asked: string[] = [];
    const split = splitForMuon(model.slice(1, 4).concat(model.slice(-1)), ({ name }) => {
      asked.push(name);
      return !name.startsWith("head");
    });
    expect(`${split}`).toBe(
      "muon: h.0.attn.weight [8, 24], h.0.conv [8, 4, 3, 3]\nrest: h.0.attn.bias [24], head.weight [101, 8]",
    );
    expect(asked).toEqual(["h.0.attn.weight", "h.0.conv", "head.weight"]);
    expect(`${splitForMuon([])}`).toBe("muon: nothing\nrest: nothing");
  });

  test("takes what is only named, whatever else it has", () => {
    const { hidden } = splitForMuon([{ ...tensor("w", [2, 2]), mine: 7 }]);
    expect(hidden[0]?.mine).toBe(7);
  });
});

describe("matrices are gathered into runs", () => {
  const buffers = Array.from({ length: 5 }, (_, id) => ({ label: `${id}` }) as GPUBuffer);
  const limits = { maxStorageBufferBindingSize: 1024 } as Parameters<typeof planMatrixRuns>[1];
  /** Matrices one after the other, X and its squares from the start of the buffers. */
  const placed = (sides: readonly (readonly [number, number])[], first = 0): PlacedMatrix[] => {
    let [x, square] = [0, 0];
    return sides.map(([rows, columns], i) => {
      const sizes = { x: rows * columns * 4, square: Math.min(rows, columns) ** 2 * 4 };
      const at = (buffer: number, offset: number, size: number) => ({ buffer: buffers[buffer]!, offset, size });
      const matrix = {
        name: `w${i}`,
        sides: [rows, columns] as const,
        tensor: i,
        x: [at(first, x, sizes.x), at(1, x, sizes.x)] as const,
        squares: [at(2, square, sizes.square), at(3, square, sizes.square)] as const,
      };
      x += Math.ceil(sizes.x / 256) * 256;
      square += Math.ceil(sizes.square / 256) * 256;
      return matrix;
    });
  };

  test("of as many as their windows have room for", () => {
    const runs = planMatrixRuns(
      placed([
        [4, 8],
        [8, 8],
        [8, 16],
        [2, 32],
      ]),
      limits,
    );
    expect(runs.map(({ matrices }) => matrices.map(({ name }) => name))).toEqual([["w0", "w1", "w2"], ["w3"]]);
    expect(runs.map(({ x: [{ offset, size }] }) => [offset, size])).toEqual([
      [0, 1024],
      [1024, 256],
    ]);
  });

  test("of one buffer", () => {
    const matrices = [
      ...placed([[2, 2]]),
      ...placed([[2, 2]], 4),
      ...placed([
        [1, 1],
        [2, 2],
      ]).slice(1),
    ];
    expect(planMatrixRuns(matrices, limits)).toHaveLength(3);
  });

  test("or not at all, where one is larger than a binding", () => {
    expect(() => planMatrixRuns(placed([[2, 129]]), limits)).toThrow(
      'tensor "w0": muon binds a matrix and its square whole (got 1032 bytes, allowed 1024). Give it to adamw, or split it in two.',
    );
  });

  test("whose blocks cover each product once, and no block below the diagonal of a square", () => {
    const [run] = planMatrixRuns(
      placed([
        [65, 130],
        [1, 1],
      ]),
      { ...limits, maxStorageBufferBindingSize: 2 ** 20 },
    );
    const rowsOf = (table: Uint32Array) =>
      Array.from({ length: table.length / 3 }, (_, i) => table.slice(i * 3, i * 3 + 3).join());
    expect(rowsOf(blockTable(run!, "x"))).toEqual([
      "0,0,0",
      "0,0,64",
      "0,0,128",
      "0,64,0",
      "0,64,64",
      "0,64,128",
      "1,0,0",
    ]);
    expect(rowsOf(blockTable(run!, "square"))).toEqual(["0,0,0", "0,0,64", "0,64,64", "1,0,0"]);
  });

  test("whose table says where each is, and who is left alone", () => {
    const [run] = planMatrixRuns(
      placed([
        [2, 3],
        [12, 3],
      ]),
      limits,
    );
    const table = matrixTable(run!, new Map([["w1", 5]]));
    const [words, floats] = [new Uint32Array(table), new Float32Array(table)];
    expect([...words.slice(0, 7)]).toEqual([0, 0, 2, 3, 0, 0, 0]);
    expect([...words.slice(9, 16)]).toEqual([64, 64, 12, 3, 1, 5, 1]);
    expect([...floats.slice(7, 9)]).toEqual([1, Math.fround(0.2 * Math.sqrt(3))]);
    expect([...floats.slice(16, 18)]).toEqual([2, Math.fround(0.2 * Math.sqrt(12))]);
  });
});
