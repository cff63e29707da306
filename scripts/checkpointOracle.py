"""Trains in PyTorch, saves by scripts/torchCheckpoint.py, and goes on with what came back.

Reads one JSON request on stdin and writes one JSON answer on stdout; scripts/checkpointOracle.mjs is the other end, and
test/parity/checkpoints.ts says what is trained. Inputs and base64 are those of scripts/torchOracle.py.
"""

import base64
import json
import os
import sys
import tempfile

import numpy as np
import torch
import torchCheckpoint

from torchOracle import RULES, bits, gradient_at, initial_param, round_roots_correctly, torch_group


class Run:
    """A model of nothing but parameters, its optimizer, and how often each of them was updated."""

    def __init__(self, row, request):
        self.request = request
        self.model = torch.nn.Module()
        for i, tensor in enumerate(request["tensors"]):
            self.set_parameter(tensor["name"], initial_param(request["seed"] + i, int(np.prod(tensor["shape"]))), tensor)
        # Not the model's order, which has the parameters of modules last; and in two groups.
        self.parameters = {tensor["name"]: self.model.get_parameter(tensor["name"]) for tensor in request["tensors"]}
        first, second, *others = self.parameters.values()
        groups = [{"params": [first, second]}, {"params": others}]
        self.optimizer = RULES[row["rule"]](groups, foreach=False, **torch_group(row["rule"], row["hyper"]))
        self.counts = dict.fromkeys(self.parameters, 0)

    def set_parameter(self, name, values, tensor):
        """Names of parameters may have dots, which stand for modules."""
        module = self.model
        *path, last = name.split(".")
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, torch.nn.Module())
            module = getattr(module, part)
        values = torch.tensor(values, dtype=torch.float32).reshape(tensor["shape"])
        module.register_parameter(last, torch.nn.Parameter(values))

    def train(self, first, last):
        for t in range(first, last + 1):
            for i, (tensor, (name, parameter)) in enumerate(zip(self.request["tensors"], self.parameters.items())):
                rests = t in tensor["rests"]
                grad = gradient_at(self.request["seed"] + i, t, parameter.numel())
                parameter.grad = None if rests else torch.tensor(grad, dtype=torch.float32).reshape(parameter.shape)
                self.counts[name] += 0 if rests else 1
            self.optimizer.step()

    def checkpoint(self):
        names = torchCheckpoint.names_of(self.optimizer, self.model)
        data = torchCheckpoint.from_torch(self.optimizer, names, steps=self.counts)
        return {
            "params": [bits(parameter.detach().numpy()) for parameter in self.parameters.values()],
            "file": base64.b64encode(data).decode("ascii"),
        }

    def take(self, checkpoint):
        """Goes on with what someone else has done; the file must come out again as it went in."""
        data = base64.b64decode(checkpoint["file"])
        names = torchCheckpoint.names_of(self.optimizer, self.model)
        self.optimizer.load_state_dict(torchCheckpoint.to_torch(data, self.optimizer, names))
        _, metadata = torchCheckpoint.read_safetensors(data)
        self.counts = {name: facts["stepCount"] for name, facts in json.loads(metadata["tensors"])}
        for parameter, values in zip(self.parameters.values(), checkpoint["params"]):
            values = np.frombuffer(base64.b64decode(values), dtype="<f4").astype(np.float32)
            parameter.data.copy_(torch.from_numpy(values).reshape(parameter.shape))
        return torchCheckpoint.from_torch(self.optimizer, names, steps=self.counts) == data


def record(row, request):
    """PyTorch alone: a checkpoint after each third of the steps."""
    run, each, at = Run(row, request), request["stepsEach"], {}
    for third in range(3):
        run.train(third * each + 1, (third + 1) * each)
        at[(third + 1) * each] = run.checkpoint()
    return {"at": at}


