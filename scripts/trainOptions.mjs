// @ts-check
import { parseArgs } from "node:util";

export const help = `npm start -- [options]

Trains a multilayer perceptron in a headless Chrome, on the GPU where there is one, and writes runs/<name>/ with
model.safetensors, metrics.jsonl, report.json and loss.svg. Ctrl-C stops after the step at hand, with a checkpoint.

  --dataset fashion|digits             what to learn                        (fashion)
  --optimizer sgd|sgdw|adam|adamw      the update rule                      (adamw)
  --lr NUMBER                          learning rate                        (by optimizer)
  --schedule cosine|constant           of the learning rate                 (cosine, to 0 at the end)
  --weight-decay NUMBER                decay, in PyTorch's meaning          (by optimizer)
  --momentum NUMBER                    for sgd and sgdw                     (0.9)
  --epochs COUNT                       times through the training images    (by dataset)
  --batch COUNT                        images a step                        (by dataset)
  --width COUNT                        units of each hidden layer           (128)
  --seed COUNT                         the same seed, the same bits         (1)
  --name TEXT                          the folder in runs/                  (dataset, optimizer and time)
  --headed                             show the browser
  --help                               this text`;

const datasets = {
  fashion: { epochs: 20, batch: 100 },
  digits: { epochs: 40, batch: 50 },
};

const optimizers = {
  sgd: { lr: 0.1, weightDecay: 1e-3 },
  sgdw: { lr: 0.1, weightDecay: 1e-3 },
  adam: { lr: 1e-3, weightDecay: 1e-4 },
  adamw: { lr: 1e-3, weightDecay: 0.1 },
};

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`npm start: ${message} See npm start -- --help.`);
  process.exit(2);
}

/** @param {string} option @param {string} value @param {string[]} allowed */
function oneOf(option, value, allowed) {
  if (!allowed.includes(value)) refuse(`--${option} must be one of ${allowed.join(", ")}, got "${value}".`);
  return value;
}

/** @param {string} option @param {string | undefined} text @param {number} fallback */
function number(option, text, fallback) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) refuse(`--${option} must be a number, got "${text}".`);
  return value;
}

/** @param {string} option @param {string | undefined} text @param {number} fallback @param {number} least */
function count(option, text, fallback, least) {
  const value = number(option, text, fallback);
  if (!Number.isSafeInteger(value) || value < least)
    refuse(`--${option} must be a whole number >= ${least}, got "${text}".`);
  return value;
}

/** @param {string[]} args */
function parse(args) {
  const text = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    return parseArgs({
      args,
      options: {
        dataset: { ...text, default: "fashion" },
        optimizer: { ...text, default: "adamw" },
        lr: text,
        schedule: { ...text, default: "cosine" },
        "weight-decay": text,
        momentum: text,
        epochs: text,
        batch: text,
        width: text,
        seed: text,
        name: text,
        headed: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    refuse(`${/** @type {Error} */ (error).message.split(". ")[0]}.`);
  }
}

/**
 * What was asked for, with the defaults filled in. Ends the process with a message where it makes no sense.
 * @param {string[]} args
 */
export function readOptions(args) {
  const values = parse(args);
  const dataset = /** @type {keyof typeof datasets} */ (oneOf("dataset", values.dataset, Object.keys(datasets)));
  const optimizer = /** @type {keyof typeof optimizers} */ (
    oneOf("optimizer", values.optimizer, Object.keys(optimizers))
  );
  const setup = {
    dataset,
    optimizer,
    schedule: oneOf("schedule", values.schedule, ["cosine", "constant"]),
    lr: number("lr", values.lr, optimizers[optimizer].lr),
    weightDecay: number("weight-decay", values["weight-decay"], optimizers[optimizer].weightDecay),
    momentum: number("momentum", values.momentum, 0.9),
    epochs: count("epochs", values.epochs, datasets[dataset].epochs, 1),
    batch: count("batch", values.batch, datasets[dataset].batch, 1),
    width: count("width", values.width, 128, 1),
    seed: count("seed", values.seed, 1, 0),
  };
  const time = new Date().toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  const name = values.name ?? `${dataset}-${optimizer}-${time}`;
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name))
    refuse(`--name must be letters, digits, ".", "_" and "-", got "${name}".`);
  return { setup, name, headed: values.headed, wantsHelp: values.help };
}
