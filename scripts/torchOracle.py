"""Runs the rows of test/parity/table.ts through the real torch.optim and prints what came out.

Reads one JSON request on stdin and writes one JSON answer on stdout (progress goes to stderr); scripts/oracle.mjs
is the other end. Every tensor travels as base64 of its little-endian bytes, so that no digit is lost or invented.

Gradients are open-loop: they come from a counter-based generator (src/numbers/random.ts is its twin) and not from a
loss, so an error of one step is not fed back through a model and every step can be held to a bound.
"""

import base64
import inspect
import json
import math
import sys

import numpy as np
import torch
import torch.optim._muon

RULES = {
    "sgd": torch.optim.SGD,
    "sgdw": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "adafactor": torch.optim.Adafactor,
    "muon": torch.optim.Muon,
}

# Our names on the left, PyTorch's on the right.
HYPER_NAMES = {
    "lr": "lr",
    "momentum": "momentum",
    "dampening": "dampening",
    "nesterov": "nesterov",
    "eps": "eps",
    "weightDecay": "weight_decay",
    "maximize": "maximize",
    "amsgrad": "amsgrad",
    "alpha": "alpha",
    "rho": "rho",
    "centered": "centered",
    "lrDecay": "lr_decay",
    "momentumDecay": "momentum_decay",
    "decoupled": "decoupled_weight_decay",
    "beta2Decay": "beta2_decay",
    "d": "d",
    "nsSteps": "ns_steps",
    "nsCoefficients": "ns_coefficients",
    "adjust": "adjust_lr_fn",
}
# Words that an option may have.
VALUES = {"matchRmsAdamw": "match_rms_adamw"}
# The other way round, because different rules have different words for what we call v.
STATE_NAMES = {
    "momentum_buffer": "velocity",
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "max_exp_avg_sq": "vMax",
    "square_avg": "v",
    "grad_avg": "gAvg",
    "sum": "sum",
    "acc_delta": "vDelta",
    "exp_inf": "u",
    "row_var": "rowVar",
    "col_var": "colVar",
    "variance": "variance",
}

BFLOAT16_NEWTON_SCHULZ = torch.optim._muon._zeropower_via_newtonschulz


def pcg(x):
    """The PCG hash RXS-M-XS of 32 bits; uint32 arrays in and out, so that the arithmetic wraps."""
    state = x * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    return (word >> np.uint32(22)) ^ word


