"""torchvision's side of the benchmark of the data pipeline, run on demand by pipeline.mjs.

    python3 benchmarks/pipeline_torch.py DIR --size 64 --batch 8 --threads 2 --workers 2 --untimed 5

DIR has a folder of pictures for each class. Answers each line of standard input with one line of JSON:

    (start)   {"ready": true, "torch": version, "torchvision": version}
    alone     {"rate": pictures per second of one epoch of the DataLoader}
    memory N  {"ms": milliseconds per training step of ResNet-18, over N steps on one batch in memory}
    disk N    the same with the batches of the DataLoader
    quit      ends, as does the end of the input
"""

import argparse
import json
import sys
import time

import torch
import torchvision
from torchvision import transforms
from torch_step import FRAME, Step


def batches(folder, size, batch, workers):
    # 0.6 of each side, as our crop: areas from 0.36 on, and any shape between.
    transform = transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.36, 1), ratio=(0.6, 1 / 0.6)),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(0.2, 0.2, 0.2),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ])
    pictures = torchvision.datasets.ImageFolder(folder, transform)
    return torch.utils.data.DataLoader(
        pictures, batch, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=True
    )


def endless(loader):
    while True:
        yield from loader


def timed(step, source, untimed, count):
    def one():
        step.image, step.label = next(source)
        step()

    for _ in range(untimed):
        one()
    start = time.perf_counter()
    for _ in range(count):
        one()
    return {"ms": (time.perf_counter() - start) * 1e3 / count}


def alone(loader):
    start = time.perf_counter()
    pictures = sum(len(labels) for _, labels in loader)
    return {"rate": pictures / (time.perf_counter() - start)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    for name in ["size", "batch", "threads", "workers", "untimed"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    step = Step("resnet18", arguments.batch, arguments.size)
    step.target = torch.rand(arguments.batch, 4) * FRAME
    given = (arguments.folder, arguments.size, arguments.batch, arguments.workers)
    loader = batches(*given)
    memory = iter(lambda batch=(step.image, step.label): batch, None)
    # A loader of its own: an epoch of `alone` would begin another one of the same workers.
    disk = endless(batches(*given))
    print(json.dumps({"ready": True, "torch": torch.__version__, "torchvision": torchvision.__version__}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            break
        if words == ["alone"]:
            answer = alone(loader)
        elif len(words) == 2 and words[0] in ("memory", "disk") and words[1].isdecimal() and int(words[1]) > 0:
            source = memory if words[0] == "memory" else disk
            answer = timed(step, source, arguments.untimed, int(words[1]))
        else:
            answer = {"error": f'expected "alone", "memory N", "disk N" or "quit", got {line.strip()!r}'}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
