"""Trains the models of test/oracle/trajectories.ts with torch.nn and torch.optim, in float64 and in float32.

Reads one JSON request on stdin and writes one JSON answer on stdout; scripts/trajectoriesOracle.mjs is the other end.
"""

import json
import re
import sys

import numpy as np
import torch
from torch import nn

from layersOracle import Block
from opsOracle import tensor_of
from torchOracle import RULES, bits, torch_group


class Transformer(nn.Module):
    """A character model: torch.nn's encoder layers, masked, which normalize first."""

    def __init__(self, letters=28, width=32, heads=4, times=16, depth=2):
        super().__init__()
        self.embed, self.positions = nn.Embedding(letters, width), nn.Parameter(torch.zeros(times, width))
        self.blocks = nn.ModuleList([Block(width, heads, True) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, letters, bias=False)

    def forward(self, ids):
        x = self.embed(ids) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


MODELS = {
    "mlp": lambda: nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5)),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(72, 4),
    ),
    "transformer": Transformer,
}

# Our names on the left, PyTorch's on the right.
NAMES = [
    (r"^tokens\.", "embed."),
    (r"^blocks\.(\d)\.", r"blocks.\1.inner."),
    (r"attention\.qkv\.", "self_attn.in_proj_"),
    (r"attention\.output\.", "self_attn.out_proj."),
    (r"mlp\.expand\.", "linear1."),
    (r"mlp\.contract\.", "linear2."),
]
EMBEDDINGS = ("embed.weight", "tokens.weight", "positions")


def torch_name(name):
    for ours, torchs in NAMES:
        name = re.sub(ours, torchs, name)
    return name


def as_there(name, tensor):
    """A linear weight of ours is [in, out], PyTorch's [out, in]: the same turns it back."""
    return tensor.mT if tensor.dim() == 2 and name not in EMBEDDINGS else tensor


def train(run, model, dtype):
    """The losses, and the weights after the last step, flat, by our names."""
    model = model.to(dtype)
    parameters = {weight["name"]: model.get_parameter(torch_name(weight["name"])) for weight in run["weights"]}
    if len(set(parameters.values())) != len(list(model.parameters())):
        raise AssertionError(f"{run['name']}: not every parameter of PyTorch's model has one of ours")
    for weight in run["weights"]:
        parameters[weight["name"]].data.copy_(as_there(weight["name"], tensor_of(weight)))
    groups = [
        {"params": [parameters[w["name"]] for w in run["weights"] if w["decays"]]},
        {"params": [parameters[w["name"]] for w in run["weights"] if not w["decays"]], "weight_decay": 0.0},
    ]
    optimizer = RULES[run["rule"]](groups, **torch_group(run["rule"], run["hyper"]))
    losses = []
    for step, batch in enumerate(run["batches"]):
        if "lr" in run:
            for group in optimizer.param_groups:
                group["lr"] = run["lr"][step]
        x, y = tensor_of(batch["x"]), tensor_of(batch["y"])
        optimizer.zero_grad()
        logits = model(x.to(dtype) if x.is_floating_point() else x)
        loss = nn.CrossEntropyLoss()(logits.flatten(0, -2), y.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ended = {name: as_there(name, parameter.detach()).flatten() for name, parameter in parameters.items()}
    return bits(np.array(losses)), ended


def weights_of(ended, every):
    return {name: bits(values[::every].contiguous().numpy()) for name, values in ended.items()}


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    runs = {}
    for run in request["runs"]:
        losses64, float64 = train(run, MODELS[run["name"]](), torch.float64)
        losses32, float32 = train(run, MODELS[run["name"]](), torch.float32)
        losses = {"float64": losses64, "float32": losses32}
        sampled = weights_of(float64, request["sampledFloat64"])
        runs[run["name"]] = {"losses": losses, "float32": weights_of(float32, 1), "float64": sampled}
    json.dump({"torch": torch.__version__.split("+")[0], "runs": runs}, sys.stdout)


if __name__ == "__main__":
    main()
