"""Runs PyTorch's schedulers and prints what they gave at each step: the rows of test/fixtures/schedules.json.

    .oracle/bin/python scripts/scheduleOracle.py > test/fixtures/schedules.json

Each row has one of our schedules, as its function's name and options, and the values of the PyTorch scheduler that it
stands for: values[i] is what the optimizer has during its step i + 1, at last_epoch = i.
"""

import json

import torch
from torch.optim import lr_scheduler as torch_lr


def run(make, steps, lr, name="lr"):
    """The learning rate, or the momentum, during each of the steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    values = []
    for step in range(steps):
        values.append(optimizer.param_groups[0][name])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return values


def row(desc, kind, options, make, steps, lr=0.1, name="lr"):
    return {"desc": desc, "kind": kind, "options": options, "values": run(make, steps, lr, name)}


def linear(start, end, total, steps, lr):
    return row(
        f"LinearLR, from {start} to {end}",
        "linear",
        {"start": start, "end": end, "total": total},
        lambda o: torch_lr.LinearLR(o, start_factor=start / lr, end_factor=end / lr, total_iters=total),
        steps,
        lr,
    )


def cosine(peak, total, floor):
    # PyTorch goes up again after T_max, so the row ends there.
    return row(
        f"CosineAnnealingLR, from {peak} to {floor}",
        "cosine",
        {"peak": peak, "total": total, "floor": floor},
        lambda o: torch_lr.CosineAnnealingLR(o, T_max=total, eta_min=floor),
        total + 1,
        peak,
    )


def warm_cosine(peak, warmup, total, floor):
    def make(o):
        rise = torch_lr.LinearLR(o, start_factor=1 / warmup, total_iters=max(1, warmup - 1))
        fall = torch_lr.CosineAnnealingLR(o, T_max=total - warmup, eta_min=floor)
        return torch_lr.SequentialLR(o, [rise, fall], milestones=[warmup])

    options = {"peak": peak, "warmup": warmup, "total": total, "floor": floor}
    return row(f"LinearLR and CosineAnnealingLR, warm-up {warmup}", "cosine", options, make, total + 1, peak)


def polynomial(power, total):
    return row(
        f"PolynomialLR, power {power}",
        "polynomial",
        {"start": 0.1, "total": total, "power": power},
        lambda o: torch_lr.PolynomialLR(o, total_iters=total, power=power),
        total + 5,
    )


def one_cycle(desc, options, steps, torch_options, name="lr"):
    def make(o):
        return torch_lr.OneCycleLR(o, total_steps=steps, **torch_options)

    return row(f"OneCycleLR, {desc}", "oneCycle", options, make, steps, name=name)


def restarts(period, multiplier, floor, steps):
    return row(
        f"CosineAnnealingWarmRestarts, T_mult {multiplier}",
        "cosineRestarts",
        {"peak": 0.1, "period": period, "multiplier": multiplier, "floor": floor},
        lambda o: torch_lr.CosineAnnealingWarmRestarts(o, T_0=period, T_mult=multiplier, eta_min=floor),
        steps,
    )


def sequential():
    def make(o):
        parts = [
            torch_lr.LinearLR(o, start_factor=0.2, total_iters=4),
            torch_lr.ExponentialLR(o, gamma=0.9),
            torch_lr.StepLR(o, step_size=3, gamma=0.5),
        ]
        return torch_lr.SequentialLR(o, parts, milestones=[5, 12])

    schedules = [
        {"kind": "linear", "options": {"start": 0.02, "end": 0.1, "total": 4}},
        {"kind": "exponential", "options": {"start": 0.1, "gamma": 0.9}},
        {"kind": "step", "options": {"start": 0.1, "stepSize": 3, "gamma": 0.5}},
    ]
    return row("SequentialLR", "piecewise", {"schedules": schedules, "milestones": [5, 12]}, make, 24)


def main():
    peak = {"peak": 0.1, "total": 40}
    up = {"max_lr": 0.1}
    momentum = {"peak": 0.85, "total": 40, "divFactor": 0.85 / 0.95, "finalDivFactor": 1}
    rows = [
        linear(0.02, 0.1, 10, 15, lr=0.1),
        linear(0.3, 0.03, 30, 35, lr=0.3),
        linear(0.1, 0, 20, 25, lr=0.1),
        cosine(0.1, 40, 0),
        cosine(3e-3, 33, 1e-4),
        warm_cosine(3e-3, 8, 40, 0),
        warm_cosine(3e-3, 1, 25, 1e-4),
        row(
            "StepLR",
            "step",
            {"start": 0.1, "stepSize": 7},
            lambda o: torch_lr.StepLR(o, step_size=7),
            30,
        ),
        row(
            "StepLR, gamma 0.5",
            "step",
            {"start": 0.3, "stepSize": 1, "gamma": 0.5},
            lambda o: torch_lr.StepLR(o, step_size=1, gamma=0.5),
            10,
            lr=0.3,
        ),
        row(
            "MultiStepLR",
            "multiStep",
            {"start": 0.1, "milestones": [1, 4, 15]},
            lambda o: torch_lr.MultiStepLR(o, milestones=[1, 4, 15]),
            20,
        ),
        row(
            "MultiStepLR, gamma 0.3",
            "multiStep",
            {"start": 0.1, "milestones": [10], "gamma": 0.3},
            lambda o: torch_lr.MultiStepLR(o, milestones=[10], gamma=0.3),
            15,
        ),
        row(
            "ExponentialLR",
            "exponential",
            {"start": 0.1, "gamma": 0.95},
            lambda o: torch_lr.ExponentialLR(o, gamma=0.95),
            60,
        ),
        row(
            "ExponentialLR, rising",
            "exponential",
            {"start": 1e-6, "gamma": 1.2},
            lambda o: torch_lr.ExponentialLR(o, gamma=1.2),
            60,
            lr=1e-6,
        ),
        polynomial(1, 20),
        polynomial(2, 30),
        polynomial(0.5, 30),
        one_cycle("its defaults", peak, 40, up),
        one_cycle("its momentum", momentum, 40, up, name="momentum"),
        one_cycle(
            "linear, peak between two steps",
            {"peak": 0.1, "total": 37, "pctStart": 0.21, "divFactor": 10, "finalDivFactor": 50, "annealStrategy": "linear"},
            37,
            {**up, "pct_start": 0.21, "div_factor": 10, "final_div_factor": 50, "anneal_strategy": "linear"},
        ),
        one_cycle("three phases", {**peak, "threePhase": True}, 40, {**up, "three_phase": True}),
        one_cycle(
            "three phases, its momentum",
            {**momentum, "threePhase": True, "annealStrategy": "linear"},
            40,
            {**up, "three_phase": True, "anneal_strategy": "linear"},
            name="momentum",
        ),
        restarts(7, 1, 0, 30),
        restarts(5, 2, 1e-3, 60),
        restarts(3, 3, 0, 60),
        sequential(),
    ]
    lines = ",\n".join("  " + json.dumps(each) for each in rows)
    print(f'{{\n "torch": "{torch.__version__.split("+")[0]}",\n "rows": [\n{lines}\n ]\n}}')


if __name__ == "__main__":
    main()
