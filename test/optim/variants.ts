import {
  adagrad,
  adam,
  adamax,
  adamw,
  nadam,
  radam,
  rmsprop,
  sgd,
  sgdw,
  type UpdateRule,
} from "../../src/optim/index.ts";

/** Every rule with each of the sets of states that its options ask for: as many shaders, twice (for lanes of 4 and 1). */
export const variants: Readonly<Record<string, UpdateRule>> = {
  sgd: sgd(),
  "sgd with momentum": sgd({ momentum: 0.9 }),
  sgdw: sgdw(),
  "sgdw with momentum": sgdw({ momentum: 0.9 }),
  adam: adam(),
  "adam with amsgrad": adam({ amsgrad: true }),
  adamw: adamw(),
  "adamw with amsgrad": adamw({ amsgrad: true }),
  rmsprop: rmsprop(),
  "rmsprop with momentum": rmsprop({ momentum: 0.9 }),
  "rmsprop, centered": rmsprop({ centered: true }),
  "rmsprop, centered, with momentum": rmsprop({ centered: true, momentum: 0.9 }),
  adagrad: adagrad(),
  adamax: adamax(),
  nadam: nadam(),
  "nadam, decoupled": nadam({ weightDecay: 0.1, decoupled: true }),
  radam: radam(),
  "radam, decoupled": radam({ weightDecay: 0.1, decoupled: true }),
};
