export * from "./tensor.ts";
export * from "./windows.ts";
