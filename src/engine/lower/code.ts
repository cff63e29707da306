import dropoutCode from "../../../shaders/engine/map/dropout.wgsl?raw";
import functionsCode from "../../../shaders/engine/map/functions.wgsl?raw";
import randomBitsCode from "../../../shaders/numbers/randomBits.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { DType, MapFunction } from "../../graph/index.ts";
import { halvesParts } from "../kernels/halvesParts.ts";
import type { Launch, Value, View } from "../launch.ts";
import type { Dropout, Expression, Pieces } from "./expression.ts";
import { type Axis, collapsed, sizeOf } from "./views.ts";

const dropoutParts: readonly ShaderPart[] = [
  { file: "shaders/numbers/randomBits.wgsl", code: randomBitsCode },
  { file: "shaders/engine/map/dropout.wgsl", code: dropoutCode },
];

/** Where an expression's numbers go; added to what is there where gradients accumulate. */
export interface Target {
  readonly value: Value;
  readonly accumulates: boolean;
  /** Not one after the other: every so many elements begin at a multiple of the stride. */
  readonly spread?: { readonly elements: number; readonly stride: number };
}

/** WGSL for expressions, and the bindings that it declares. */
export interface Code {
  readonly parts: readonly ShaderPart[];
  readonly bindings: Launch["bindings"];
}

/** How numbers in half precision are written in the shaders; what is none has none. */
const formats: Partial<Record<DType, string>> = { bfloat16: "BFLOAT16", float16: "FLOAT16" };

const infix: Partial<Record<MapFunction, string>> = { add: "+", sub: "-", mul: "*", div: "/" };

const names: Partial<Record<MapFunction, string>> = {
  exp: "exponentials",
  log: "logarithm",
  tanh: "hyperbolicTangent",
  sigmoid: "logistic",
  maximum: "max",
  minimum: "min",
  less: "isLess",
  equal: "isEqual",
  where: "choose",
  float: "",
};

/**
 * Writes the body of a function over groups of four neighbouring elements of a dense tensor. `e` is the index of the first
 * of them among all; where `isWide`, it is a multiple of four.
 */
export class ExpressionCode {
  readonly #firstBinding: number;
  readonly #isWide: boolean;
  readonly #bindings: { value: Value; access: "read" | "readWrite"; type: string; name: string }[] = [];
  readonly #places: string[] = [];
  readonly #lines: string[] = [];
  readonly #names = new Map<Expression, string>();
  #hasDropout = false;
  #hasHalves = false;

  constructor(firstBinding: number, isWide: boolean) {
    this.#firstBinding = firstBinding;
    this.#isWide = isWide;
  }

  /** How many bindings it has so far. */
  get bindingCount(): number {
    return this.#bindings.length;
  }

  /** The name of a variable of type vec4f that holds the expression's four elements. */
  name(expression: Expression): string {
    if (expression.kind === "result") return "result";
    if (expression.kind === "number") return `vec4f(${literal(expression.value)})`;
    const known = this.#names.get(expression);
    if (known) return known;
    const code = this.#code(expression);
    const name = `x${this.#names.size}`;
    this.#names.set(expression, name);
    this.#lines.push(`let ${name} = ${code};`);
    return name;
  }

  /** Stores four elements; those from element `limit` on are left out, where not all of them are stored as one. */
  store({ value, accumulates, spread }: Target, expression: Expression, limit: string): void {
    const number = this.name(expression);
    const isIndex = value.dtype === "uint32";
    const operator = accumulates ? "+=" : "=";
    const format = formats[value.dtype];
    const place = (e: string): string =>
      spread ? `(${e} / ${spread.elements}u * ${spread.stride}u + ${e} % ${spread.elements}u)` : e;
    if (format) {
      const target = this.#bind(value, "readWrite", "vec2u");
      const before = accumulates ? `fromHalf(unpackHalves(${target}[e / 4u]), ${format}) + ` : "";
      this.#hasHalves = true;
      this.#lines.push(`${target}[e / 4u] = packHalves(halfNearest(${before}${number}, ${format}));`);
      return;
    }
    if (this.#isWide && (spread?.elements ?? 0) % 4 === 0) {
      const target = this.#bind(value, "readWrite", isIndex ? "vec4u" : "vec4f");
      this.#lines.push(`${target}[${place("e")} / 4u] ${operator} ${isIndex ? `vec4u(${number})` : number};`);
      return;
    }
    const target = this.#bind(value, "readWrite", isIndex ? "u32" : "f32");
    for (const [i, part] of ["x", "y", "z", "w"].entries()) {
      const element = isIndex ? `u32(${number}.${part})` : `${number}.${part}`;
      const line = `${target}[${place(`(e + ${i}u)`)}] ${operator} ${element};`;
      this.#lines.push(i > 0 ? `if (${limit} > ${i}u) { ${line} }` : line);
    }
  }

