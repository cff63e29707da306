import mapCode from "../../../shaders/engine/map/map.wgsl?raw";
import { elementsOf, type Shape } from "../../graph/index.ts";
import type { Launch } from "../launch.ts";
import { ExpressionCode, type Target } from "./code.ts";
import type { Expression } from "./expression.ts";

const lanes = 64;

/** A launch that computes expressions over a shape, element by element, into dense values. */
export function mapLaunch(stores: readonly { expression: Expression; target: Target }[], shape: Shape): Launch[] {
  const groups = Math.ceil(elementsOf(shape) / 4);
  if (groups === 0) return [];
  const code = new ExpressionCode(0, true);
  for (const { expression, target } of stores) code.store(target, expression, `${elementsOf(shape)}u - e`);
  const { parts, bindings } = code.finish("fn compute(i: u32)", "let e = i * 4u;");
  return [
    {
      label: "engine/map",
      parts: [...parts, { file: "shaders/engine/map/map.wgsl", code: mapCode }],
      constants: { GROUPS: groups },
      bindings,
      workgroups: Math.ceil(groups / lanes),
    },
  ];
}
