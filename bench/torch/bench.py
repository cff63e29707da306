"""What PyTorch does on this machine's GPU (or CPU, to try the script out): AdamW fused, foreach and tensor by tensor, the
library's models in float32 with TF32 off, a copy and products, at the sizes and shapes of `npm run bench`.

    python3 bench/torch/bench.py --out torch.json [--sizes 64k,1M] [--quick] [--device cpu]
    npm run bench -- --from reports/bench.json --beside torch.json

Rows have the fields of bench/row.ts. Contenders of a workload take turns, A B C A B C; a round is as many steps as take 20 ms,
with one wait at the end, and the median of the rounds counts: as bench/measure.ts does it.
"""

import argparse
import functools
import json
import math
import statistics
import time

import torch

import models

MILLION = 2**20


def arguments():
    parser = argparse.ArgumentParser(description="PyTorch beside shrinkstep: see the head of this file.")
    parser.add_argument("--out", required=True, help="the JSON file to write")
    parser.add_argument("--sizes", help="parameters of the updates, such as 64k,1M (64k,1M,4M,16M,64M; on a CPU 64k,1M)")
    parser.add_argument("--quick", action="store_true", help="one size, few rounds, no large model")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def size_of(word):
    units = {"k": 2**10, "M": MILLION}
    return int(word[:-1]) * units[word[-1]] if word[-1] in units else int(word)


def size_name(count):
    """sizeName of bench/shapes.ts, for the sizes that are asked for there."""
    return f"{count // MILLION}M" if count >= MILLION else f"{count // 1024}k"


def whole(value):
    return max(1, math.floor(value + 0.5))


def one_tensor(count):
    columns = 2 ** math.floor(math.log2(count) / 2)
    return [(whole(count / columns), columns)]


def gpt2_tensors(count):
    """gpt2Tensors of bench/shapes.ts: the 148 tensors of GPT-2 small, every side scaled alike."""
    scale = math.sqrt(count / 124_439_808)
    d = whole(768 * scale)
    block = [(d,), (d,), (d, 3 * d), (3 * d,), (d, d), (d,), (d,), (d,), (d, 4 * d), (4 * d,), (4 * d, d), (d,)]
    return [(whole(50_257 * scale), d), (whole(1024 * scale), d), *block * 12, (d,), (d,)]


class Clock:
    def __init__(self, device, rounds):
        self.device, self.rounds = device, rounds

    def settle(self):
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()

    def time(self, step, count):
        """Milliseconds of a step, and host microseconds until one is queued."""
        start = time.perf_counter()
        for _ in range(count):
            step()
        queued = time.perf_counter() - start
        self.settle()
        return (time.perf_counter() - start) * 1e3 / count, queued * 1e6 / count

    def interleaved(self, steps):
        """The timings of steps that take turns, in the words of a row."""
        for step in steps:
            self.time(step, 3)
        found = [[] for _ in steps]
        for _ in range(self.rounds):
            for times, step in zip(found, steps):
                once, _ = self.time(step, 1)
                times.append(self.time(step, max(1, min(200, round(20 / max(once, 0.1))))))
        return [
            {
                "msMedian": statistics.median(ms for ms, _ in times),
                "msMin": min(ms for ms, _ in times),
                "msMax": max(ms for ms, _ in times),
                "encodeUs": min(us for _, us in times),
            }
            for times in found
        ]


def rate(timing, **amounts):
    """10⁹ bytes, or operations, a second."""
    return {name: amount / timing["msMedian"] / 1e6 for name, amount in amounts.items()}


def limits(clock, device, sizes):
    for size in sizes:
        source, target = (torch.zeros(size, device=device) for _ in "ab")
        [timing] = clock.interleaved([functools.partial(target.copy_, source)])
        row = {"workload": f"memory, {size_name(size)}", "contender": "PyTorch copy", "against": "device copy"}
        yield {"suite": "limits", **row, **timing, "bytesMoved": size * 8, **rate(timing, GBs=size * 8), "parameters": size}
    for side in [512, 1024] if device == "cpu" else [512, 1024, 2048, 4096]:
        a, b = (torch.rand(side, side, device=device) for _ in "ab")
        [timing] = clock.interleaved([functools.partial(torch.matmul, a, b, out=torch.empty_like(a))])
        row = {"workload": f"matmul {side}³", "contender": "PyTorch matmul", "against": "matmul"}
        yield {"suite": "limits", **row, **timing, **rate(timing, GFLOPs=2 * side**3)}


FORMS = {"fused": {"fused": True}, "foreach": {"foreach": True}, "single-tensor": {"foreach": False, "fused": False}}


def adamw_steps(shapes, device):
    for form in FORMS.values():
        parameters = [torch.zeros(shape, device=device, requires_grad=True) for shape in shapes]
        for parameter in parameters:
            parameter.grad = torch.full_like(parameter, 0.01)
        yield torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, **form).step


def updates(clock, device, sizes):
    workloads = [(f"1 tensor, {size_name(size)}", one_tensor(size)) for size in sizes]
    workloads += [("200 tensors of 10k", [(100, 100)] * 200)]
    workloads += [(f"GPT-2's 148 tensors, {size_name(size)}", gpt2_tensors(size)) for size in sizes]
    for workload, shapes in workloads:
        parameters = sum(math.prod(shape) for shape in shapes)
        timings = clock.interleaved(list(adamw_steps(shapes, device)))
        for form, timing in zip(FORMS, timings):
            row = {"suite": "optimizers", "workload": workload, "contender": f"PyTorch AdamW, {form}", "against": "adamw"}
            moved = {"bytesMoved": 28 * parameters, **rate(timing, GBs=28 * parameters)}
            yield {**row, **timing, **moved, "parameters": parameters, "tensors": len(shapes)}


def trainings(clock, device, takes_large):
    for name, make, batch, optimizer, samples, tokens in models.WORKLOADS if takes_large else models.WORKLOADS[:3]:
        torch.manual_seed(0)
        if device != "cpu":
            torch.cuda.reset_peak_memory_stats()
        model = make().to(device)
        step = models.step_of(model, optimizer(model.parameters(), lr=1e-3, fused=True), batch(device))
        [timing] = clock.interleaved([step])
        row = {"suite": "training", "workload": name, "contender": "PyTorch eager", "against": "shrinkstep", **timing}
        row["samplesPerSecond"] = samples * 1e3 / timing["msMedian"]
        if tokens:
            row["tokensPerSecond"] = tokens * 1e3 / timing["msMedian"]
        if device != "cpu":
            row["peakBytes"] = torch.cuda.max_memory_allocated()
        row["parameters"] = sum(parameter.numel() for parameter in model.parameters())
        yield row


def main():
    options = arguments()
    device = options.device
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    usual = "1M" if options.quick else "64k,1M" if device == "cpu" else "64k,1M,4M,16M,64M"
    sizes = [size_of(word) for word in (options.sizes or usual).split(",")]
    clock = Clock(device, 3 if options.quick else 7)
    rows = []
    parts = [limits(clock, device, sizes), updates(clock, device, sizes), trainings(clock, device, device != "cpu" and not options.quick)]
    for part in parts:
        for row in part:
            rows.append(row)
            print(f"{row['workload']}: {row['contender']}, {row['msMedian']:.3f} ms", flush=True)
    where = torch.cuda.get_device_name() if device != "cpu" else f"CPU, {torch.get_num_threads()} threads"
    versions = {"PyTorch": f"{torch.__version__} on {where}"}
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump({"versions": versions, "rows": rows}, file, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    main()