  /** The module's parts: bindings, and a function with the given head around the body, between first and last lines. */
  finish(head: string, first?: string, last?: string): Code {
    const declarations = this.#bindings.map(({ access, type, name }, i) => {
      const mode = access === "read" ? "read" : "read_write";
      return `@group(0) @binding(${this.#firstBinding + i}) var<storage, ${mode}> ${name}: array<${type}>;`;
    });
    const body = [first, ...this.#lines, last].flatMap((line) => (line ? [`  ${line}`] : []));
    const code = [...declarations, "", ...this.#places, `${head} {`, ...body, "}", ""].join("\n");
    return {
      parts: [
        { file: "engine/generated.wgsl", code },
        { file: "shaders/engine/map/functions.wgsl", code: functionsCode },
        ...(this.#hasHalves ? halvesParts : []),
        ...(this.#hasDropout ? dropoutParts : []),
      ],
      bindings: this.#bindings.map(({ value, access }) => ({ value, access })),
    };
  }

  #code(expression: Exclude<Expression, { kind: "number" | "result" }>): string {
    if (expression.kind === "load") return this.#load(expression.view, "e");
    if (expression.kind === "dropout") return this.#dropout(expression);
    if (expression.kind === "pieces") return this.#pieces(expression);
    const { fn } = expression;
    const operands = expression.operands.map((operand) => this.name(operand));
    const [a, b] = operands;
    if (infix[fn]) return `${a} ${infix[fn]} ${b}`;
    if (fn === "neg") return `-${a}`;
    if (fn === "square") return `${a} * ${a}`;
    return `${names[fn] ?? fn}(${operands.join(", ")})`;
  }

  #dropout({ x, key, part, rate, stream }: Dropout): string {
    this.#hasDropout = true;
    const keys = this.#bind(key.value, "read", "u32");
    const keyOf = (e: string): string => `${keys}[${place(key.offset, collapsed(key), `(${e} / ${part}u)`)}]`;
    const four = "(e + vec4u(0u, 1u, 2u, 3u))";
    const isOne = sizeOf(key) === 1;
    // Neighbours that are stored as one are of one part then, and have one key.
    const areAlike = isOne || (this.#isWide && part % 4 === 0);
    const own = areAlike ? keyOf("e") : ["e", "(e + 1u)", "(e + 2u)", "(e + 3u)"].map(keyOf).join(", ");
    const index = isOne ? four : `${four} % ${part}u`;
    const threshold = Math.ceil(rate * 2 ** 24);
    const scale = literal(Math.fround(1 / (1 - rate)));
    return `dropout(${this.name(x)}, ${index}, vec4u(${own}), ${stream}u, ${threshold}u, ${scale})`;
  }

  /** Four neighbouring elements of a view, from that of index `e` in its shape on. */
  #load(view: View, e: string): string {
    const axes = collapsed(view);
    const inner = axes.at(-1);
    const isIndex = view.value.dtype === "uint32";
    if (!inner || inner.stride === 0) {
      const isOne = !inner || axes.every(({ stride }) => stride === 0);
      if (isOne || inner.side % 4 === 0) {
        return `vec4f(${this.#one(view, isOne ? [] : axes, e, isIndex)})`;
      }
    }
    const aligned = view.offset % 4 === 0 && axes.slice(0, -1).every(({ stride }) => stride % 4 === 0);
    const isWhole = axes.length === 1;
    const canBeWide = inner?.stride === 1 && aligned && (isWhole || inner.side % 4 === 0);
    const format = formats[view.value.dtype];
    if (format && this.#isWide && canBeWide) {
      this.#hasHalves = true;
      const name = this.#bind(view.value, "read", "vec2u");
      return `fromHalf(unpackHalves(${name}[${place(view.offset, axes, e)} / 4u]), ${format})`;
    }
    if (this.#isWide && canBeWide && !isIndex && !format) {
      const name = this.#bind(view.value, "read", "vec4f");
      return `${name}[${place(view.offset, axes, e)} / 4u]`;
    }
    const four = [0, 1, 2, 3].map((i) => this.#one(view, axes, i === 0 ? e : `(${e} + ${i}u)`, isIndex));
    return `vec4f(${four.join(", ")})`;
  }

  #one({ value, offset }: View, axes: readonly Axis[], e: string, isIndex: boolean): string {
    const format = formats[value.dtype];
    const name = this.#bind(value, "read", isIndex || format ? "u32" : "f32");
    const at = place(offset, axes, e);
    if (format) {
      this.#hasHalves = true;
      return `fromHalf(vec4u((${name}[${at} / 2u] >> (${at} % 2u * 16u)) & 0xffffu), ${format}).x`;
    }
    const element = `${name}[${at}]`;
    return isIndex ? `f32(${element})` : element;
  }

  /** A function of its own, which asks element by element which piece has it. */
  #pieces({ shape, pieces }: Pieces): string {
    const name = `piece${this.#places.length}`;
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
    const lines = pieces.map(({ starts, view }) => {
      const inside: string[] = [];
      const terms = [`${view.offset}u`];
      for (const [axis, side] of view.shape.entries()) {
        const coordinate = `(e / ${strides[axis]}u % ${Math.max(shape[axis] as number, 1)}u)`;
        const start = starts[axis] as number;
        if (start > 0) inside.push(`${coordinate} >= ${start}u`);
        if (start + side < (shape[axis] as number)) inside.push(`${coordinate} < ${start + side}u`);
        const stride = view.strides[axis] as number;
        if (stride > 0) terms.push(`(${coordinate} - ${start}u) * ${stride}u`);
      }
      const isIndex = view.value.dtype === "uint32";
      const element = `${this.#bind(view.value, "read", isIndex ? "u32" : "f32")}[${terms.join(" + ")}]`;
      return `  if (${inside.join(" && ") || "true"}) {\n    return ${isIndex ? `f32(${element})` : element};\n  }`;
    });
    this.#places.push([`fn ${name}(e: u32) -> f32 {`, ...lines, "  return 0.0;", "}", "", ""].join("\n"));
    return `vec4f(${["e", "e + 1u", "e + 2u", "e + 3u"].map((e) => `${name}(${e})`).join(", ")})`;
  }

  #bind(value: Value, access: "read" | "readWrite", type: string): string {
    const known = this.#bindings.find(
      (binding) => binding.value === value && binding.type === type && access === binding.access,
    );
    if (known) return known.name;
    const name = `${access === "read" ? "in" : "out"}${this.#firstBinding + this.#bindings.length}`;
    this.#bindings.push({ value, access, type, name });
    return name;
  }
}

/** Where element `e` of a view lies in its value. */
function place(offset: number, axes: readonly Axis[], e: string): string {
  const terms = axes.flatMap(({ side, stride }, i) => {
    if (stride === 0) return [];
    const inner = axes.slice(i + 1).reduce((product, axis) => product * Math.max(axis.side, 1), 1);
    const quotient = inner === 1 ? e : `${e} / ${inner}u`;
    const coordinate = i === 0 ? quotient : `${quotient} % ${Math.max(side, 1)}u`;
    return [stride === 1 ? coordinate : `(${coordinate}) * ${stride}u`];
  });
  if (offset > 0 || terms.length === 0) terms.push(`${offset}u`);
  return terms.length === 1 && terms[0] === e ? e : `(${terms.join(" + ")})`;
}

/** A number as WGSL reads it, to the last bit of its float32. */
function literal(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single))
    throw new RangeError(`constant: not finite in float32 (got ${value}). Use a smaller number.`);
  if (Object.is(single, -0)) return "-0.0";
  const text = String(single);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0`;
}
