/** Layers: functions that make a model, which is a plain function of tensors with parameters that have names and roles. */
export * from "./layers/activations.ts";
export * from "./layers/compose.ts";
export { type Conv2dOptions, conv2d } from "./layers/convolution.ts";
export { type LinearOptions, linear, type Weights } from "./layers/linear.ts";
export * from "./layers/norms.ts";
export * from "./layers/transformer.ts";
