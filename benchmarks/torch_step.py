"""PyTorch's side of the speed benchmark: the training step of the two-head ResNet, run on demand by another process.

    python3 benchmarks/torch_step.py resnet50 --size 224 --batch 8 --threads 2

Answers each line of standard input with one line of JSON, so that two processes can take turns:

    (start)   {"ready": true, "torch": "1.13.0", "threads": 2, "parameters": 23536718}
    run N     {"ms": [each of N steps], "totals": [the loss before each step]}
    rss       {"rss": the largest resident memory of this process so far, in bytes}
    quit      ends, as does the end of the input

A line that it does not understand gets {"error": "..."}. One step is zero_grad, forward, both losses, backward and
SGD with momentum 0.9, on one batch of float32 images that stays in memory; the loss reaches the host each step.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools" / "goldens"))

from two_head_resnet import FRAME, TwoHeadResNet, losses, weighted_total  # noqa: E402

CLASSES = 10
# Small, so that the loss stays finite over any number of steps on one batch of noise.
LEARNING_RATE = 1e-3


class Step:
    def __init__(self, name, batch, size):
        torch.manual_seed(0)
        self.model = TwoHeadResNet(name, CLASSES).train()
        self.image = torch.randn(batch, 3, size, size)
        self.label = torch.randint(CLASSES, (batch,))
        self.target = torch.rand(batch, 4) * FRAME
        # foreach updates all parameters in a few fused loops over lists of tensors.
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LEARNING_RATE, momentum=0.9, foreach=True)

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        logits, box = self.model(self.image)
        total = weighted_total(*losses(logits, box, self.label, self.target))
        total.backward()
        self.optimizer.step()
        return total.item()


def run(step, count):
    milliseconds, totals = [], []
    for _ in range(count):
        start = time.perf_counter()
        totals.append(step())
        milliseconds.append((time.perf_counter() - start) * 1e3)
    return {"ms": milliseconds, "totals": totals}


def peak_memory():
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def answer(step, line):
    words = line.split()
    if words == ["rss"]:
        return {"rss": peak_memory()}
    if len(words) == 2 and words[0] == "run" and words[1].isdecimal() and int(words[1]) > 0:
        return run(step, int(words[1]))
    return {"error": f'expected "run N" with N of at least 1, "rss" or "quit", got {line.strip()!r}'}


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def add_shape_arguments(parser):
    parser.add_argument("network", choices=["resnet18", "resnet34", "resnet50", "resnet101"])
    parser.add_argument("--size", type=positive, default=224, help="pixels of a side")
    parser.add_argument("--batch", type=positive, default=8)
    parser.add_argument("--threads", type=positive, required=True, help="set, since PyTorch may start with one")


def serve(make_step, threads):
    """Answers until the end of the input; the threads are set before the step is made."""
    torch.set_num_threads(threads)
    step = make_step()
    parameters = sum(parameter.numel() for parameter in step.model.parameters())
    ready = {"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads(), "parameters": parameters}
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        print(json.dumps(answer(step, line)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_shape_arguments(parser)
    arguments = parser.parse_args()
    serve(lambda: Step(arguments.network, arguments.batch, arguments.size), arguments.threads)


if __name__ == "__main__":
    main()
