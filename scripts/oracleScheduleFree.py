"""The published implementations of the schedule-free rules, for oracleBeyondTorch.py."""

import jax.numpy as jnp
import numpy as np
import optax
import torch
from schedulefree import AdamWScheduleFree, SGDScheduleFree

from oracleNorms import gradients
from torchOracle import initial_param

NAMES = {
    "lr": "lr",
    "momentum": "momentum",
    "eps": "eps",
    "weightDecay": "weight_decay",
    "warmup": "warmup_steps",
    "r": "r",
    "weightLrPower": "weight_lr_power",
}


def by_schedulefree(make, states):
    """Also x, the point to evaluate at, which `eval()` puts in the place of the parameter."""

    def group_of(hyper, defaults):
        group = {theirs: hyper[ours] for ours, theirs in NAMES.items() if ours in hyper}
        betas = zip(("beta1", "beta2"), defaults.get("betas", ()))
        return group | ({"betas": tuple(hyper.get(*each) for each in betas)} if "betas" in defaults else {})

    def run(hypers, seed, count, dtype):
        param = torch.tensor(initial_param(seed, count).astype(dtype))
        optimizer = make([param], foreach=False)
        optimizer.train()
        for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
            optimizer.param_groups[0].update(group_of(hyper, optimizer.defaults))
            param.grad = torch.tensor(gradient.astype(dtype))
            optimizer.step()
        y = param.numpy().copy()
        optimizer.eval()
        state = optimizer.state[param]
        return {"param": y, "x": param.numpy(), **{ours: state[theirs].numpy() for ours, theirs in states.items()}}

    return run


def by_optax(base_of, lr, states):
    """
    In float64 alone, since it computes x and y anew at every step and so rounds more often than the order of either
    profile. Each step has an optimizer of its own, since their state is alike. optax has the warm-up in the learning
    rate, and no `r`.
    """

    def run(hypers, seed, count, dtype):
        if dtype != np.float64 or any(hyper.get("r") for hyper in hypers):
            return None
        param = jnp.asarray(initial_param(seed, count).astype(dtype))
        state = None
        for t, (hyper, gradient) in enumerate(zip(hypers, gradients(hypers, seed, count)), start=1):
            warmed = hyper.get("lr", lr) * min(1, t / (hyper.get("warmup") or 1))
            beta = hyper.get("beta1", hyper.get("momentum", 0.9))
            power = hyper.get("weightLrPower", 2.0)
            optimizer = optax.contrib.schedule_free(base_of(hyper, warmed), warmed, b1=beta, weight_lr_power=power)
            state = optimizer.init(param) if state is None else state
            updates, state = optimizer.update(jnp.asarray(gradient.astype(dtype)), state, param)
            param = optax.apply_updates(param, updates)
        x = optax.contrib.schedule_free_eval_params(state, param)
        tensors = {"param": param, "x": x, "z": state.z, **states(state.base_optimizer_state)}
        return {name: np.asarray(values) for name, values in tensors.items()}

    return run


def optax_adamw_base(hyper, lr):
    """As optax.contrib.schedule_free_adamw has it."""
    rms = {"decay": hyper.get("beta2", 0.999), "eps": hyper.get("eps", 1e-8)}
    return optax.chain(
        optax.scale_by_rms(**rms, eps_in_sqrt=False, bias_correction=True),
        optax.add_decayed_weights(hyper.get("weightDecay", 0.0)),
        optax.scale_by_learning_rate(lr),
    )


def optax_sgd_base(hyper, lr):
    """As optax.contrib.schedule_free_sgd has it."""
    return optax.chain(optax.add_decayed_weights(hyper.get("weightDecay", 0.0)), optax.sgd(lr))


CLASSES = {"scheduleFreeAdamw": AdamWScheduleFree, "scheduleFreeSgd": SGDScheduleFree}
IMPLEMENTATIONS = {
    "scheduleFreeAdamw": {
        "schedulefree": by_schedulefree(AdamWScheduleFree, {"z": "z", "v": "exp_avg_sq"}),
        "optax": by_optax(optax_adamw_base, 0.0025, lambda state: {"v": state[0].nu}),
    },
    "scheduleFreeSgd": {
        "schedulefree": by_schedulefree(SGDScheduleFree, {"z": "z"}),
        "optax": by_optax(optax_sgd_base, 1.0, lambda state: {}),
    },
}
KNOWN = {*NAMES, "beta1", "beta2", "maximize"}
