"""Carries an optimizer's state between torch.optim and shrinkstep, both ways, as shrinkstep's safetensors file.

    import torchCheckpoint

    torchCheckpoint.save(optimizer, model, "optimizer.safetensors")  # then readOptimizerState, and load() of the optimizer
    torchCheckpoint.load(optimizer, model, "optimizer.safetensors")  # what writeOptimizerState made of its state()

Tensors go by the names of `model.named_parameters()`. The weights are a file of their own, any safetensors. Hyperparameters
and schedules are in neither: set them alike on both sides, as with `profile: "torch"` there for PyTorch's order of operations.
Needs torch and numpy. `npm run oracle` holds it: steps in PyTorch, steps here and steps in PyTorch end where PyTorch alone does.
"""

import json

import numpy as np
import torch

FORMAT = "shrinkstep optimizer state 1"
# A float32, which is what PyTorch counts in, holds every whole number up to here.
MOST_STEPS = 2**24


def _adam(group, _):
    return ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if group["amsgrad"] else [])


def _rmsprop(group, _):
    centered, momentum = group["centered"], group["momentum"]
    return ["square_avg"] + (["grad_avg"] if centered else []) + (["momentum_buffer"] if momentum else [])


# The states of a group's parameter, beside its step, in shrinkstep's order. An optimizer's name in lower case is our rule's.
STATES = {
    "SGD": lambda group, _: ["momentum_buffer"] if group["momentum"] else [],
    "Adam": _adam,
    "AdamW": _adam,
    "RMSprop": _rmsprop,
    "Adagrad": lambda *_: ["sum"],
    "Adadelta": lambda *_: ["square_avg", "acc_delta"],
    "Adamax": lambda *_: ["exp_avg", "exp_inf"],
    "NAdam": lambda *_: ["exp_avg", "exp_avg_sq"],
    "RAdam": lambda *_: ["exp_avg", "exp_avg_sq"],
    "Adafactor": lambda _, parameter: ["row_var", "col_var"] if parameter.dim() > 1 else ["variance"],
}
# Those that do not have the parameter's sides.
SHAPES = {
    "row_var": lambda shape: (*shape[:-1], 1),
    "col_var": lambda shape: (*shape[:-2], 1, shape[-1]),
}


class CheckpointError(ValueError):
    """A state does not fit the optimizer that should take it, or cannot be carried over."""


def save(optimizer, model, path, **options):
    """Writes an optimizer's state to a file; frozen are the parameters without requires_grad. Options: see `from_torch`."""
    names = names_of(optimizer, model)
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    with open(path, "wb") as file:
        file.write(from_torch(optimizer, names, frozen=frozen, **options))


def load(optimizer, model, path, scaler=None):
    """Gives an optimizer the state of a file; who is frozen there has requires_grad no more. Nothing changes on an error."""
    with open(path, "rb") as file:
        data = file.read()
    state = to_torch(data, optimizer, names_of(optimizer, model))
    optimizer.load_state_dict(state)
    _, metadata = read_safetensors(data)
    facts = dict(json.loads(metadata["tensors"]))
    for name, parameter in model.named_parameters():
        if name in facts:
            parameter.requires_grad_(not facts[name]["isFrozen"])
    if scaler is not None and "lossScale" in metadata:
        scale = json.loads(metadata["lossScale"])
        scaler.load_state_dict({**scaler.state_dict(), "scale": float(scale["scale"]), "_growth_tracker": scale["good"]})


def names_of(optimizer, model):
    """The names of an optimizer's parameters, in its order."""
    known = {id(parameter): name for name, parameter in model.named_parameters()}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if any(id(parameter) not in known for parameter in parameters):
        raise CheckpointError("optimizer: it has parameters that are not the model's. Give the model it was made for.")
    return [known[id(parameter)] for parameter in parameters]


def to_torch(data, optimizer, names):
    """What `optimizer.load_state_dict` takes, from the bytes of a file; `names` are of its parameters, in its order.

    Its hyperparameters stay. Raises CheckpointError where the file is of another model or optimizer.
    """
    tensors, metadata = read_safetensors(data)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"file: it is of another kind (got {metadata.get('format')}, allowed {FORMAT}).")
    rule = rule_of(optimizer)
    if metadata["rule"] != rule:
        raise CheckpointError(f"file: it is of another rule (got {metadata['rule']}, allowed {rule}).")
    facts = dict(json.loads(metadata["tensors"]))
    if set(facts) != set(names):
        differing = ", ".join(sorted(set(facts) ^ set(names)))
        raise CheckpointError(f"file: it is of other tensors than the optimizer ({differing}). Give a state of this model.")
    state = {}
    for index, (name, parameter, group) in enumerate(_parameters(optimizer, names)):
        count = _checked(name, parameter, facts[name])
        found = {key: tensors[f"optim.{name}.{key}"] for key in _keys(tensors, name)}
        expected = STATES[type(optimizer).__name__](group, parameter)
        if sorted(found) != sorted(expected):
            got, allowed = ", ".join(found) or "none", ", ".join(expected) or "none"
            raise CheckpointError(f'tensor "{name}": its states are others (got {got}, allowed {allowed}).')
        # PyTorch makes the state at the first step; Adagrad alone has it from the beginning.
        if count > 0 or rule == "adagrad":
            state[index] = {**_counters(rule, count, group), **found}
    return {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}


