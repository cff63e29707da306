import aheadCode from "../../../shaders/optim/muon/ahead.wgsl?raw";
import combineCode from "../../../shaders/optim/muon/combine.wgsl?raw";
import directCode from "../../../shaders/optim/muon/direct.wgsl?raw";
import gramCode from "../../../shaders/optim/muon/gram.wgsl?raw";
import matricesCode from "../../../shaders/optim/muon/matrices.wgsl?raw";
import orthogonalAt1Code from "../../../shaders/optim/muon/orthogonalAt1.wgsl?raw";
import orthogonalAt2Code from "../../../shaders/optim/muon/orthogonalAt2.wgsl?raw";
import panelsCode from "../../../shaders/optim/muon/panels.wgsl?raw";
import polynomialCode from "../../../shaders/optim/muon/polynomial.wgsl?raw";
import productCode from "../../../shaders/optim/muon/product.wgsl?raw";
import stepCode from "../../../shaders/optim/muon/step.wgsl?raw";
import symmetricCode from "../../../shaders/optim/muon/symmetric.wgsl?raw";
import muonCode from "../../../shaders/optim/muon.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import { rulePart } from "../parts.ts";
import type { Variant } from "../variant.ts";
import { buildNewtonSchulz } from "./newtonSchulz.ts";

const part = (name: string, code: string): ShaderPart => rulePart(`muon/${name}`, code);

const hyper = rulePart("muon", muonCode);
const matrices = [hyper, part("matrices", matricesCode), part("product", productCode)];
const symmetric = part("symmetric", symmetricCode);
const products = {
  gram: [...matrices, symmetric, part("gram", gramCode)],
  polynomial: [...matrices, symmetric, part("polynomial", polynomialCode)],
  combine: [...matrices, part("combine", combineCode)],
};
/** Each product with its operands through workgroup memory, and from where they lie. */
const kernels = Object.fromEntries(
  Object.entries(products).flatMap(([name, parts]) => [
    [`${name}/panels`, [...parts, part("panels", panelsCode)]],
    [`${name}/direct`, [...parts, part("direct", directCode)]],
  ]),
);
const step = part("step", stepCode);
const orthogonalAt1 = part("orthogonalAt1", orthogonalAt1Code);
const orthogonalAt2 = part("orthogonalAt2", orthogonalAt2Code);

/** Muon's kernels: what makes u and its norm, the products of the Newton-Schulz steps, and the update. */
export function muonVariant(nsSteps: number): Variant {
  return {
    state: ["velocity"],
    // Both are X by turns: a step reads one and writes the other.
    scratch: ["ahead", "other"],
    parts: [hyper, step, nsSteps % 2 ? orthogonalAt2 : orthogonalAt1],
    passes: [
      { kind: "measure", sums: 1, takesGradient: true, parts: [hyper, part("ahead", aheadCode)] },
      { kind: "custom", kernels, build: (context, parts) => buildNewtonSchulz(context, parts, nsSteps) },
    ],
    // Of the update and of what makes u; the products move more, the more the larger the matrix.
    bytes: 28,
  };
}
