"""Trains the shipped tasks' models with torch.nn and torch.optim, in float64 and in float32.

Reads one JSON request on stdin and writes one JSON answer on stdout; scripts/taskRunsOracle.mjs is the other end.
"""

import json
import sys

import torch
from torch import nn

from torchOracle import bits
from trajectoriesOracle import Transformer, train

# As in the tasks' defaults, which their weights' shapes are held to by being copied.
PIXELS, CLASSES = 28, 10


def mlp(width=128):
    layers = [nn.Linear(PIXELS * PIXELS, width), nn.Linear(width, width), nn.Linear(width, CLASSES)]
    return Named(layers, nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]))


class Named(nn.Module):
    """A model whose layers with parameters are numbered without those between them: `layers.0.weight`, …"""

    def __init__(self, layers, whole):
        super().__init__()
        self.layers, self.whole = nn.ModuleList(layers), [whole]

    def forward(self, x):
        return self.whole[0](x)


def cnn(width=16):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * width * (PIXELS // 4) ** 2, CLASSES),
    )


def gpt(run, width=128, heads=4):
    """Of no biases but the norms'; PyTorch's layer leaves those away too, when it is told."""
    shapes = {weight["name"]: weight["shape"] for weight in run["weights"]}
    depth = sum(name.endswith("qkv.weight") for name in shapes)
    model = Transformer(shapes["tokens.weight"][0], width, heads, shapes["positions"][0], depth)
    for block in model.blocks:
        for layer in (block.inner.self_attn.out_proj, block.inner.linear1, block.inner.linear2):
            layer.bias = None
        block.inner.self_attn.in_proj_bias = None
    return model


MODELS = {"mlp": lambda run: mlp(), "cnn": lambda run: cnn(), "gpt": gpt}


def recorded(run, steps, dtype):
    losses, ended = train({**run, "batches": run["batches"][:steps]}, MODELS[run["name"]](run), dtype)
    norms = torch.stack([values.double().norm() for values in ended.values()])
    every = {weight["name"]: weight["every"] for weight in run["weights"]}
    weights = {name: bits(values[:: every[name]].contiguous().numpy()) for name, values in ended.items()}
    return {"losses": losses, "norms": bits(norms.numpy()), "weights": weights}


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    precisions = {"float32": torch.float32, "float64": torch.float64}
    runs = {
        run["name"]: {
            steps: {name: recorded(run, steps, dtype) for name, dtype in precisions.items()} for steps in run["ends"]
        }
        for run in request["runs"]
    }
    json.dump({"torch": torch.__version__.split("+")[0], "runs": runs}, sys.stdout)


if __name__ == "__main__":
    main()
