"""Computes the rows of test/graph/opTable.ts, and layers and losses, with PyTorch's own functions, in float64.

Reads one JSON request on stdin and writes one JSON answer on stdout; scripts/opsOracle.mjs is the other end, and
test/oracle/torchCases.ts says what is asked. Numbers travel as base64 of their little-endian bytes: float32 and uint32 in,
float64 out. A row is known by its name alone: OPS has PyTorch's function for each, and scripts/layersOracle.py the
modules of torch.nn.
"""

import base64
import json
import re
import sys

import numpy as np
import torch
import torch.nn.functional as F

from layersOracle import LAYERS, LOSSES, rotary

# As ours, which needs no threshold: above it PyTorch has x for log(1 + exp(x)).
SOFTPLUS_THRESHOLD = 700


def pool_options(shape):
    """The pooling rows differ in more than their names say."""
    return {"2,3,6,4": {}, "1,2,7,5": {"stride": 2, "padding": 1}, "1,1,4,5": {"stride": 1}, "0,1,2,2": {}}[shape]


def whole(text):
    """2 or 2,3: a side for both axes, or one for each."""
    sides = [int(side) for side in text.split(",")]
    return sides[0] if len(sides) == 1 else sides


def reduce_of(fn, shape, axes, x):
    axes = tuple(range(x.dim())) if axes == "all" else tuple(json.loads(axes))
    return fn(x, dim=axes, keepdim=x.dim() == 3)


def attention(shape, causal, q, k, v):
    q, k, v = (tensor.transpose(1, 2) for tensor in (q, k, v))
    scale = 2 if shape == "1,4,3,2" else None
    return F.scaled_dot_product_attention(q, k, v, is_causal=bool(causal), scale=scale).transpose(1, 2)


def cross_entropy(logits, labels, smoothing):
    """Labels that are no class are PyTorch's ignore_index."""
    classes = logits.shape[-1]
    labels = labels.masked_fill(labels >= classes, -100)
    flat = F.cross_entropy(
        logits.reshape(-1, classes), labels.reshape(-1), reduction="none", label_smoothing=float(smoothing)
    )
    return flat.reshape(labels.shape)


def conv2d(options, x, weight):
    return F.conv2d(x, weight, **json.loads(options or "{}"))


