export { cnn, cnnDefaults } from "./cnn.ts";
export { type GptOptions, gpt, gptDefaults, type TextScores, Writer } from "./gpt.ts";
export type { ImageOptions, ImageScores } from "./images.ts";
export { mlp, mlpDefaults, perceptron } from "./mlp.ts";
export { parameterCount, type Scores, type Task, type TaskOptions, weightNorm } from "./task.ts";
