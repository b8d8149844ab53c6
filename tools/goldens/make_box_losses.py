"""Makes packages/localization/goldens/box-losses.json: python3 tools/goldens/make_box_losses.py.

Losses on pairs of boxes in units of the picture, by PyTorch and torchvision.ops in float64, each with its gradient for
the predicted box. The pairs are random ones by formula, and those where the formulas have a kink.
"""

import json
import math
from pathlib import Path

import torch
import torchvision
from torch.nn import functional
from torchvision import ops

from hash_fill import fill

FILE = Path(__file__).resolve().parents[2] / "packages" / "localization" / "goldens" / "box-losses.json"

# Predicted and true box, in eighths of the picture.
PAIRS = {
    "identical": ((1, 2, 5, 6), (1, 2, 5, 6)),
    "disjoint": ((0, 0, 2, 3), (4, 5, 7, 8)),
    "apart in x alone": ((0, 1, 2, 5), (4, 2, 7, 6)),
    "touching at an edge": ((0, 1, 3, 5), (3, 2, 7, 6)),
    "touching at a corner": ((0, 0, 3, 3), (3, 3, 7, 5)),
    "inside": ((2, 3, 4, 6), (1, 1, 7, 7)),
    "around": ((0, 0, 8, 8), (3, 2, 4, 5)),
    "with one side in common": ((1, 1, 5, 6), (1, 2, 6, 7)),
    "with two sides in common": ((1, 2, 4, 5), (1, 2, 6, 7)),
    "one centre, other shape": ((1, 3, 7, 5), (3, 1, 5, 7)),
    "one centre, one shape": ((3, 3, 5, 5), (2, 2, 6, 6)),
    "a sliver": ((2, 1, 2.001, 7), (1, 2, 3, 6)),
    "reaching out of the picture": ((-2, 1, 3, 9), (0, 2, 5, 7)),
}
RANDOM = 11


def boxes():
    """(names, predicted, truths): exact in float32."""
    pairs = torch.tensor(list(PAIRS.values()), dtype=torch.float32) / 8
    centre = fill("box-losses.centre", (RANDOM, 2, 2), 0.3, 0.5)
    size = fill("box-losses.size", (RANDOM, 2, 2), 0.2, 0.25)
    drawn = torch.cat([centre - size / 2, centre + size / 2], dim=-1)
    names = [*PAIRS, *(f"random {i}" for i in range(RANDOM))]
    both = torch.cat([pairs, drawn])
    return names, both[:, 0], both[:, 1]


def of_coordinates(loss, **options):
    return lambda predicted, truths: loss(predicted, truths, reduction="none", **options).mean(-1)


# In units of the picture; smooth-l1 with our default beta.
LOSSES = {
    "mse": of_coordinates(functional.mse_loss),
    "l1": of_coordinates(functional.l1_loss),
    "smooth-l1": of_coordinates(functional.smooth_l1_loss, beta=0.1),
    "giou": ops.generalized_box_iou_loss,
    "diou": ops.distance_box_iou_loss,
    "ciou": ops.complete_box_iou_loss,
}


def stored(tensor):
    values = tensor.detach().reshape(-1).tolist()
    assert all(map(math.isfinite, values))
    return [float(f"{value:.9g}") for value in values]


def golden(loss, predicted, truths):
    predicted, truths = predicted.double().requires_grad_(), truths.double()
    values = loss(predicted, truths)
    values.sum().backward()
    return {"values": stored(values), "gradients": stored(predicted.grad)}


def text():
    names, predicted, truths = boxes()
    content = {
        "maker": "tools/goldens/make_box_losses.py",
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "names": names,
        "predicted": stored(predicted),
        "truths": stored(truths),
        "losses": {name: golden(loss, predicted, truths) for name, loss in LOSSES.items()},
    }
    return json.dumps(content, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
    print(f"{FILE.stat().st_size / 1e3:.0f} kB")
