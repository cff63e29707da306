"""The models of bench/tasks.ts in PyTorch: the same layers, sizes and batches, so that their steps do the same work."""

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """layers.transformerBlock: pre-norm, causal, without biases but the norms'."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.expand = nn.Linear(width, 4 * width, bias=False)
        self.contract = nn.Linear(4 * width, width, bias=False)

    def forward(self, x):
        batch, time, width = x.shape
        split = self.qkv(self.norm1(x)).view(batch, time, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.contract(F.gelu(self.expand(self.norm2(x))))


class Gpt(nn.Module):
    """src/train/tasks/gpt.ts: embeddings of tokens and positions, blocks, a norm and a head."""

    def __init__(self, characters, width, layers, heads, context):
        super().__init__()
        self.tokens = nn.Embedding(characters, width)
        self.positions = nn.Parameter(torch.randn(context, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, characters, bias=False)

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions)))


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


def images(*shape):
    return lambda device: (torch.rand(*shape, device=device), torch.randint(10, (shape[0],), device=device))


def windows(batch, context, characters):
    def make(device):
        return tuple(torch.randint(characters, (batch, context), device=device) for _ in "xy")

    return make


# Names are those of bench/tasks.ts, by which rows are put beside ours: name, model, batch, optimizer, samples, tokens.
WORKLOADS = [
    ("mlp: 784-512-512-10, batch 128, Adam", mlp, images(128, 784), torch.optim.Adam, 128, None),
    ("cnn: 28×28, 16 and 32 channels, batch 50, AdamW", cnn, images(50, 1, 28, 28), torch.optim.AdamW, 50, None),
    (
        "gpt: 4 layers, width 128, 4 heads, context 64, batch 16, AdamW",
        lambda: Gpt(75, 128, 4, 4, 64),
        windows(16, 64, 75),
        torch.optim.AdamW,
        16,
        16 * 64,
    ),
    (
        "gpt-2 small: 12 layers, width 768, 12 heads, context 512, batch 4, AdamW",
        lambda: Gpt(50_257, 768, 12, 12, 512),
        windows(4, 512, 50_257),
        torch.optim.AdamW,
        4,
        4 * 512,
    ),
]


def step_of(model, optimizer, batch):
    """A training step: forward, backward and update. The loss is not read back."""
    x, y = batch

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = model(x)
        F.cross_entropy(logits.flatten(0, -2), y.flatten()).backward()
        optimizer.step()

    return step
