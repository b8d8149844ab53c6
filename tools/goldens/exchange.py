"""The PyTorch side of the exchange of weight files: exchange.py write FOLDER, and after exchange.mjs, exchange.py read FOLDER.

`write` makes torchvision ResNets and saves their whole state_dict, as safetensors and with torch.save, and a batch with what
they make of it. `read` loads the weights that our library wrote into torchvision, strictly, and compares what it makes of
the batch with our results.
"""

import sys
from pathlib import Path

import torch
import torchvision

import safetensors_file

NETWORKS = ("resnet18", "resnet50")
TOLERANCE = 1e-4


def features_and_logits(model, images):
    model.eval()
    found = {}
    model.avgpool.register_forward_hook(lambda _, __, pooled: found.update(features=pooled.flatten(1)))
    with torch.no_grad():
        found["logits"] = model(images)
    return found


def write(folder):
    torch.manual_seed(0)
    images = torch.randn(2, 3, 64, 64)
    for name in NETWORKS:
        model = getattr(torchvision.models, name)(weights=None)
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.2, 0.6)
                torch.nn.init.uniform_(module.bias, -0.1, 0.1)
        # Running statistics of their own: the untouched ones, 0 and 1, would hide an exchange.
        with torch.no_grad():
            for _ in range(20):
                model(images)
        safetensors_file.write(folder / f"torchvision-{name}.safetensors", model.state_dict())
        torch.save(model.state_dict(), folder / f"torchvision-{name}.pth")
        results = {"images": images, **features_and_logits(model, images)}
        safetensors_file.write(folder / f"torchvision-{name}-results.safetensors", results)


def read(folder):
    failed = False
    for name in NETWORKS:
        model = getattr(torchvision.models, name)(weights=None)
        model.load_state_dict(safetensors_file.read(folder / f"counterpoise-{name}.safetensors"), strict=True)
        ours = safetensors_file.read(folder / f"counterpoise-{name}-results.safetensors")
        logits = features_and_logits(model, ours["images"])["logits"]
        error = ((logits - ours["logits"]).norm() / logits.norm()).item()
        good = error < TOLERANCE
        failed = failed or not good
        print(f"our {name} weights in torchvision: {'the same' if good else 'other'} logits, {error:.1e} apart")
    return 1 if failed else 0


if __name__ == "__main__":
    command = {"write": write, "read": read}[sys.argv[1]]
    sys.exit(command(Path(sys.argv[2])))
