"""Runs the rows of test/parity/rows/beyondTorch.ts through published implementations and prints what came out.

The other end is scripts/oracleBeyondTorch.mjs; inputs and encoding are those of torchOracle.py. No implementation here
negates gradients to maximize: they are handed the negated ones, which is the same by definition.
"""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optimi
import torch
from lion_pytorch import Lion
from pytorch_optimizer import Adan

import oracleNorms
import oracleScheduleFree
from torchOracle import all_bits, gradient_at, initial_param, progress, round_roots_correctly

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")


def gradients(hypers, seed, count):
    for t, hyper in enumerate(hypers, start=1):
        yield gradient_at(seed, t, count) * (-1 if hyper.get("maximize") else 1)


def by_torch(make, betas, states, always=None):
    """Runs a torch.optim.Optimizer: `make` is its class, `states` has our names of its states, `always` its own options."""

    def group_of(hyper):
        group = {"lr": hyper.get("lr"), "weight_decay": hyper.get("weightDecay")}
        defaults = make([torch.zeros(1)]).defaults
        if any(name in hyper for name in betas):
            group["betas"] = tuple(float(hyper.get(name, beta)) for name, beta in zip(betas, defaults["betas"]))
        group["eps"] = hyper.get("eps")
        return {name: value for name, value in group.items() if value is not None}

    def run(hypers, seed, count, dtype):
        param = torch.tensor(initial_param(seed, count).astype(dtype))
        optimizer = make([param], **{**(always or {}), **group_of(hypers[0])})
        for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
            optimizer.param_groups[0].update(group_of(hyper))
            param.grad = torch.tensor(gradient.astype(dtype))
            optimizer.step()
        state = optimizer.state[param]
        tensors = {"param": param.numpy(), **{ours: state[theirs].numpy() for ours, theirs in states.items()}}
        # Adan's keep the gradient before, negated.
        return tensors | ({"gBefore": -state["previous_grad"].numpy()} if "previous_grad" in state else {})

    return run


def by_optax_lion(hypers, seed, count, dtype):
    """Every step through an optax.lion with its own hyperparameters: their state is alike."""
    param = jnp.asarray(initial_param(seed, count).astype(dtype))
    state = None
    for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
        names = {"beta1": "b1", "beta2": "b2"}
        given = {names[name]: value for name, value in hyper.items() if name in names}
        # The paper's defaults, which optax leaves open (lr) or has not (weight_decay is 1e-3 there).
        lr, weight_decay = hyper.get("lr", 1e-4), hyper.get("weightDecay", 0.0)
        optimizer = optax.lion(lr, weight_decay=weight_decay, **given)
        state = optimizer.init(param) if state is None else state
        updates, state = optimizer.update(jnp.asarray(gradient.astype(dtype)), state, param)
        param = optax.apply_updates(param, updates)
    return {"param": np.asarray(param), "m": np.asarray(state[0].mu)}


ADAN_STATES = {"m": "exp_avg", "v": "exp_avg_diff", "n": "exp_avg_sq"}
# The shrink before the step, which the authors' code calls no_prox; one tensor at a time.
ADAN_OPTIONS = {"weight_decouple": True, "foreach": False}


def by_optimi_adan(hypers, seed, count, dtype):
    """
    Keeps its moments bias-corrected, so that only the parameter is ours. Without decay alone: 0.3.3 takes the option for
    the shrink before the step (adam_wd) and does not hand it on.
    """
    if any(hyper.get("weightDecay") for hyper in hypers):
        return None
    param = torch.tensor(initial_param(seed, count).astype(dtype))
    always = {"lr": 1e-3, "weight_decay": 0.0, "eps": 1e-8}
    optimizer = optimi.Adan([param], **always, foreach=False, triton=False)
    names = {"lr", "eps", "beta1", "beta2", "beta3"}
    for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
        optimizer.param_groups[0].update({name: value for name, value in hyper.items() if name in names})
        param.grad = torch.tensor(gradient.astype(dtype))
        optimizer.step()
    return {"param": param.numpy()}


TORCH_RULES = {"lion": Lion, "adan": Adan, **oracleNorms.CLASSES, **oracleScheduleFree.CLASSES}
IMPLEMENTATIONS = {
    "lion": {
        "lion-pytorch": by_torch(Lion, ("beta1", "beta2"), {"m": "exp_avg"}),
        "optax": by_optax_lion,
    },
    # Not optax.adan, which weighs the differences by 1 - b2: the paper's formula with the betas of the authors' code.
    "adan": {
        "pytorch_optimizer": by_torch(Adan, ("beta1", "beta2", "beta3"), ADAN_STATES, ADAN_OPTIONS),
        "torch-optimi": by_optimi_adan,
    },
    **oracleNorms.IMPLEMENTATIONS,
    **oracleScheduleFree.IMPLEMENTATIONS,
}
OWN = {"lr", "beta1", "beta2", "beta3", "eps", "weightDecay", "maximize"}
KNOWN = OWN | oracleNorms.KNOWN | oracleScheduleFree.KNOWN


def run_row(row, request):
    unknown = {name for hyper in row["hyper"] for name in hyper} - KNOWN
    if unknown:
        raise ValueError(f"{row['rule']}: no implementation was told of {sorted(unknown)}; add it to KNOWN")
    sizes = request["seed"], request["count"]
    runs = {}
    for name, run in IMPLEMENTATIONS[row["rule"]].items():
        both = {dtype: run(row["hyper"], *sizes, np.dtype(dtype)) for dtype in ("float32", "float64")}
        # None where an implementation does not have the row's options, or is not asked in that precision.
        given = {dtype: all_bits(tensors) for dtype, tensors in both.items() if tensors is not None}
        if given:
            runs[name] = given
    return runs


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    if request["roundRootsCorrectly"]:
        round_roots_correctly()
        oracleNorms.follow_the_shaders()
    rows = []
    for index, row in enumerate(request["rows"]):
        progress(f"{index + 1} / {len(request['rows'])}  {row['rule']}: {row['desc']}")
        rows.append(run_row(row, request))
    progress("")
    defaults = {rule: make([torch.zeros(1)]).defaults for rule, make in TORCH_RULES.items()}
    json.dump({"defaults": defaults, "rows": rows}, sys.stdout)


if __name__ == "__main__":
    main()
