import adamStepCode from "../../shaders/optim/parts/adamStep.wgsl?raw";
import amsgradCode from "../../shaders/optim/parts/amsgrad.wgsl?raw";
import averageCode from "../../shaders/optim/parts/average.wgsl?raw";
import cautiousDecayCode from "../../shaders/optim/parts/cautiousDecay.wgsl?raw";
import centeredCode from "../../shaders/optim/parts/centered.wgsl?raw";
import decayToStartCode from "../../shaders/optim/parts/decayToStart.wgsl?raw";
import decayToZeroCode from "../../shaders/optim/parts/decayToZero.wgsl?raw";
import gradientCode from "../../shaders/optim/parts/gradient.wgsl?raw";
import guardedCode from "../../shaders/optim/parts/guarded.wgsl?raw";
import measureCode from "../../shaders/optim/parts/measure.wgsl?raw";
import momentsCode from "../../shaders/optim/parts/moments.wgsl?raw";
import noAmsgradCode from "../../shaders/optim/parts/noAmsgrad.wgsl?raw";
import noAverageCode from "../../shaders/optim/parts/noAverage.wgsl?raw";
import noNormalizedVelocityCode from "../../shaders/optim/parts/noNormalizedVelocity.wgsl?raw";
import normalizedVelocityCode from "../../shaders/optim/parts/normalizedVelocity.wgsl?raw";
import notCenteredCode from "../../shaders/optim/parts/notCentered.wgsl?raw";
import noVelocityCode from "../../shaders/optim/parts/noVelocity.wgsl?raw";
import numericsCode from "../../shaders/optim/parts/numerics.wgsl?raw";
import paramCode from "../../shaders/optim/parts/param.wgsl?raw";
import rowsCode from "../../shaders/optim/parts/rows.wgsl?raw";
import scalarCode from "../../shaders/optim/parts/scalar.wgsl?raw";
import tilesCode from "../../shaders/optim/parts/tiles.wgsl?raw";
import totalsCode from "../../shaders/optim/parts/totals.wgsl?raw";
import unguardedCode from "../../shaders/optim/parts/unguarded.wgsl?raw";
import updateCode from "../../shaders/optim/parts/update.wgsl?raw";
import velocityCode from "../../shaders/optim/parts/velocity.wgsl?raw";
import velocityAt1Code from "../../shaders/optim/parts/velocityAt1.wgsl?raw";
import velocityAt2Code from "../../shaders/optim/parts/velocityAt2.wgsl?raw";
import wideCode from "../../shaders/optim/parts/wide.wgsl?raw";
import type { ShaderPart } from "../gpu/index.ts";
import type { Around, MeasurePass, Variant } from "./variant.ts";

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/parts/${name}.wgsl`, code });

/** A rule's own file. */
export const rulePart = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/${name}.wgsl`, code });

const wide = part("wide", wideCode);
const scalar = part("scalar", scalarCode);
const tiles = part("tiles", tilesCode);
const rows = part("rows", rowsCode);
const guarded = part("guarded", guardedCode);
const unguarded = part("unguarded", unguardedCode);
const gradient = part("gradient", gradientCode);
const numerics = part("numerics", numericsCode);
const decays = {
  toZero: part("decayToZero", decayToZeroCode),
  toStart: part("decayToStart", decayToStartCode),
  cautious: part("cautiousDecay", cautiousDecayCode),
};
const param = part("param", paramCode);
const average = part("average", averageCode);
const noAverage = part("noAverage", noAverageCode);
const update = part("update", updateCode);
const measure = part("measure", measureCode);
const totals = part("totals", totalsCode);
const velocity = part("velocity", velocityCode);
const noVelocity = part("noVelocity", noVelocityCode);
export const moments = part("moments", momentsCode);
const adamStep = part("adamStep", adamStepCode);
const amsgrad = part("amsgrad", amsgradCode);
const noAmsgrad = part("noAmsgrad", noAmsgradCode);
const centered = part("centered", centeredCode);
const notCentered = part("notCentered", notCenteredCode);
const velocityAt1 = part("velocityAt1", velocityAt1Code);
const velocityAt2 = part("velocityAt2", velocityAt2Code);
const normalizedVelocity = part("normalizedVelocity", normalizedVelocityCode);
const noNormalizedVelocity = part("noNormalizedVelocity", noNormalizedVelocityCode);

/** Where the shared parts have their bindings in bind group 1, behind the rule's states. */
export const bindingOf = { sums: 8, average: 9, start: 10 } as const;

/** All that a lane can ask for, whatever its kernel does. */
function laneParts({ decay = "toZero" }: Variant, lanes: 4 | 1, { isGuarded, hasAverage }: Around): ShaderPart[] {
  return [
    ...[lanes === 4 ? wide : scalar, tiles, rows, isGuarded ? guarded : unguarded, gradient, numerics],
    ...[decays[decay], param, hasAverage ? average : noAverage],
  ];
}

/** The whole module of a rule's update, for lanes of four elements or of one. */
export function moduleParts(variant: Variant, lanes: 4 | 1, around: Around = plain): ShaderPart[] {
  return [...laneParts(variant, lanes, around), ...(measureOf(variant) ? [totals] : []), update, ...variant.parts];
}

/** The whole module of what a rule measures before its update. */
export function measureParts(variant: Variant, lanes: 4 | 1, around: Around = plain): ShaderPart[] {
  return [...laneParts(variant, lanes, around), measure, ...(measureOf(variant)?.parts ?? [])];
}

/** The pass of a variant that adds up, if it has one. */
export function measureOf({ passes = [] }: Variant): MeasurePass | undefined {
  return passes.find((pass) => pass.kind === "measure");
}

const plain: Around = { isGuarded: false, hasAverage: false };

/** What a kernel needs that works on tiles without scalars. */
export const tileParts = (lanes: 4 | 1): ShaderPart[] => [lanes === 4 ? wide : scalar, tiles];

/** The variants of the rules that step along a velocity: with one, or along the gradient itself. */
export function velocityVariant(rule: ShaderPart, hasVelocity: boolean): Variant {
  return hasVelocity ? { state: ["velocity"], parts: [rule, velocity] } : { state: [], parts: [rule, noVelocity] };
}

/** The variants of the rules that take Adam's step: with AMSGrad's maximum, or without. */
export function adamVariant(rule: ShaderPart, hasMaximum: boolean): Variant {
  return hasMaximum
    ? { state: ["m", "v", "vMax"], parts: [rule, moments, adamStep, amsgrad] }
    : { state: ["m", "v"], parts: [rule, moments, adamStep, noAmsgrad] };
}

/** RMSprop's: each of its two options brings a state, so the velocity's binding depends on whether `gAvg` is before it. */
export function rmspropVariant(rule: ShaderPart, isCentered: boolean, hasVelocity: boolean): Variant {
  const state = ["v", ...(isCentered ? ["gAvg"] : []), ...(hasVelocity ? ["velocity"] : [])];
  const momentum = hasVelocity ? [isCentered ? velocityAt2 : velocityAt1, normalizedVelocity] : [noNormalizedVelocity];
  return { state, parts: [rule, isCentered ? centered : notCentered, ...momentum] };
}
