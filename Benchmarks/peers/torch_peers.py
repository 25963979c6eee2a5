#!/usr/bin/env python3
"""What PyTorch makes of the same work, on the CPU or with --device cuda: matrix products, and training steps of a BERT of random weights in full, with
LoRA, and with SparseGrad's layer as it was published (three products a pass, Chekalina et al., arXiv:2410.07383). Writes a JSON
list of name, value and unit, as `vksparsegrad bench --format json` does. Needs PyTorch (Debian: python3-torch) and nothing else.

The same products are first compared with double precision; a library whose result is wrong is not timed.
"""
import argparse
import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

SHAPES = {"bert-base": (12, 768), "minilm": (6, 384)}
LAYERS = [(768, 768), (3072, 768), (768, 3072), (1536, 384)]
FRACTION = 0.01


class PublishedProduct(torch.autograd.Function):
    """y = x P W' Q^T + b with the weight W' [D_out, D_in] in the basis of P and Q; its gradient keeps the largest coefficients."""

    @staticmethod
    def forward(ctx, x, weight, p, q, kept):
        rotated = x @ p
        ctx.save_for_backward(rotated, weight, p, q)
        ctx.kept = kept
        return rotated @ weight.t() @ q.t()

    @staticmethod
    def backward(ctx, dy):
        rotated, weight, p, q = ctx.saved_tensors
        dy_rotated = dy @ q
        dx = dy_rotated @ weight @ p.t()
        gradient = dy_rotated.flatten(0, -2).t() @ rotated.flatten(0, -2)
        places = gradient.abs().flatten().topk(ctx.kept, sorted=False).indices
        sparse = torch.sparse_coo_tensor(
            torch.stack([places // gradient.shape[1], places % gradient.shape[1]]), gradient.flatten()[places], gradient.shape)
        return dx, sparse, None, None, None


class PublishedLinear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("p", torch.linalg.qr(torch.randn(inputs, inputs))[0].contiguous())
        self.register_buffer("q", torch.linalg.qr(torch.randn(outputs, outputs))[0].contiguous())
        self.kept = int(FRACTION * outputs * inputs)

    def forward(self, x):
        return PublishedProduct.apply(x, self.weight, self.p, self.q, self.kept) + self.bias


class LoraLinear(nn.Module):
    def __init__(self, inputs, outputs, rank=7):
        super().__init__()
        self.base = nn.Linear(inputs, outputs)
        self.base.weight.requires_grad_(False)
        self.down = nn.Parameter(0.02 * torch.randn(rank, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x):
        return self.base(x) + 2 * (x @ self.down.t()) @ self.up.t()


class Block(nn.Module):
    def __init__(self, hidden, linear):
        super().__init__()
        self.heads = 12
        self.query, self.key, self.value, self.output = (nn.Linear(hidden, hidden) for _ in range(4))
        self.inner, self.outer = linear(hidden, 4 * hidden), linear(4 * hidden, hidden)
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)

    def forward(self, x):
        batch, length, hidden = x.shape
        q, k, v = (layer(x).view(batch, length, self.heads, -1).transpose(1, 2) for layer in (self.query, self.key, self.value))
        weights = F.dropout((q @ k.transpose(2, 3) / math.sqrt(hidden // self.heads)).softmax(-1), 0.1)
        attended = (weights @ v).transpose(1, 2).reshape(batch, length, hidden)
        x = self.norm1(x + F.dropout(self.output(attended), 0.1))
        return self.norm2(x + F.dropout(self.outer(F.gelu(self.inner(x))), 0.1))


class Bert(nn.Module):
    def __init__(self, layers, hidden, linear):
        super().__init__()
        self.words, self.positions = nn.Embedding(30522, hidden), nn.Embedding(512, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.blocks = nn.Sequential(*(Block(hidden, linear) for _ in range(layers)))
        self.pooler, self.classifier = nn.Linear(hidden, hidden), nn.Linear(hidden, 2)

    def forward(self, ids):
        x = F.dropout(self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]]), 0.1)
        return self.classifier(F.dropout(torch.tanh(self.pooler(self.blocks(x)[:, 0])), 0.1))


class Run:
    """A model with its optimizers."""

    def __init__(self, shape, linear):
        torch.manual_seed(1)
        self.model = Bert(*shape, linear)
        sparse = [m.weight for m in self.model.modules() if isinstance(m, PublishedLinear)]
        dense = [w for w in self.model.parameters() if w.requires_grad and not any(w is s for s in sparse)]
        self.optimizers = [torch.optim.AdamW(dense, 1e-5, weight_decay=0)]
        if sparse:
            self.optimizers.append(torch.optim.SparseAdam(sparse, 1e-5))

    def step(self, ids, labels):
        start = now()
        F.cross_entropy(self.model(ids), labels).backward()
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return now() - start


def now():
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def products(tokens, layers):
    for outputs, inputs in layers:
        x, w, dy = torch.randn(tokens, inputs), torch.randn(outputs, inputs), torch.randn(tokens, outputs)
        # Forward, gradient to the input, gradient to the weight.
        for form, a, b in [("nt", x, w.t()), ("nn", dy, w), ("tn", dy.t(), x)]:
            error = ((a @ b).double() - a.double() @ b.double()).abs().max().item() / math.sqrt(a.shape[1])
            if error > (1e-4 if a.is_cuda else 1e-5):
                sys.exit(f"The product {form} of {tokens} tokens, {outputs} outputs and {inputs} inputs is wrong by {error}.")
            times = []
            repeats = 20 if a.is_cuda else 1  # a GPU's product is shorter than the way to it
            for _ in range(9):
                start = now()
                for _ in range(repeats):
                    a @ b
                times.append((now() - start) / repeats)
            speed = 2 * tokens * outputs * inputs / statistics.median(times) / 1e9
            yield f"torch_matmul_{form}_{tokens}_{outputs}_{inputs}_gflops", speed, "GFLOP/s"


def steps(shape, sequences, length, rounds):
    runs = {
        "full": Run(shape, nn.Linear),
        "lora": Run(shape, LoraLinear),
        "sparsegrad_published": Run(shape, PublishedLinear),
    }
    ids, labels = torch.randint(30522, (sequences, length)), torch.arange(sequences) % 2
    times = {name: [] for name in runs}
    for _ in range(rounds + 1):  # in turn, so that what disturbs the machine disturbs all
        for name, run in runs.items():
            times[name].append(run.step(ids, labels))
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    for name, seconds in medians.items():
        yield f"torch_step_{name}_ms", seconds * 1e3, "ms"
        yield f"torch_step_{name}_tokens_per_second", sequences * length / seconds, "tokens/s"
    yield "torch_step_sparsegrad_published_over_full", medians["sparsegrad_published"] / medians["full"], "ratio"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="bert-base")
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.device == "cuda":
        torch.set_default_device("cuda")
        torch.backends.cuda.matmul.allow_tf32 = False  # products in 32 bits, as ours are
    figures = [*products(2048, LAYERS), *products(512, LAYERS)]
    if arguments.device == "cuda":
        figures += products(4096, [(4096, 4096)])
    figures += steps(SHAPES[arguments.shape], arguments.sequences, arguments.length, arguments.rounds)
    print(json.dumps([{"name": name, "value": value, "unit": unit} for name, value, unit in figures], indent=2))


if __name__ == "__main__":
    main()
