"""The modules and losses of torch.nn that test/oracle/layerRows.ts and lossRows.ts are compared with, by the names there.

A module is given our weights under its own names: a linear weight of ours is [in, out], PyTorch's the transposed. So
gradients come out as ours lie.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call


def rotary(x, base):
    """x [B, T, H, D]: the pair (i, i + D/2) as a complex number, turned by t · base^(-2i / D). PyTorch has no such function."""
    times, depth = x.shape[1], x.shape[3]
    angles = torch.outer(torch.arange(times).double(), base ** (-torch.arange(0, depth, 2).double() / depth))
    turns = torch.polar(torch.ones_like(angles), angles)[:, None, :]
    pairs = torch.complex(x[..., : depth // 2].contiguous(), x[..., depth // 2 :].contiguous())
    turned = pairs * turns
    return torch.cat([turned.real, turned.imag], -1)


def causal(times):
    return nn.Transformer.generate_square_subsequent_mask(times, dtype=torch.float64)


class SelfAttention(nn.Module):
    """torch.nn.MultiheadAttention of a sequence to itself."""

    def __init__(self, width, heads, is_causal):
        super().__init__()
        self.inner, self.is_causal = nn.MultiheadAttention(width, heads, batch_first=True), is_causal

    def forward(self, x):
        mask = causal(x.shape[1]) if self.is_causal else None
        return self.inner(x, x, x, need_weights=False, attn_mask=mask, is_causal=self.is_causal)[0]


class RotaryAttention(nn.Module):
    """The same out of functions: torch.nn has none that is rotary."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.output = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in self.qkv(x).chunk(3, -1))
        q, k, v = (part.transpose(1, 2) for part in (rotary(q, 10_000), rotary(k, 10_000), v))
        return self.output(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """torch.nn.TransformerEncoderLayer, which normalizes first."""

    def __init__(self, width, heads, is_causal):
        super().__init__()
        options = {"activation": "gelu", "batch_first": True, "norm_first": True, "dropout": 0.0}
        self.inner, self.is_causal = nn.TransformerEncoderLayer(width, heads, 4 * width, **options), is_causal

    def forward(self, x):
        mask = causal(x.shape[1]).to(x.dtype) if self.is_causal else None
        return self.inner(x, src_mask=mask, is_causal=self.is_causal)


def linear(weights, ours="", torchs=""):
    named = {f"{torchs}weight": weights[f"{ours}weight"].mT}
    return {**named, f"{torchs}bias": weights[f"{ours}bias"]} if f"{ours}bias" in weights else named


def plain(weights):
    return {name: weights[name] for name in ("weight", "bias") if name in weights}


def batch_norm(weights):
    running = {"running_mean": weights["runningMean"], "running_var": weights["runningVariance"]}
    return {**plain(weights), **running}


def attention(weights, ours="", torchs="inner."):
    return {
        f"{torchs}in_proj_weight": weights[f"{ours}qkv.weight"].mT,
        f"{torchs}in_proj_bias": weights[f"{ours}qkv.bias"],
        **linear(weights, f"{ours}output.", f"{torchs}out_proj."),
    }


def block(weights, ours="", torchs="inner."):
    norms = {
        f"{torchs}{norm}.{part}": weights[f"{ours}{norm}.{part}"] for norm in ("norm1", "norm2") for part in ("weight", "bias")
    }
    return {
        **norms,
        **attention(weights, f"{ours}attention.", f"{torchs}self_attn."),
        **linear(weights, f"{ours}mlp.expand.", f"{torchs}linear1."),
        **linear(weights, f"{ours}mlp.contract.", f"{torchs}linear2."),
    }


def in_row(*parts):
    """Linear layers at these places of a sequence."""
    return lambda weights: {k: v for part in parts for k, v in linear(weights, f"{part}.", f"{part}.").items()}


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


def layer(module, names=lambda weights: {}, is_training=True):
    """A row's function: the module of torch.nn, called with our weights; and what it then has as running statistics."""
    module = module.double().train(is_training)

    def call(leaves):
        weights = {name: leaf for name, leaf in leaves.items() if name != "x"}
        given = names(weights)
        y = functional_call(module, given, (leaves["x"],))
        running = [given[name] for name in ("running_mean", "running_var") if is_training and name in given]
        return [y, *running]

    return call


LAYERS = {
    "linear": layer(nn.Linear(6, 4), linear),
    "linear without bias": layer(nn.Linear(7, 3, bias=False), linear),
    "conv2d": layer(nn.Conv2d(4, 6, 3, padding=1), plain),
    "conv2d in groups": layer(nn.Conv2d(4, 6, (3, 2), stride=(2, 1), groups=2), plain),
    "conv2d without bias": layer(nn.Conv2d(4, 3, 1, bias=False), plain),
    "layerNorm": layer(nn.LayerNorm(6), plain),
    "rmsNorm": layer(nn.RMSNorm(6, eps=1e-6), plain),
    "batchNorm of rows": layer(nn.BatchNorm1d(7), batch_norm),
    "batchNorm of images": layer(nn.BatchNorm2d(4, eps=1e-3, momentum=0.25), batch_norm),
    "batchNorm in evaluation": layer(nn.BatchNorm2d(4), batch_norm, False),
    "embedding": layer(nn.Embedding(5, 3), plain),
    "attention": layer(SelfAttention(6, 3, False), attention),
    "attention, causal": layer(SelfAttention(6, 2, True), attention),
    "attention, rotary": layer(RotaryAttention(8, 2), lambda w: {**linear(w, "qkv.", "qkv."), **linear(w, "output.", "output.")}),
    "transformerBlock": layer(Block(6, 2, False), block),
    "transformerBlock, causal": layer(Block(6, 3, True), block),
    "transformerBlock in evaluation": layer(Block(6, 3, True), block, False),
    "recomputed": layer(Block(6, 2, False), block),
    "sequential": layer(nn.Sequential(nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 2)), in_row(0, 2)),
    "residual": layer(Residual(nn.Linear(7, 7)), lambda w: linear(w, "", "inner.")),
    "relu": layer(nn.ReLU()),
    "gelu": layer(nn.GELU()),
    "silu": layer(nn.SiLU()),
    "tanh": layer(nn.Tanh()),
    "sigmoid": layer(nn.Sigmoid()),
    "dropout in evaluation": layer(nn.Dropout(0.5), is_training=False),
    "flatten": layer(nn.Flatten()),
    "maxPool2d": layer(nn.MaxPool2d(3, stride=2, padding=1)),
    "meanPool2d": layer(nn.AvgPool2d((2, 3))),
}


def entropy(logits, labels, smoothing=0.0, ignored=-100):
    """Of padded rows the labels that are no class are one, the one that PyTorch is told to ignore."""
    classes = logits.shape[-1]
    labels = labels.masked_fill(labels >= classes, ignored)
    loss = nn.CrossEntropyLoss(label_smoothing=smoothing, ignore_index=ignored)
    return loss(logits.reshape(-1, classes), labels.reshape(-1))


LOSSES = {
    r"crossEntropy": lambda a, labels: entropy(a, labels),
    r"crossEntropy, smoothed": lambda a, labels: entropy(a, labels, 0.1),
    r"crossEntropy, padded": lambda a, labels: entropy(a, labels),
    r"crossEntropy, padded and smoothed": lambda a, labels: entropy(a, labels, 0.2),
    r"mse": lambda a, b: nn.MSELoss()(a, b),
    r"bce(?: of extremes)?": lambda a, b: nn.BCEWithLogitsLoss()(a, b),
    r"kl(?:, .*)?": lambda a, b: nn.KLDivLoss(reduction="batchmean")(a, b),
    r"accuracy": lambda a, labels: (a.argmax(-1) == labels).double().mean(),
}
