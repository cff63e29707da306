import adamStepCode from "../../shaders/optim/parts/adamStep.wgsl?raw";
import amsgradCode from "../../shaders/optim/parts/amsgrad.wgsl?raw";
import averageCode from "../../shaders/optim/parts/average.wgsl?raw";
import cautiousDecayCode from "../../shaders/optim/parts/cautiousDecay.wgsl?raw";
import centeredCode from "../../shaders/optim/parts/centered.wgsl?raw";
import decayToStartCode from "../../shaders/optim/parts/decayToStart.wgsl?raw";
import decayToZeroCode from "../../shaders/optim/parts/decayToZero.wgsl?raw";
import evaluationCode from "../../shaders/optim/parts/evaluation.wgsl?raw";
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
import oneRoundCode from "../../shaders/optim/parts/oneRound.wgsl?raw";
import roundsCode from "../../shaders/optim/parts/rounds.wgsl?raw";
import rowsCode from "../../shaders/optim/parts/rows.wgsl?raw";
import scalarCode from "../../shaders/optim/parts/scalar.wgsl?raw";
import scheduleFreeCode from "../../shaders/optim/parts/scheduleFree.wgsl?raw";
import tilesCode from "../../shaders/optim/parts/tiles.wgsl?raw";
import totalsCode from "../../shaders/optim/parts/totals.wgsl?raw";
import unguardedCode from "../../shaders/optim/parts/unguarded.wgsl?raw";
import updateCode from "../../shaders/optim/parts/update.wgsl?raw";
import velocityCode from "../../shaders/optim/parts/velocity.wgsl?raw";
import velocityAt1Code from "../../shaders/optim/parts/velocityAt1.wgsl?raw";
import velocityAt2Code from "../../shaders/optim/parts/velocityAt2.wgsl?raw";
import wideCode from "../../shaders/optim/parts/wide.wgsl?raw";
import type { ShaderPart } from "../gpu/index.ts";
import type { StateKind, StateStorage } from "./storage.ts";
import { accessParts, blockParts, momentParts, paramParts } from "./storageParts.ts";
import type { TensorAccess } from "./tiles.ts";
import type { Around, MeasurePass, Variant } from "./variant.ts";

/** A part that rules share, or one kernel of a rule that has several. */
export const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/parts/${name}.wgsl`, code });

/** A rule's own file. */
export const rulePart = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/${name}.wgsl`, code });

const wide = part("wide", wideCode);
const scalar = part("scalar", scalarCode);
const tiles = part("tiles", tilesCode);
const rows = part("rows", rowsCode);
const guarded = part("guarded", guardedCode);
const unguarded = part("unguarded", unguardedCode);
export const gradient = part("gradient", gradientCode);
export const numerics = part("numerics", numericsCode);
const decays = {
  toZero: part("decayToZero", decayToZeroCode),
  toStart: part("decayToStart", decayToStartCode),
  cautious: part("cautiousDecay", cautiousDecayCode),
};
const average = part("average", averageCode);
const noAverage = part("noAverage", noAverageCode);
const update = part("update", updateCode);
const oneRound = part("oneRound", oneRoundCode);
const rounds = part("rounds", roundsCode);
const measure = part("measure", measureCode);
const totals = part("totals", totalsCode);
const velocity = part("velocity", velocityCode);
const noVelocity = part("noVelocity", noVelocityCode);
const moments = part("moments", momentsCode);
export const scheduleFree = part("scheduleFree", scheduleFreeCode);
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
export const bindingOf = { sums: 8, average: 9, start: 10, master: 11, mScale: 12, vScale: 13 } as const;

/** All that a lane can ask for, whatever its kernel does. */
function laneParts({ decay = "toZero" }: Variant, access: TensorAccess, around: Around): ShaderPart[] {
  const { isGuarded, hasAverage, hasMasters } = around;
  return [
    ...[...tileParts(access), rows, isGuarded ? guarded : unguarded, gradient, numerics, decays[decay]],
    ...[...paramParts(access, hasMasters), hasAverage ? average : noAverage],
  ];
}

/** The whole module of a rule's update; `hasRounds` where its tiles have several. */
export function moduleParts(
  variant: Variant,
  access: TensorAccess = inFloat32,
  around: Around = plain,
  hasRounds = false,
): ShaderPart[] {
  return once([
    ...[...laneParts(variant, access, around), ...(measureOf(variant) ? [totals] : []), update],
    ...[...(hasRounds ? [rounds] : [oneRound, ...blockParts(inBlocks(variant))]), ...variant.parts],
  ]);
}

