"""The published implementations of the rules that take the norm of a tensor, for oracleBeyondTorch.py."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import jax.numpy as jnp
import numpy as np
import optax
import optimi
import torch
from pytorch_optimizer import LARS, StableAdamW

from torchOracle import gradient_at, initial_param


def stub_packages_of_timm():
    """timm's packages import all of its models, and torchvision with them: what stands in for them imports nothing."""
    folder = Path(importlib.util.find_spec("timm").origin).parent
    for package, path in (("timm", folder), ("timm.optim", folder / "optim")):
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(path)]


stub_packages_of_timm()
Lamb = importlib.import_module("timm.optim.lamb").Lamb
Lars = importlib.import_module("timm.optim.lars").Lars

LAMB_NAMES = {"lr": "lr", "eps": "eps", "weightDecay": "weight_decay", "alwaysAdapt": "always_adapt"}
# timm's Lamb clips the gradients of all tensors, which is no part of LAMB.
LAMB_OPTIONS = {"max_grad_norm": None, "foreach": False}
LARS_NAMES = LAMB_NAMES | {
    "momentum": "momentum",
    "dampening": "dampening",
    "nesterov": "nesterov",
    "trustCoefficient": "trust_coeff",
}
MOMENTS = {"m": "exp_avg", "v": "exp_avg_sq"}
KNOWN = {*LARS_NAMES, "beta1", "beta2", "maximize"}

shader_order = False


def follow_the_shaders():
    """
    Has sums added up in the order of the shaders, and a learning rate that a sum divides rounded to float32 first, so that
    what is left of the implementations can be held to ours bit for bit.
    """
    global shader_order
    shader_order = True
    torch.Tensor.norm = lambda tensor, p=2.0: total(tensor * tensor).sqrt()
    torch.linalg.norm = torch.Tensor.norm
    torch.Tensor.mean = lambda tensor: total(tensor) / tensor.numel()


def total(tensor):
    """The twin of `total` in src/reference/total.ts."""
    values = tensor.numpy().reshape(-1)
    fours = padded(values, 4)
    tiles = tree(padded((fours[:, 0] + fours[:, 1]) + (fours[:, 2] + fours[:, 3]), 256))
    lanes = np.zeros(64, values.dtype)
    for each in padded(tiles, 64):
        lanes += each
    return torch.tensor(tree(lanes))


def padded(values, width):
    return np.pad(values, (0, -len(values) % width)).reshape(-1, width)


def tree(values):
    while values.shape[-1] > 1:
        half = values.shape[-1] // 2
        values = values[..., :half] + values[..., half:]
    return values[..., 0]


def gradients(hypers, seed, count):
    for t, hyper in enumerate(hypers, start=1):
        yield gradient_at(seed, t, count) * (-1 if hyper.get("maximize") else 1)


def by_torch(make, names, states, always, has=lambda hyper: True):
    """
    Runs a torch.optim.Optimizer: `names` has its words for our hyperparameters, `states` our names of its states, `has` says
    whether it knows what a row asks for.
    """

    def group_of(hyper, defaults):
        group = {names[name]: value for name, value in hyper.items() if name in names}
        betas = [hyper.get("beta1"), hyper.get("beta2")]
        if "betas" in defaults and betas != [None, None]:
            group["betas"] = tuple(default if beta is None else float(beta) for beta, default in zip(betas, defaults["betas"]))
        return group

    def run(hypers, seed, count, dtype):
        if not all(has(hyper) for hyper in hypers):
            return None
        # Two sides, because pytorch_optimizer's LARS leaves out what has one.
        param = torch.tensor(initial_param(seed, count).astype(dtype)).reshape(-1, 4)
        optimizer = make([param], **always)
        for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
            group = group_of(hyper, optimizer.defaults)
            if shader_order and dtype == "float32":
                group["lr"] = np.float32(group.get("lr", optimizer.defaults["lr"]))
            optimizer.param_groups[0].update(group)
            param.grad = torch.tensor(gradient.astype(dtype)).reshape(-1, 4)
            optimizer.step()
        state = optimizer.state[param]
        tensors = {ours: state[theirs] for ours, theirs in states.items() if theirs in state}
        return {name: values.numpy().reshape(-1) for name, values in ({"param": param} | tensors).items()}

    return run


def by_optax_lamb(hypers, seed, count, dtype):
    """Every step through an optax.lamb with its own hyperparameters. It scales by the norms without a decay, too."""
    if any(hyper.get("weightDecay") == 0 and not hyper.get("alwaysAdapt") for hyper in hypers):
        return None
    param = jnp.asarray(initial_param(seed, count).astype(dtype))
    state = None
    for hyper, gradient in zip(hypers, gradients(hypers, seed, count)):
        names = {"beta1": "b1", "beta2": "b2", "eps": "eps"}
        given = {names[name]: value for name, value in hyper.items() if name in names}
        # timm's defaults, which optax leaves open (lr) or has not (weight_decay is 0 there).
        lr, weight_decay = hyper.get("lr", 1e-3), hyper.get("weightDecay", 1e-2)
        optimizer = optax.lamb(lr, weight_decay=weight_decay, **given)
        state = optimizer.init(param) if state is None else state
        updates, state = optimizer.update(jnp.asarray(gradient.astype(dtype)), state, param)
        param = optax.apply_updates(param, updates)
    return {"param": np.asarray(param), "m": np.asarray(state[0].mu), "v": np.asarray(state[0].nu)}


def stable_adamw_of_optimi(params, **options):
    """With the defaults of pytorch_optimizer, which optimi leaves open (lr) or has otherwise (eps is 1e-6 there)."""
    return optimi.StableAdamW(params, **({"lr": 1e-3, "eps": 1e-8} | options))


def has_no_eps(hyper):
    """pytorch_optimizer's LARS has no eps and dampens the first gradient too; it scales where nothing decays."""
    return hyper.get("eps", 1) < 1e-20 and not hyper.get("dampening") and hyper.get("weightDecay", 0) != 0


OPTIMI_NAMES = {"lr": "lr", "eps": "eps", "weightDecay": "weight_decay", "beta1": "beta1", "beta2": "beta2"}
CLASSES = {"lamb": Lamb, "lars": Lars, "stableAdamw": StableAdamW}
IMPLEMENTATIONS = {
    "lamb": {
        "timm": by_torch(Lamb, LAMB_NAMES, MOMENTS, LAMB_OPTIONS),
        "optax": by_optax_lamb,
    },
    "lars": {
        "timm": by_torch(Lars, LARS_NAMES, {"velocity": "momentum_buffer"}, {"foreach": False}),
        "pytorch_optimizer": by_torch(
            LARS,
            LARS_NAMES | {"trustCoefficient": "trust_coefficient"},
            {"velocity": "momentum_buffer"},
            {"lr": 1.0, "momentum": 0.0, "foreach": False},
            has_no_eps,
        ),
    },
    "stableAdamw": {
        "torch-optimi": by_torch(stable_adamw_of_optimi, OPTIMI_NAMES, MOMENTS, {"foreach": False, "triton": False}),
        "pytorch_optimizer": by_torch(StableAdamW, LAMB_NAMES, MOMENTS, {"foreach": False}),
    },
}