def go_on(row, request):
    """The last third, from a checkpoint that is not PyTorch's."""
    run, each = Run(row, request), request["stepsEach"]
    is_same = run.take(row["from"])
    run.train(2 * each + 1, 3 * each)
    return {"isSame": is_same, **run.checkpoint()}


def check_refusals():
    """What does not fit must be refused, and say so: PyTorch itself would take most of it."""
    model = torch.nn.Linear(3, 2)
    names = ["weight", "bias"]

    def adam(parameters=None, **hyper):
        return torch.optim.Adam(parameters or model.parameters(), **hyper)

    data = torchCheckpoint.from_torch(adam(), names)
    other = torch.nn.Linear(2, 3)
    shaped = data.replace(b"[2,3]", b"[3,2]")
    foreign = data.replace(torchCheckpoint.FORMAT.encode(), b"something else of the length ")
    late = data.replace(b'\\"stepCount\\":0', b'\\"stepCount\\":9', 1)
    refusals = [
        (lambda: torchCheckpoint.to_torch(data, torch.optim.RAdam(model.parameters()), names), "of another rule (got adam"),
        (lambda: torchCheckpoint.to_torch(data, adam(amsgrad=True), names), "allowed exp_avg, exp_avg_sq, max_exp_avg_sq"),
        (lambda: torchCheckpoint.to_torch(data, adam(), ["weight", "shift"]), "of other tensors than the optimizer (bias, shift)"),
        (lambda: torchCheckpoint.from_torch(adam(), ["weight"]), "one for each parameter (got 1, allowed 2)"),
        (lambda: torchCheckpoint.to_torch(data, adam(), ["bias", "weight"]), 'tensor "bias": its state is of another shape'),
        (lambda: torchCheckpoint.to_torch(shaped, adam(), names), "got [3, 2], allowed [2, 3]"),
        (lambda: torchCheckpoint.to_torch(foreign, adam(), names), "of another kind (got something else"),
        (lambda: torchCheckpoint.from_torch(torch.optim.Rprop(model.parameters()), names), "got Rprop, allowed SGD, Adam"),
        (lambda: torchCheckpoint.names_of(adam(other.parameters()), model), "parameters that are not the model's"),
    ]
    for attempt, words in refusals:
        try:
            attempt()
        except torchCheckpoint.CheckpointError as error:
            if words in str(error):
                continue
            raise
        raise AssertionError(f"nobody said: {words}")
    if torchCheckpoint.to_torch(late, adam(), names)["state"].keys() != {0}:
        raise AssertionError("a tensor that was never updated has a state in PyTorch")


def check_scaler():
    """The loss scale, and the files' own half of what is carried: who is frozen."""
    model = torch.nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**-24)
    scaler.scale(torch.zeros(()))
    scaler.load_state_dict({**scaler.state_dict(), "_growth_tracker": 3})
    path = os.path.join(tempfile.mkdtemp(), "optimizer.safetensors")
    torchCheckpoint.save(optimizer, model, path, scaler=scaler)
    with open(path, "rb") as file:
        _, metadata = torchCheckpoint.read_safetensors(file.read())
    if metadata["lossScale"] != '{"scale":5.960464477539063e-8,"good":3}':
        raise AssertionError(f"the loss scale is {metadata['lossScale']}")
    fresh = torch.nn.Linear(3, 2)
    taken = torch.amp.GradScaler("cpu")
    torchCheckpoint.load(torch.optim.SGD(fresh.parameters(), lr=0.1), fresh, path, scaler=taken)
    found = [taken.get_scale(), taken.state_dict()["_growth_tracker"], fresh.weight.requires_grad, fresh.bias.requires_grad]
    if found != [2.0**-24, 3, True, False]:
        raise AssertionError(f"save and load gave {found}")


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    if request["roundRootsCorrectly"]:
        round_roots_correctly()
    check_refusals()
    check_scaler()
    work = go_on if request["goesOn"] else record
    answer = {"torch": torch.__version__.split("+")[0], "runs": [work(row, request) for row in request["rows"]]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
