/**
 * Adam and AdamW for jax-js, operation for operation as its optax package composes them out of `scaleByAdam`,
 * `addDecayedWeights` and `scaleByLearningRate`: that package is not in the registry. All of it can be under `jit`.
 *
 * Source: jax-js, packages/optax/src/{transform,treeUtils,alias}.ts (MIT).
 */
import { numpy as np } from "@jax-js/jax";
import type { Hyper, RuleName } from "../task.ts";

/** Of all tensors, in their order. */
export type State = { count: np.Array; mu: np.Array[]; nu: np.Array[] };

/** Takes over what it is given, as every function of jax-js. */
export type Update = (gradients: np.Array[], state: State, params: np.Array[]) => { params: np.Array[]; state: State };

export const stateOf = (params: readonly np.Array[]): State => ({
  count: np.array(0, { dtype: np.uint32 }),
  mu: params.map((param) => np.zerosLike(param.ref)),
  nu: params.map((param) => np.zerosLike(param.ref)),
});

/** `applyUpdates(params, adam.update(…))`. */
export function updateOf(rule: RuleName, { lr, beta1, beta2, eps, weightDecay }: Hyper): Update {
  return (gradients, state, params) => {
    const mu = gradients.map((g, i) => g.ref.mul(1 - beta1).add((state.mu[i] as np.Array).mul(beta1)));
    const nu = gradients.map((g, i) =>
      g.ref
        .mul(g)
        .mul(1 - beta2)
        .add((state.nu[i] as np.Array).mul(beta2)),
    );
    const count = state.count.add(1);
    const muCorrection = biasCorrection(beta1, count.ref);
    const nuCorrection = biasCorrection(beta2, count.ref);
    const updated = params.map((p, i) => {
      const muHat = (mu[i] as np.Array).ref.mul(muCorrection.ref);
      const nuHat = (nu[i] as np.Array).ref.mul(nuCorrection.ref);
      const scaled = muHat.div(np.sqrt(nuHat).add(eps));
      const decayed = rule === "adamw" ? scaled.add(p.ref.mul(weightDecay)) : scaled;
      return p.add(decayed.mul(-lr));
    });
    muCorrection.dispose();
    nuCorrection.dispose();
    return { params: updated, state: { count, mu, nu } };
  };
}

const biasCorrection = (decay: number, count: np.Array): np.Array =>
  np.reciprocal(np.subtract(1, np.power(decay, count.astype(np.float32))));
