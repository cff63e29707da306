// @ts-check
import { commandLine, flag, text, wholeNumber } from "./commandLine.mjs";

const help = `npm start -- [options]

Trains a model in a headless Chrome, on the GPU where there is one, and writes runs/<name>/ with model.safetensors,
metrics.jsonl, report.json and loss.svg. Ctrl-C stops after the step at hand, with a checkpoint.

  --task mlp|cnn|gpt                   a perceptron or a convolutional network on images, or a transformer that learns
                                       to write, character by character, and leaves a sample.txt too   (mlp)
  --on gpu|cpu                         cpu: without WebGPU, by the CPU reference; slow, for small models   (gpu)
  --dataset fashion|digits             the images of mlp and cnn            (fashion)
  --optimizer sgd|sgdw|adam|adamw      the update rule                      (adamw)
  --lr NUMBER                          learning rate                        (by task and optimizer)
  --schedule cosine|constant           of the learning rate                 (cosine, to 0 at the end)
  --weight-decay NUMBER                decay, in PyTorch's meaning          (by task and optimizer)
  --momentum NUMBER                    for sgd and sgdw                     (0.9)
  --epochs COUNT                       times through the training images    (by task and dataset)
  --steps COUNT                        steps of gpt                         (by task)
  --batch COUNT                        images or windows of text a step     (by task and dataset)
  --width COUNT                        units of each hidden layer, of cnn channels of the first convolution, of gpt
                                       a multiple of 4                      (128, of cnn 16)
  --seed COUNT                         the same seed, the same bits         (1)
  --name TEXT                          the folder in runs/                  (task, what was chosen, and time)
  --headed                             show the browser
  --help                               this text`;

const options = {
  task: { ...text, default: "mlp" },
  on: text,
  dataset: text,
  optimizer: text,
  lr: text,
  schedule: text,
  "weight-decay": text,
  momentum: text,
  epochs: text,
  steps: text,
  batch: text,
  width: text,
  seed: text,
  name: text,
  headed: flag,
};

/** Options that mean nothing to a task. @type {Record<string, ("dataset" | "epochs" | "steps")[]>} */
const unknownTo = { mlp: ["steps"], cnn: ["steps"], gpt: ["dataset", "epochs"] };

/**
 * What was asked for; what was not is left to the task. Ends the process with a message where it makes no sense.
 */
export function readOptions() {
  const { values, refuse } = commandLine(help, options);
  /** @param {string} option @param {string | undefined} value @param {string[]} allowed */
  const oneOf = (option, value, allowed) => {
    if (value !== undefined && !allowed.includes(value))
      refuse(`--${option} must be one of ${allowed.join(", ")}, got "${value}".`);
    return value;
  };
  /** @param {string} option @param {string | undefined} word */
  const number = (option, word) => {
    if (word === undefined) return undefined;
    const value = Number(word);
    if (word.trim() === "" || !Number.isFinite(value)) refuse(`--${option} must be a number, got "${word}".`);
    return value;
  };
  const { task, dataset, optimizer, schedule } = values;
  oneOf("task", task, Object.keys(unknownTo));
  for (const option of unknownTo[task] ?? []) {
    if (values[option] !== undefined) refuse(`--${option} means nothing to ${task}.`);
  }
  const asked = {
    task,
    on: oneOf("on", values.on, ["gpu", "cpu"]),
    dataset: oneOf("dataset", dataset, ["fashion", "digits"]),
    optimizer: oneOf("optimizer", optimizer, ["sgd", "sgdw", "adam", "adamw"]),
    schedule: oneOf("schedule", schedule, ["cosine", "constant"]),
    lr: number("lr", values.lr),
    weightDecay: number("weight-decay", values["weight-decay"]),
    momentum: number("momentum", values.momentum),
    epochs: wholeNumber("epochs", values.epochs, refuse),
    steps: wholeNumber("steps", values.steps, refuse),
    batch: wholeNumber("batch", values.batch, refuse),
    width: wholeNumber("width", values.width, refuse),
    seed: wholeNumber("seed", values.seed, refuse, 0),
  };
  const request = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const time = new Date().toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  const name = values.name ?? [task, dataset, optimizer, time].filter(Boolean).join("-");
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name))
    refuse(`--name must be letters, digits, ".", "_" and "-", got "${name}".`);
  return { request, name, headed: values.headed };
}
