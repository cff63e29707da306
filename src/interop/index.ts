export { readOptimizerState, writeOptimizerState } from "./optimizerState.ts";
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type SafetensorsFile,
  writeSafetensors,
} from "./safetensors.ts";
export {
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsFault,
  type SafetensorsTensor,
} from "./safetensorsFormat.ts";
