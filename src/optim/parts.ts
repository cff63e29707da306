import amsgradCode from "../../shaders/optim/parts/amsgrad.wgsl?raw";
import centeredCode from "../../shaders/optim/parts/centered.wgsl?raw";
import momentsCode from "../../shaders/optim/parts/moments.wgsl?raw";
import noAmsgradCode from "../../shaders/optim/parts/noAmsgrad.wgsl?raw";
import noNormalizedVelocityCode from "../../shaders/optim/parts/noNormalizedVelocity.wgsl?raw";
import normalizedVelocityCode from "../../shaders/optim/parts/normalizedVelocity.wgsl?raw";
import notCenteredCode from "../../shaders/optim/parts/notCentered.wgsl?raw";
import noVelocityCode from "../../shaders/optim/parts/noVelocity.wgsl?raw";
import numericsCode from "../../shaders/optim/parts/numerics.wgsl?raw";
import scalarCode from "../../shaders/optim/parts/scalar.wgsl?raw";
import updateCode from "../../shaders/optim/parts/update.wgsl?raw";
import velocityCode from "../../shaders/optim/parts/velocity.wgsl?raw";
import velocityAt1Code from "../../shaders/optim/parts/velocityAt1.wgsl?raw";
import velocityAt2Code from "../../shaders/optim/parts/velocityAt2.wgsl?raw";
import wideCode from "../../shaders/optim/parts/wide.wgsl?raw";
import type { ShaderPart } from "../gpu/index.ts";
import type { Variant } from "./updateRule.ts";

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/parts/${name}.wgsl`, code });

/** A rule's own file. */
export const rulePart = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/${name}.wgsl`, code });

const wide = part("wide", wideCode);
const scalar = part("scalar", scalarCode);
const shared = [part("update", updateCode), part("numerics", numericsCode)];
const velocity = part("velocity", velocityCode);
const noVelocity = part("noVelocity", noVelocityCode);
const moments = part("moments", momentsCode);
const amsgrad = part("amsgrad", amsgradCode);
const noAmsgrad = part("noAmsgrad", noAmsgradCode);
const centered = part("centered", centeredCode);
const notCentered = part("notCentered", notCenteredCode);
const velocityAt1 = part("velocityAt1", velocityAt1Code);
const velocityAt2 = part("velocityAt2", velocityAt2Code);
const normalizedVelocity = part("normalizedVelocity", normalizedVelocityCode);
const noNormalizedVelocity = part("noNormalizedVelocity", noNormalizedVelocityCode);

/** The whole module of a rule, for lanes of four elements or of one. */
export function moduleParts(rule: readonly ShaderPart[], lanes: 4 | 1): ShaderPart[] {
  return [lanes === 4 ? wide : scalar, ...shared, ...rule];
}

/** The variants of the rules that step along a velocity: with one, or along the gradient itself. */
export function velocityVariant(rule: ShaderPart, hasVelocity: boolean): Variant {
  return hasVelocity ? { state: ["velocity"], parts: [rule, velocity] } : { state: [], parts: [rule, noVelocity] };
}

/** The variants of the rules on Adam's moments: with AMSGrad's maximum, or without. */
export function momentsVariant(rule: ShaderPart, hasMaximum: boolean): Variant {
  return hasMaximum
    ? { state: ["m", "v", "vMax"], parts: [rule, moments, amsgrad] }
    : { state: ["m", "v"], parts: [rule, moments, noAmsgrad] };
}

/** RMSprop's: each of its two options brings a state, so the velocity's binding depends on whether `gAvg` is before it. */
export function rmspropVariant(rule: ShaderPart, isCentered: boolean, hasVelocity: boolean): Variant {
  const state = ["v", ...(isCentered ? ["gAvg"] : []), ...(hasVelocity ? ["velocity"] : [])];
  const momentum = hasVelocity ? [isCentered ? velocityAt2 : velocityAt1, normalizedVelocity] : [noNormalizedVelocity];
  return { state, parts: [rule, isCentered ? centered : notCentered, ...momentum] };
}
