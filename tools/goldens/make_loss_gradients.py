"""Makes packages/training/goldens/loss-gradients.json: python3 tools/goldens/make_loss_gradients.py.

The gradient of each of several losses, their norms and their Gramian, at every boundary, by PyTorch's `autograd.grad`
in float64; and the gradient of their total with fixed weights. Tensors are kept as sketches (sketch.py), each with the
largest norm-wise relative error that PyTorch's float32 has on any of its code paths.
"""

import json
from pathlib import Path

import torch
import torchvision

from choose_biases import choose_biases, flips_and_margin
from loss_gradient_cases import CASES
from sketch import encode, sketch

FILE = Path(__file__).resolve().parents[2] / "packages" / "training" / "goldens" / "loss-gradients.json"


def rounded(value, digits=3):
    return float(f"{value:.{digits}g}")


def measure(case):
    """(values of the losses, {loss: {name: its gradient, None if it does not reach}}, {parameter: gradient of the total})"""
    with case.kernels():
        losses, tensors = case.forward()
        parameters = dict(case.model.named_parameters())
        at = {**parameters, **tensors}
        gradients = {
            loss: dict(zip(at, torch.autograd.grad(value, list(at.values()), retain_graph=True, allow_unused=True)))
            for loss, value in losses.items()
        }
        total = sum(case.WEIGHTS[loss] * value for loss, value in losses.items())
        of_total = torch.autograd.grad(total, list(parameters.values()))
    ordered = {
        loss: {**found, **case.in_order((name, gradient) for name, gradient in found.items() if gradient is not None)}
        for loss, found in gradients.items()
    }
    return {loss: value.item() for loss, value in losses.items()}, ordered, case.in_order(zip(parameters, of_total))


def gramian(gradients, names):
    """Dot products over all tensors named; a loss that does not reach a tensor counts as zero there."""
    sums = torch.zeros(len(gradients), len(gradients), dtype=torch.float64)
    for name in names:
        rows = [of_loss[name] for of_loss in gradients.values()]
        size = next(row.numel() for row in rows if row is not None)
        matrix = torch.stack([torch.zeros(size).double() if row is None else row.double().reshape(-1) for row in rows])
        sums += matrix @ matrix.T
    return sums


def gramian_error(single, truth):
    """The largest error of an entry, in units of the product of the two norms."""
    norms = truth.diagonal().sqrt()
    return ((single - truth).abs() / (norms[:, None] * norms[None])).max().item()


def stored(truth, singles):
    error = max((((single.double() - truth).norm() / truth.norm()).item() for single in singles), default=0)
    return {"norm": rounded(truth.norm().item(), 12), "float32Error": rounded(error), "sketch": encode(sketch(truth))}


def golden_case(name, choices, paths):
    make = CASES[name]
    truth = make(choices)
    values, gradients, total = measure(truth)
    singles = [measure(make(choices, path)) for path in paths]
    boundaries = {}
    for boundary, names in truth.BOUNDARIES.items():
        products = gramian(gradients, names)
        errors = [gramian_error(gramian(single[1], names), products) for single in singles]
        boundaries[boundary] = {
            "tensors": names,
            "gramian": [[rounded(entry, 12) for entry in row] for row in products.tolist()],
            "float32Error": rounded(max(errors, default=0)),
        }
    measured = dict.fromkeys(name for names in truth.BOUNDARIES.values() for name in names)
    return {
        "batch": make.BATCH,
        "biasChoices": choices,
        "weights": make.WEIGHTS,
        "losses": {loss: rounded(value, 12) for loss, value in values.items()},
        "boundaries": boundaries,
        "gradients": {
            tensor: {
                loss: stored(of_loss[tensor], [single[1][loss][tensor] for single in singles])
                for loss, of_loss in gradients.items()
                if of_loss[tensor] is not None
            }
            for tensor in measured
        },
        "total": {key: stored(gradient, [single[2][key] for single in singles]) for key, gradient in total.items()},
    }


def bias_choices(name):
    return choose_biases(CASES[name]({}))


def text(with_float32=True):
    """Without float32 its errors are 0: the truth alone takes a fifth of the time."""
    cases = {name: golden_case(name, bias_choices(name), case.PATHS if with_float32 else ()) for name, case in CASES.items()}
    header = {"maker": "tools/goldens/make_loss_gradients.py", "torch": torch.__version__, "torchvision": torchvision.__version__}
    content = json.dumps({**header, "cases": cases}, separators=(",", ":"))
    # One tensor to a line keeps its differences readable.
    return content.replace('"},"', '"},\n"').replace('},"', '},\n"') + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text())
    for name, case in json.loads(FILE.read_text())["cases"].items():
        margins = [
            flips_and_margin(CASES[name](case["biasChoices"]), CASES[name](case["biasChoices"], path))
            for path in CASES[name].PATHS
        ]
        errors = [entry["float32Error"] for of_tensor in case["gradients"].values() for entry in of_tensor.values()]
        products = {boundary: found["float32Error"] for boundary, found in case["boundaries"].items()}
        print(f"{name}: ReLU flips and margins {margins}, largest float32 error {max(errors)}, of the Gramian {products}")
    print(f"{FILE.stat().st_size / 1e3:.0f} kB")
