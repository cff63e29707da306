"""Runs what PyTorch has around an optimizer and prints what came out: averages of the weights, clipped gradients, a loss scale.

Reads one JSON request on stdin and writes one JSON answer on stdout; scripts/aroundOracle.mjs is the other end, and
test/parity/aroundTorch.ts says what is asked for. Inputs and base64 are those of scripts/torchOracle.py.
"""

import json
import sys

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from torchOracle import bits, gradient_at, initial_param, round_roots_correctly, run, torch_group


def averages(row, request, dtype):
    """Yields (t, average) after each step of a row of the parity table."""
    model = torch.nn.Module()
    model.w = torch.nn.Parameter(torch.zeros(request["count"], dtype=dtype))
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(row["averageDecay"]))
    for t, tensors in run(row["rule"], row["hyper"], request["seed"], [request["count"]], dtype):
        with torch.no_grad():
            model.w.copy_(torch.from_numpy(tensors["param"]))
        averaged.update_parameters(model)
        yield t, averaged.module.w.detach().numpy()


def run_average(row, request):
    float32 = {t: bits(average) for t, average in averages(row, request, torch.float32) if t in request["recordedSteps"]}
    # NAdam keeps a product of scalars, in the default type and not in the parameter's.
    torch.set_default_dtype(torch.float64)
    for _, average in averages(row, request, torch.float64):
        float64 = bits(average)
    torch.set_default_dtype(torch.float32)
    return {"float32": float32, "float64": float64}


def scaled_gradients(plan, request, t, scale):
    """The gradients of step t; all that they are multiplied with are powers of two, and exact."""
    inputs = request["gradients"]
    grads = [
        gradient_at(inputs["seed"] + i, t, count) * inputs["magnitudes"][t - 1] * scale
        for i, count in enumerate(inputs["sizes"])
    ]
    for step, tensor, element, value in plan["notFinite"]:
        if step == t:
            grads[tensor][element] = float(value)
    return [torch.tensor(grad, dtype=torch.float32) for grad in grads]


def run_gradients(plan, request):
    """AdamW with a plan for its gradients, as PyTorch's documentation puts the calls together."""
    inputs = request["gradients"]
    params = [
        torch.nn.Parameter(torch.tensor(initial_param(inputs["seed"] + i, count), dtype=torch.float32))
        for i, count in enumerate(inputs["sizes"])
    ]
    optimizer = torch.optim.AdamW(params, foreach=False, **torch_group("adamw", inputs["hyper"]))
    scaler = None
    if "lossScale" in plan:
        initial, interval = plan["lossScale"]["initial"], plan["lossScale"]["interval"]
        scaler = torch.amp.GradScaler("cpu", init_scale=float(initial), growth_interval=interval)
        scaler.scale(torch.zeros(()))  # which makes its tensors
    norms, scales, skipped = [], [], []
    for t in range(1, inputs["steps"] + 1):
        scale = scaler.get_scale() if scaler else 1
        scales.append(scale)
        for param, grad in zip(params, scaled_gradients(plan, request, t, scale)):
            param.grad = grad
        if scaler:
            scaler.unscale_(optimizer)
        if "clipNorm" in plan:
            norms.append(torch.nn.utils.clip_grad_norm_(params, plan["clipNorm"]).item())
        if "clipValue" in plan:
            torch.nn.utils.clip_grad_value_(params, plan["clipValue"])
        before = steps_of(optimizer, params)
        if scaler:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        if steps_of(optimizer, params) == before:
            skipped.append(t)
    return {
        "desc": plan["desc"],
        **({"norms": bits(np.float32(norms))} if norms else {}),
        **({"scales": bits(np.float32(scales))} if scaler else {}),
        "skipped": skipped,
        "stepCount": steps_of(optimizer, params),
        "params": [bits(param.detach().numpy()) for param in params],
    }


def steps_of(optimizer, params):
    state = optimizer.state.get(params[0])
    return int(state["step"].item()) if state else 0


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    if request["roundRootsCorrectly"]:
        round_roots_correctly()
    answer = {
        "torch": torch.__version__.split("+")[0],
        "averages": [run_average(row, request) for row in request["averages"]],
        "gradients": [run_gradients(plan, request) for plan in request["gradients"]["plans"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
