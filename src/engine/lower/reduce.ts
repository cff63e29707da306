import subgroupsPartCode from "../../../shaders/engine/parts/subgroups.wgsl?raw";
import columnsCode from "../../../shaders/engine/reduce/columns.wgsl?raw";
import maxCode from "../../../shaders/engine/reduce/max.wgsl?raw";
import maxSubgroupCode from "../../../shaders/engine/reduce/maxSubgroup.wgsl?raw";
import rowsCode from "../../../shaders/engine/reduce/rows.wgsl?raw";
import shortRowsCode from "../../../shaders/engine/reduce/shortRows.wgsl?raw";
import subgroupsCode from "../../../shaders/engine/reduce/subgroups.wgsl?raw";
import sumCode from "../../../shaders/engine/reduce/sum.wgsl?raw";
import sumSubgroupCode from "../../../shaders/engine/reduce/sumSubgroup.wgsl?raw";
import treeCode from "../../../shaders/engine/reduce/tree.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import { elementsOf, type Shape } from "../../graph/index.ts";
import type { Launch, Value } from "../launch.ts";
import { ExpressionCode } from "./code.ts";
import type { Expression } from "./expression.ts";
import type { EngineDevice } from "./program.ts";
import { denseStrides, wholeView } from "./views.ts";

/** An expression over `shape`, summed over some axes of it (or their largest). */
export interface Reduction {
  readonly fn: "sum" | "max";
  readonly expression: Expression;
  readonly shape: Shape;
  readonly axes: readonly number[];
}

interface Axis {
  readonly side: number;
  readonly stride: number;
  readonly isReduced: boolean;
}

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/reduce/${name}.wgsl`, code });
const combines = { sum: part("sum", sumCode), max: part("max", maxCode) };
/** How the lanes of a workgroup come together. A module's `enable` has to come first. */
const byTree = { before: [], after: [part("tree", treeCode)] };
const subgroups = {
  before: [{ file: "shaders/engine/parts/subgroups.wgsl", code: subgroupsPartCode }],
  after: [part("subgroups", subgroupsCode)],
};
const bySubgroups = {
  sum: { ...subgroups, after: [...subgroups.after, part("sumSubgroup", sumSubgroupCode)] },
  max: { ...subgroups, after: [...subgroups.after, part("maxSubgroup", maxSubgroupCode)] },
};
const lanes = 64;
/** From so many outputs on, one lane each keeps the device busy. */
const manyOutputs = 256;
/** Up to so many elements, one lane of a software adapter is done before a workgroup's barriers are. */
const fewElements = 2048;

type ReduceDevice = Pick<EngineDevice, "isSoftware" | "subgroups">;

/** The launches of a reduction into a dense value. */
export function reduceLaunches(reduction: Reduction, result: Value, device: ReduceDevice): Launch[] {
  const axes = mergedAxes(reduction);
  const isOfRows = axes.at(-1)?.isReduced ?? true;
  return isOfRows ? [rows(reduction, axes, result, device)] : columns(reduction, axes, result, device);
}

function rows(reduction: Reduction, axes: readonly Axis[], result: Value, device: ReduceDevice): Launch {
  const inner = axes.at(-1)?.side ?? 1;
  const outputs = result.elements;
  const runs = axes.slice(0, -1).reduce((product, { side, isReduced }) => (isReduced ? product * side : product), 1);
  const alone = outputs >= manyOutputs || (device.isSoftware && runs * inner <= fewElements);
  const { parts, bindings } = module(
    reduction,
    axes.slice(0, -1),
    result,
    alone ? part("shortRows", shortRowsCode) : part("rows", rowsCode),
    { isWide: inner % 4 === 0 },
  );
  const { before, after } = device.subgroups && !device.isSoftware ? bySubgroups[reduction.fn] : byTree;
  return {
    label: "engine/reduce",
    parts: alone ? parts : [...before, ...parts, ...after],
    bindings,
    constants: { OUTPUTS: outputs, RUNS: runs, INNER: inner },
    workgroups: alone ? Math.ceil(outputs / lanes) : outputs,
  };
}

function columns(reduction: Reduction, axes: readonly Axis[], result: Value, device: ReduceDevice): Launch[] {
  const inner = axes.at(-1)?.side as number;
  const outputs = result.elements;
  const length = axes.reduce((product, { side, isReduced }) => (isReduced ? product * side : product), 1);
  const groups = (outputs / inner) * Math.ceil(inner / 4);
  const splits = groups < 1024 && length >= 64 ? Math.min(Math.ceil(length / 32), 64) : 1;
  const partials =
    splits > 1 ? { label: "engine/partials", elements: splits * outputs, dtype: "float32" as const } : result;
  const launch: Launch = {
    label: "engine/reduce",
    ...module(reduction, axes, partials, part("columns", columnsCode), { isWide: inner % 4 === 0 }),
    constants: { OUTPUTS: outputs, INNER: inner, LENGTH: length, SPLITS: splits },
    workgroups: Math.ceil((groups * splits) / lanes),
  };
  if (splits === 1) return [launch];
  const shape = [splits, outputs];
  const expression = { kind: "load", view: wholeView(partials, shape) } as const;
  return [launch, ...reduceLaunches({ fn: reduction.fn, expression, shape, axes: [0] }, result, device)];
}

function module(
  { fn, expression }: Reduction,
  axes: readonly Axis[],
  result: Value,
  body: ShaderPart,
  { isWide }: { isWide: boolean },
) {
  const code = new ExpressionCode(1, isWide);
  const name = code.name(expression);
  const { parts, bindings } = code.finish("fn evaluate(e: u32) -> vec4f", undefined, `return ${name};`);
  const file = "engine/generated.wgsl";
  const startCode = [
    "fn startOf(o: u32, r: u32) -> u32 {",
    `  return ${[...coordinates(axes, false, "o"), ...coordinates(axes, true, "r"), "0u"].join(" + ")};`,
    "}",
    "",
  ].join("\n");
  return {
    parts: [body, combines[fn], { file, code: startCode }, ...parts],
    bindings: [{ value: result, access: "readWrite" as const }, ...bindings],
  };
}

/** The share of an index that some of the axes have in the place of an element. */
function coordinates(axes: readonly Axis[], isReduced: boolean, index: string): string[] {
  const own = axes.filter((axis) => axis.isReduced === isReduced);
  return own.map(({ side, stride }, i) => {
    const inner = own.slice(i + 1).reduce((product, axis) => product * axis.side, 1);
    const quotient = inner === 1 ? index : `${index} / ${inner}u`;
    return `(${i === 0 ? quotient : `${quotient} % ${side}u`}) * ${stride}u`;
  });
}

/** The axes of the dense operand, neighbours of one kind taken together, sides of 1 left out. */
function mergedAxes({ shape, axes }: Reduction): readonly Axis[] {
  const strides = denseStrides(shape);
  const merged: Axis[] = [];
  for (const [i, side] of shape.entries()) {
    if (side === 1) continue;
    const axis = { side, stride: strides[i] as number, isReduced: axes.includes(i) };
    const before = merged.at(-1);
    if (before?.isReduced === axis.isReduced) merged[merged.length - 1] = { ...axis, side: before.side * side };
    else merged.push(axis);
  }
  return merged;
}

/** Elements that remain of a shape. */
export const outputsOf = ({ shape, axes }: Reduction): number =>
  elementsOf(shape.filter((_, axis) => !axes.includes(axis)));