# Names, and what PyTorch calls that. Groups of a name come first, then the leaves by their names.
OPS = {
    r"neg(?: of .*)?": lambda x: torch.neg(x),
    r"abs(?: of .*)?": lambda x: torch.abs(x),
    r"sign of .*": lambda x: torch.sign(x),
    r"square(?: of .*)?": lambda x: torch.square(x),
    r"sqrt(?: of .*)?": lambda x: torch.sqrt(x),
    r"exp(?: of .*)?": lambda x: torch.exp(x),
    r"log(?: of .*)?": lambda x: torch.log(x),
    r"softplus(?: of .*)?": lambda x: F.softplus(x, threshold=SOFTPLUS_THRESHOLD),
    r"relu(?: of .*)?": lambda x: F.relu(x),
    r"gelu(?: of .*)?": lambda x: F.gelu(x),
    r"geluTanh(?: of .*)?": lambda x: F.gelu(x, approximate="tanh"),
    r"silu(?: of .*)?": lambda x: F.silu(x),
    r"tanh(?: of .*)?": lambda x: torch.tanh(x),
    r"sigmoid(?: of .*)?": lambda x: torch.sigmoid(x),
    r"add .*": lambda a, b: torch.add(a, b),
    r"sub .*": lambda a, b: torch.sub(a, b),
    r"mul .*": lambda a, b: torch.mul(a, b),
    r"div .*": lambda a, b: torch.div(a, b),
    r"maximum .*": lambda a, b: torch.maximum(a, b),
    r"minimum .*": lambda a, b: torch.minimum(a, b),
    r"where": lambda a, b, at: torch.where(at > 0, a, b),
    r"less and equal, with ties": lambda a, b: (torch.lt(a, b), torch.eq(a, b)),
    r"float of .*": lambda x: (x.clone(), x * 3),
    r"float and equal of indices": lambda a, b: (a.double(), torch.eq(a, b)),
    r"an operand used three times": lambda x: (x + x**2) * x,
    r"a chain with a residual": lambda x, weight: x + F.gelu(torch.tanh(x) * weight),
    r"sum of nothing": lambda x: (x.sum(), x.sum(0), x.sum(1)),
    r"sum of \[(.*)\] over (.*)": lambda *row, x: reduce_of(torch.sum, *row, x),
    r"mean of \[(.*)\] over (.*)": lambda *row, x: reduce_of(torch.mean, *row, x),
    r"max of \[(.*)\] over (.*)": lambda *row, x: reduce_of(torch.amax, *row, x),
    r"max with ties": lambda x: torch.amax(x, 1),
    r"matmul \[[^]]*\](ᵀ?) · \[[^]]*\](ᵀ?)(?:, .*)?": lambda s, t, a, b: torch.matmul(a.mT if s else a, b.mT if t else b),
    r"reshape": lambda x: x.reshape(2, -1),
    r"permute(?: of nothing)?": lambda x: x.permute(2, 0, 1),
    r"transpose": lambda x: x.transpose(-1, -2),
    r"slice of the last axis": lambda x: x[:, 2:5],
    r"slice of the first axis": lambda x: x[1:4],
    r"slice of nothing": lambda x: x[2:2],
    r"slices that overlap": lambda x: x[:6] * x[3:],
    r"split": lambda x: torch.chunk(x, 3, -1),
    r"split and multiplied": lambda x: torch.prod(torch.stack(torch.chunk(x, 2, 0)), 0),
    r"expand": lambda x: x.expand(2, 3, 4),
    r"expand of a number": lambda x: x.expand(3),
    r"pad": lambda x: F.pad(x, (2, 1, 1, 1)),
    r"concat along the last axis": lambda a, b, c: torch.cat([a, b, c, a], -1),
    r"concat along the first axis": lambda a, b: torch.cat([a, b], 0),
    r"softmax of \[.*\]": lambda x: F.softmax(x, -1),
    r"logSoftmax of \[.*\]": lambda x: F.log_softmax(x, -1),
    r"softmax of extremes": lambda x: (F.softmax(x, -1), F.log_softmax(x, -1), torch.argmax(x, -1)),
    r"layerNorm of .*": lambda x, weight, bias: F.layer_norm(x, weight.shape, weight, bias, 0.1),
    r"rmsNorm of .*": lambda x, weight: F.rms_norm(x, weight.shape, weight, 0.1),
    r"crossEntropy of .*, smoothed by (.*)": lambda smoothing, x, labels: cross_entropy(x, labels, smoothing),
    r"crossEntropy of extremes": lambda x, labels: cross_entropy(x, labels, 0.1),
    r"crossEntropy with labels that are none": lambda x, labels: cross_entropy(x, labels, 0.2),
    r"gather from .*": lambda table, ids: F.embedding(ids, table),
    r"attention of \[(.*)\] to \d+(, causal)?": lambda *row, q, k, v: attention(*row, q, k, v),
    r"conv2d of \[.*\] by \[[^]]*\](?: (.*))?": lambda options, x, weight: conv2d(options, x, weight),
    r"maxPool2d of \[(.*)\] by (.*)": lambda s, w, x: F.max_pool2d(x, whole(w), **pool_options(s)),
    r"maxPool2d with ties": lambda x: F.max_pool2d(x, 3, stride=1, padding=1),
    r"meanPool2d of \[(.*)\] by (.*)": lambda s, w, x: F.avg_pool2d(x, whole(w), **pool_options(s)),
    r"rotary": lambda x: rotary(x, 10_000),
    r"rotary of pairs": lambda x: rotary(x, 100),
    r"argmax, with ties": lambda x: torch.argmax(x, -1),
}


def function_of(kind, name):
    """PyTorch's function of a row's leaves."""
    if kind == "layers":
        return lambda **leaves: LAYERS[name](leaves)
    for pattern, fn in (OPS if kind == "ops" else LOSSES).items():
        found = re.fullmatch(pattern, name)
        if found:
            return lambda **leaves: fn(*found.groups(), **leaves)
    raise KeyError(f'{kind}: nothing of PyTorch for the row "{name}"; add it')


def tensor_of(leaf):
    dtype = {"float32": "<f4", "uint32": "<u4"}[leaf["dtype"]]
    values = np.frombuffer(base64.b64decode(leaf["data"]), dtype=dtype)
    values = values.astype(np.float64 if leaf["dtype"] == "float32" else np.int64)
    return torch.from_numpy(values).reshape(leaf["shape"])


def bits(tensor):
    return base64.b64encode(tensor.detach().double().contiguous().numpy().astype("<f8").tobytes()).decode("ascii")


def run(kind, row):
    leaves = {name: tensor_of(leaf) for name, leaf in row["leaves"].items()}
    for name in row["gradients"]:
        leaves[name].requires_grad_()
    found = function_of(kind, row["name"])(**leaves)
    outputs = [found] if isinstance(found, torch.Tensor) else list(found)
    weights = [tensor_of(weight) for weight in row["weights"]]
    numbers = [output for output in outputs if output.is_floating_point()]
    if row["gradients"]:
        sum((output * weight).sum() for output, weight in zip(numbers, weights)).backward()
    gradients = {}
    for name in row["gradients"]:
        grad = leaves[name].grad
        gradients[name] = bits(torch.zeros_like(leaves[name]) if grad is None else grad)
    return {"outputs": [bits(output) for output in outputs], "gradients": gradients}


def main():
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    answer = {kind: {row["name"]: run(kind, row) for row in rows} for kind, rows in request.items()}
    json.dump({"torch": torch.__version__.split("+")[0], **answer}, sys.stdout)


if __name__ == "__main__":
    main()
