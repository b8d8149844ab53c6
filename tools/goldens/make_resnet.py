"""Makes packages/localization/goldens/resnet18.json and resnet50.json: python3 tools/goldens/make_resnet.py [NAME].

Truth is PyTorch in float64. Each tensor is kept as its sketch (sketch.py), and with it the norm-wise relative error of
PyTorch's float32 on several of its code paths, measured on the whole tensors: our float32 may have at most twice that.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision

from choose_biases import choose_biases, flips_and_margin
from resnet_case import BATCH, CLASSES, PATHS, SIZE, Case
from sketch import encode, sketch
from two_head_resnet import BOX_WEIGHT, CLASS_WEIGHT, FRAME

FOLDER = Path(__file__).resolve().parents[2] / "packages" / "localization" / "goldens"
STEPS = 10
OPTIMIZERS = {
    "sgd": {"lr": 0.003, "momentum": 0.9, "weight_decay": 1e-4},
    "adam": {"lr": 1e-4, "betas": [0.9, 0.999], "eps": 1e-8},
}


def rounded(value):
    return float(f"{value:.3g}")


def relative(a, b):
    return ((a.double() - b).norm() / b.norm()).item()


class SketchCheck:
    """How well the sketches estimate the float32 errors that are also measured on the whole tensors."""

    def __init__(self):
        self.ratios = []

    def add(self, single, truth):
        true = (single.double() - truth).norm().item()
        if truth.numel() > 64 and true > 0:
            self.ratios.append(np.linalg.norm(sketch(single) - sketch(truth)) / true)

    def summary(self):
        ratios = np.array(self.ratios)
        return {
            "comparisons": ratios.size,
            "estimatedOverTrue": {
                "mean": rounded(ratios.mean()),
                "standardDeviation": rounded(ratios.std()),
                "least": rounded(ratios.min()),
                "largest": rounded(ratios.max()),
            },
        }


def whole(truth, singles):
    return {
        "values": [float(f"{value:.12g}") for value in truth.reshape(-1).tolist()],
        "float32Errors": [rounded(relative(single, truth)) for single in singles],
    }


def sketched(truth, singles, check):
    """{key: tensor} of the truth and of each float32 path, as the golden file holds it."""
    entries = {}
    for key, tensor in truth.items():
        for single in singles:
            check.add(single[key], tensor)
        entries[key] = {
            "norm": float(f"{tensor.norm().item():.12g}"),
            "float32Errors": [rounded(relative(single[key], tensor)) for single in singles],
            "sketch": encode(sketch(tensor)),
        }
    return entries


def one_step(case):
    logits, box, values = case.backward()
    gradients = case.in_order((key, parameter.grad) for key, parameter in case.model.named_parameters())
    running = case.in_order((key, value) for key, value in case.model.named_buffers() if value.is_floating_point())
    return {"outputs": (logits, box), "losses": values, "gradients": gradients, "running": running,
            "evaluation": case.evaluate()}


def trajectory(make_case, optimizer_name):
    """Ten steps: the total loss before each, and the parameters after all."""
    case = make_case()
    options = OPTIMIZERS[optimizer_name]
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer_name](case.model.parameters(), **options)
    totals = []
    for _ in range(STEPS):
        totals.append(case.backward()[2][2])
        with case.kernels():
            optimizer.step()
    return totals, case.in_order(case.model.named_parameters())


def golden_net(name, smooth, choices, paths=PATHS):
    """One of the two networks of a file; without `paths` the float64 truth alone."""
    check = SketchCheck()
    truth = one_step(Case(name, smooth, choices))
    singles = [one_step(Case(name, smooth, choices, path)) for path in paths]
    net = {
        "losses": dict(zip(("class", "box", "total"), truth["losses"])),
        "lossesFloat32Errors": {
            loss: [rounded(abs(single["losses"][i] / truth["losses"][i] - 1)) for single in singles]
            for i, loss in enumerate(("class", "box", "total"))
        },
    }
    for stage, field in (("outputs", "outputs"), ("evaluation", "evaluation")):
        net[field] = {
            output: whole(truth[stage][i], [single[stage][i] for single in singles])
            for i, output in enumerate(("logits", "boxes"))
        }
    net["gradients"] = sketched(truth["gradients"], [single["gradients"] for single in singles], check)
    net["runningStatistics"] = sketched(truth["running"], [single["running"] for single in singles], check)
    start = dict(Case(name, smooth, choices).model.named_parameters())
    for optimizer, options in OPTIMIZERS.items():
        totals, parameters = trajectory(lambda: Case(name, smooth, choices), optimizer)
        runs = [trajectory(lambda: Case(name, smooth, choices, path), optimizer) for path in paths]
        entries = sketched(parameters, [run[1] for run in runs], check)
        for parameter, entry in entries.items():
            entry["moved"] = rounded(relative(start[parameter].detach(), parameters[parameter]))
        net[optimizer] = {**options, "steps": STEPS, "totals": totals,
                          "totalsFloat32Errors": [[rounded(abs(a / b - 1)) for a, b in zip(run[0], totals)] for run in runs],
                          "parameters": entries}
    if paths:
        net["sketchCheck"] = check.summary()
    return net


def header(name):
    return {
        "maker": "tools/goldens/make_resnet.py",
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "network": name,
        "batch": BATCH,
        "imageSize": SIZE,
        "classes": CLASSES,
        "frame": FRAME,
        "weights": {"class": CLASS_WEIGHT, "box": BOX_WEIGHT},
        "float32Paths": PATHS,
    }


def main(names):
    for name in names:
        choices = choose_biases(Case(name, False, {}))
        truth = Case(name, False, choices)
        margins = [flips_and_margin(truth, Case(name, False, choices, path)) for path in PATHS]
        golden = {
            **header(name),
            "reluFlips": [flips for flips, _ in margins],
            "reluMargins": [rounded(margin) for _, margin in margins],
            "biasChoices": choices,
            "kinked": golden_net(name, False, choices),
            "smooth": golden_net(name, True, choices),
        }
        # One tensor to a line keeps the file small and its differences readable.
        text = json.dumps(golden, separators=(",", ":")).replace('"},"', '"},\n"').replace('},"', '},\n"')
        (FOLDER / f"{name}.json").write_text(text + "\n")
        for net in ("kinked", "smooth"):
            for part in ("gradients", "runningStatistics", "sgd", "adam"):
                entries = golden[net][part].get("parameters", golden[net][part])
                errors = np.array([entry["float32Errors"] for entry in entries.values()])
                print(name, net, part, "float32 error: median", np.median(errors, 0), "largest", errors.max(0))
            print(name, net, "sketch check", golden[net]["sketchCheck"])


if __name__ == "__main__":
    main(sys.argv[1:] or ["resnet18", "resnet50"])