def random_signed(seed, stream, count):
    """`count` numbers in [-1, 1), each a multiple of 2^-23: exact in float32."""
    key = pcg(np.uint32([stream]) + pcg(np.uint32([seed])))
    bits = pcg(np.arange(count, dtype=np.uint32) + key)
    return (bits >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1


def initial_param(seed, count):
    return random_signed(seed, 0, count)


def gradient_at(seed, t, count):
    """Gradients of twelve magnitudes, and some that are exactly zero: a zero gradient still decays."""
    i = np.arange(count)
    return np.where(i % 13 == 7, 0.0, random_signed(seed, t, count) * 2.0 ** -(i % 12))


def bits(values):
    array = np.asarray(values)
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")


def torch_group(rule, hyper):
    """PyTorch's words for `hyper`; what it leaves out stays at PyTorch's default."""
    group = {HYPER_NAMES[name]: in_torch(value) for name, value in hyper.items() if name in HYPER_NAMES}
    if "beta1" in hyper or "beta2" in hyper:
        default1, default2 = defaults(RULES[rule])["betas"]
        # JSON has no 0.0, and PyTorch insists on floats.
        group["betas"] = (float(hyper.get("beta1", default1)), float(hyper.get("beta2", default2)))
    if rule == "adafactor":
        # None is the eps of the parameter's type: float32's in float64 too, or the two could not be compared.
        _, eps2 = defaults(RULES[rule])["eps"]
        group["eps"] = (float(hyper.get("eps1", torch.finfo(torch.float32).eps)), float(hyper.get("eps2", eps2)))
    unknown = hyper.keys() - HYPER_NAMES.keys() - {"beta1", "beta2", "eps1", "eps2"}
    if unknown:
        raise ValueError(f"{rule}: no PyTorch name for {sorted(unknown)}; add it to HYPER_NAMES")
    return group


def in_torch(value):
    return VALUES.get(value, value) if isinstance(value, str) else value


def defaults(optimizer_class):
    return optimizer_class([torch.zeros(1, 1)]).defaults


def one_by_one(rule):
    """Tensor by tensor. Muon has no other way, and no word for it."""
    return {} if rule == "muon" else {"foreach": False}


def newton_schulz_in(dtype):
    """PyTorch's own Newton-Schulz iteration, of which only the one word is changed that makes the matrix a bfloat16 one."""
    source = inspect.getsource(BFLOAT16_NEWTON_SCHULZ)
    word = "grad.bfloat16()"
    if source.count(word) != 1:
        raise ValueError(f"torch.optim.Muon: {word} is not there once; see what this version does")
    names = {"torch": torch, "Tensor": torch.Tensor, "dtype": dtype}
    exec(source.replace(word, "grad.to(dtype, copy=True)"), names)
    return names[BFLOAT16_NEWTON_SCHULZ.__name__]


def run(rule, hypers, seed, shape, dtype):
    """Yields (t, tensors by our names) after each of the steps t = 1, 2, ..."""
    count = math.prod(shape)
    param = torch.tensor(initial_param(seed, count), dtype=dtype).reshape(shape)
    groups = [torch_group(rule, hyper) for hyper in hypers]
    # PyTorch has no SGDW. Its shrink is the line that AdamW has, then SGD follows without any decay of its own.
    lr = defaults(RULES[rule])["lr"]
    shrinks = [1 - group.get("lr", lr) * group.pop("weight_decay", 0) if rule == "sgdw" else None for group in groups]
    # Nor has its Muon a maximize.
    ascends = [rule == "muon" and group.pop("maximize", False) for group in groups]

    optimizer = RULES[rule]([param], **one_by_one(rule), **groups[0])
    for t, (group, shrink, ascend) in enumerate(zip(groups, shrinks, ascends), start=1):
        optimizer.param_groups[0].update(group)
        param.grad = torch.tensor(gradient_at(seed, t, count), dtype=dtype).reshape(shape)
        if ascend:
            param.grad.neg_()
        if shrink is not None:
            with torch.no_grad():
                param.mul_(shrink)
        optimizer.step()
        state = optimizer.state[param]
        tensors = {ours: state[theirs].numpy() for theirs, ours in STATE_NAMES.items() if state.get(theirs) is not None}
        yield t, {"param": param.numpy(), **tensors}


def all_bits(tensors):
    return {name: bits(values) for name, values in tensors.items()}


def run_row(row, request):
    """Every tensor after the recorded steps in float32, and the last parameter in float64."""
    what = row["rule"], row["hyper"], request["seed"], row["shape"]
    float32 = {}
    torch.optim._muon._zeropower_via_newtonschulz = newton_schulz_in(torch.float32)
    for t, tensors in run(*what, torch.float32):
        if t in request["recordedSteps"]:
            float32[t] = all_bits(tensors)
    # NAdam keeps a product of scalars, in the default type and not in the parameter's.
    torch.set_default_dtype(torch.float64)
    torch.optim._muon._zeropower_via_newtonschulz = newton_schulz_in(torch.float64)
    float64 = bits(last(run(*what, torch.float64))["param"])
    torch.set_default_dtype(torch.float32)
    if row["rule"] != "muon":
        return {"float32": float32, "float64": float64}
    torch.optim._muon._zeropower_via_newtonschulz = BFLOAT16_NEWTON_SCHULZ
    return {"float32": float32, "float64": float64, "bfloat16": bits(last(run(*what, torch.float32))["param"])}


def last(steps):
    for _, tensors in steps:
        pass
    return tensors


def run_long(rule, seed, steps, count):
    """Many steps at PyTorch's defaults: what a bound per step hides, drift, shows here."""
    tensors = last(run(rule, [{}] * steps, seed, [count], torch.float32))
    return {"rule": rule, "steps": steps, "count": count, "float32": all_bits(tensors)}


def run_document(lr, weight_decay):
    """The documents' example, f = x^2 from x = 1, one step of SGD, with the gradient from autograd."""
    x = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr, weight_decay=weight_decay, foreach=False)
    (x**2).backward()
    optimizer.step()
    return {"start": 1, "gradient": x.grad.item(), "hyper": {"lr": lr, "weightDecay": weight_decay}, "after": x.item()}


def round_roots_correctly():
    """PyTorch leaves float32 roots to a vendor's library, which on some CPUs is up to 0.75 ulp off (0.5 is correct)."""
    torch.Tensor.sqrt = lambda tensor: torch.from_numpy(np.asarray(np.sqrt(tensor.numpy())))
    torch.Tensor.sqrt_ = lambda tensor: tensor.copy_(tensor.sqrt())


def progress(text):
    """One line that changes in place, for a person at a terminal only."""
    if sys.stderr.isatty():
        print(f"\r  {text:<72}\r", end="", file=sys.stderr, flush=True)


def main():
    # One thread: nothing here is worth two, and what is split differently must not differ.
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    if request["roundRootsCorrectly"]:
        round_roots_correctly()
    rows = []
    for index, row in enumerate(request["rows"]):
        progress(f"{index + 1} / {len(request['rows'])}  {row['rule']}: {row['desc']}")
        rows.append(run_row(row, request))
    progress(f"{request['long']['steps']} steps of adam and adamw")
    seed, long = request["seed"], request["long"]
    answer = {
        "torch": torch.__version__.split("+")[0],
        "inputs": {
            "param": bits(initial_param(seed, request["count"]).astype(np.float32)),
            "grad": {
                str(t): bits(gradient_at(seed, t, request["count"]).astype(np.float32)) for t in request["recordedSteps"]
            },
        },
        "defaults": {rule: defaults(RULES[rule]) for rule in RULES if rule != "sgdw"},
        "documents": [run_document(0.1, 0), run_document(0.1, 0.1)],
        "rows": rows,
        "long": [run_long(rule, seed, long["steps"], long["count"]) for rule in ("adam", "adamw")],
    }
    progress("")
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