const inBlocks = ({ state, kinds }: Variant): string[] => state.filter((name) => kinds?.[name] === "float8");

/** Whether a lane may work on several Wides: sums over tiles and blocks of states count on one. */
export const mayHaveRounds = (variant: Variant): boolean => !variant.passes?.length && inBlocks(variant).length === 0;

/** The whole module of what a rule measures before its update. */
export function measureParts(variant: Variant, access: TensorAccess = inFloat32, around: Around = plain): ShaderPart[] {
  return once([...laneParts(variant, access, around), measure, ...(measureOf(variant)?.parts ?? [])]);
}

/** What a custom pass's kernel needs to read the step's rows: see shaders/optim/parts/rows.wgsl. */
export function rowParts({ isGuarded }: Around, lanes: 4 | 1 = 4): ShaderPart[] {
  return [lanes === 4 ? wide : scalar, tiles, rows, isGuarded ? guarded : unguarded];
}

const once = (parts: readonly ShaderPart[]): ShaderPart[] => [...new Set(parts)];

/** The pass of a variant that adds up, if it has one. */
export function measureOf({ passes = [] }: Variant): MeasurePass | undefined {
  return passes.find((pass) => pass.kind === "measure");
}

const plain: Around = { isGuarded: false, hasAverage: false, hasMasters: false };
const inFloat32: TensorAccess = { dtype: "float32", isRagged: false };

/** The whole module that exchanges the parameters for the weights to evaluate with. */
export const evaluationParts = (access: TensorAccess): ShaderPart[] => [
  ...tileParts(access),
  part("evaluation", evaluationCode),
];

/** What a kernel needs that works on tiles without scalars. */
export const tileParts = (access: TensorAccess): ShaderPart[] => [wide, tiles, ...accessParts(access)];

/** Adam's moments, kept as `states` says, as a part of a variant. */
export function momentsIn(states: StateStorage): Required<Pick<Variant, "state" | "kinds" | "parts">> {
  return { state: ["m", "v"], kinds: kindsOf(states, ["m", "v"]), parts: [moments, ...momentParts(states, true)] };
}

/** The variant of a rule on the first moment alone. */
export function firstMomentVariant(rule: ShaderPart, states: StateStorage): Variant {
  return { state: ["m"], kinds: kindsOf(states, ["m"]), parts: [rule, ...momentParts(states, false)] };
}

/** The variant of a rule on Adam's moments that needs no other part. */
export function momentsVariant(rule: ShaderPart, states: StateStorage): Variant {
  const { parts, ...moments } = momentsIn(states);
  return { ...moments, parts: [rule, ...parts] };
}

const kindsOf = (states: StateStorage, names: readonly string[]): Record<string, StateKind> =>
  Object.fromEntries(names.map((name) => [name, states]));

/** The variants of the rules that step along a velocity: with one, or along the gradient itself. */
export function velocityVariant(rule: ShaderPart, hasVelocity: boolean): Variant {
  return hasVelocity ? { state: ["velocity"], parts: [rule, velocity] } : { state: [], parts: [rule, noVelocity] };
}

/** The variants of the rules that take Adam's step: with AMSGrad's maximum, which stays in float32, or without. */
export function adamVariant(rule: ShaderPart, hasMaximum: boolean, states: StateStorage): Variant {
  const { state, kinds, parts } = momentsIn(states);
  return hasMaximum
    ? { state: [...state, "vMax"], kinds, parts: [rule, ...parts, adamStep, amsgrad] }
    : { state, kinds, parts: [rule, ...parts, adamStep, noAmsgrad] };
}

/** RMSprop's: each of its two options brings a state, so the velocity's binding depends on whether `gAvg` is before it. */
export function rmspropVariant(rule: ShaderPart, isCentered: boolean, hasVelocity: boolean): Variant {
  const state = ["v", ...(isCentered ? ["gAvg"] : []), ...(hasVelocity ? ["velocity"] : [])];
  const momentum = hasVelocity ? [isCentered ? velocityAt2 : velocityAt1, normalizedVelocity] : [noNormalizedVelocity];
  return { state, parts: [rule, isCentered ? centered : notCentered, ...momentum] };
}