def from_torch(optimizer, names, *, frozen=(), steps=None, profile="torch", scaler=None):
    """The bytes of a file with an optimizer's state; `names` are of its parameters, in its order.

    `steps` has the step counts, by name, of optimizers that do not count: SGD. Where a name is left out it is 1 or 0, by
    whether there is a momentum buffer, which is all that SGD's next step depends on.
    """
    rule = rule_of(optimizer)
    tensors, entries = {}, []
    for name, parameter, group in _parameters(optimizer, names):
        state = optimizer.state.get(parameter, {})
        keys = STATES[type(optimizer).__name__](group, parameter)
        buffers = {key: state.get(key) for key in keys}
        begun = any(buffer is not None for buffer in buffers.values())
        count = int(state["step"]) if "step" in state else (steps or {}).get(name, int(begun))
        entries.append([name, {"shape": list(parameter.shape), "stepCount": count, "isFrozen": name in frozen}])
        for key, buffer in buffers.items():
            tensors[f"optim.{name}.{key}"] = _zeros(key, parameter) if buffer is None else buffer
    metadata = {
        "format": FORMAT,
        "rule": rule,
        "profile": profile,
        "stepCount": str(max((facts["stepCount"] for _, facts in entries), default=0)),
    }
    if scaler is not None:
        saved = scaler.state_dict()
        metadata["lossScale"] = f'{{"scale":{_number(saved["scale"])},"good":{saved["_growth_tracker"]}}}'
    metadata["tensors"] = _json(entries)
    return write_safetensors(tensors, metadata)


def rule_of(optimizer):
    """The name of our rule."""
    name = type(optimizer).__name__
    if name not in STATES:
        raise CheckpointError(f"optimizer: it is none that can be carried over (got {name}, allowed {', '.join(STATES)}).")
    return name.lower()


def read_safetensors(data):
    """The float32 tensors of a safetensors file by name, and its metadata."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise CheckpointError(f'tensor "{name}": it is of another type (got {entry["dtype"]}, allowed F32).')
        begin, end = entry["data_offsets"]
        values = np.frombuffer(body[begin:end], dtype="<f4").astype(np.float32)
        tensors[name] = torch.from_numpy(values).reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(tensors, metadata):
    """The bytes of a safetensors file, the same as our TypeScript writes."""
    members, parts, reached = [f'"__metadata__":{_json(metadata)}'], [], 0
    for name, tensor in tensors.items():
        part = tensor.detach().to("cpu", torch.float32).numpy().astype("<f4").tobytes()
        entry = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [reached, reached + len(part)]}
        members.append(f"{_json(name)}:{_json(entry)}")
        parts.append(part)
        reached += len(part)
    header = f"{{{','.join(members)}}}".encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + b"".join(parts)


def _parameters(optimizer, names):
    pairs = [(parameter, group) for group in optimizer.param_groups for parameter in group["params"]]
    if len(pairs) != len(names) or len(set(names)) != len(names):
        raise CheckpointError(f"names: one for each parameter (got {len(set(names))}, allowed {len(pairs)}).")
    return [(name, *pair) for name, pair in zip(names, pairs)]


def _keys(tensors, name):
    """The states that a file has of a tensor, whose name may be the beginning of another's."""
    prefix = f"optim.{name}."
    keys = [key[len(prefix) :] for key in tensors if key.startswith(prefix)]
    return [key for key in keys if "." not in key]


def _checked(name, parameter, facts):
    if list(parameter.shape) != facts["shape"]:
        got, allowed = facts["shape"], list(parameter.shape)
        raise CheckpointError(f'tensor "{name}": its state is of another shape (got {got}, allowed {allowed}).')
    count = facts["stepCount"]
    if count > MOST_STEPS:
        raise CheckpointError(f'tensor "{name}": more steps than PyTorch can count (got {count}, allowed {MOST_STEPS}).')
    return count


def _counters(rule, count, group):
    """The step as PyTorch has it, and what it makes of all steps so far."""
    if rule == "sgd":
        return {}
    counters = {"step": torch.tensor(float(count), dtype=torch.float32)}
    if rule == "nadam":
        product = torch.ones((), dtype=torch.float32)
        for t in range(1, count + 1):
            product *= group["betas"][0] * (1.0 - 0.5 * (0.96 ** (t * group["momentum_decay"])))
        counters["mu_product"] = product
    return counters


def _zeros(key, parameter):
    """A state as PyTorch begins it."""
    return torch.zeros(SHAPES.get(key, tuple)(tuple(parameter.shape)))


def _json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _number(x):
    """As JavaScript writes it: 65536 and 5e-8, not 65536.0 and 5e-08."""
    if float(x).is_integer():
        return str(int(x))
    return repr(float(x)).replace("e-0", "e-")
