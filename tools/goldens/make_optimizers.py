"""Makes packages/nn/goldens/optimizers.json: python3 tools/goldens/make_optimizers.py.

Optimisers, clipping and schedules are PyTorch's in float64, on given gradients; initialisation is measured on many
draws of PyTorch's default modules and of torchvision's ResNet-50. Options carry the names of @counterpoise/nn.
"""

import json
import math
import warnings
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.optim import lr_scheduler

from hash_fill import fill

# SequentialLR of PyTorch 1.13 itself uses what PyTorch deprecates.
warnings.filterwarnings("ignore", message="The epoch parameter in")

FILE = Path(__file__).resolve().parents[2] / "packages" / "nn" / "goldens" / "optimizers.json"
SHAPES = {"weight": (2, 3), "bias": (3,)}
STEPS = 10


def numbers(tensor):
    return [float(f"{value:.12g}") for value in tensor.detach().reshape(-1).tolist()]


def start():
    return {key: fill(f"optimizer.{key}", shape) for key, shape in SHAPES.items()}


def gradients(step):
    """Gradients that grow a hundredfold over the steps; the first entry of the weight never gets one."""
    values = {key: fill(f"optimizer.{key}.gradient.{step}", shape, 10 ** (step / 5 - 1)) for key, shape in SHAPES.items()}
    values["weight"][0, 0] = 0
    return values


TORCH_OPTIONS = {"weightDecay": "weight_decay"}
OPTIMIZERS = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}


def trajectory(optimizer_name, **options):
    """The parameters after each step."""
    parameters = {key: value.double().requires_grad_() for key, value in start().items()}
    torch_options = {TORCH_OPTIONS.get(key, key): value for key, value in options.items()}
    optimizer = OPTIMIZERS[optimizer_name](parameters.values(), **torch_options)
    states = []
    for step in range(STEPS):
        for key, gradient in gradients(step).items():
            parameters[key].grad = gradient.double()
        optimizer.step()
        states.append({key: numbers(value) for key, value in parameters.items()})
    return {"optimizer": optimizer_name, "options": options, "parameters": states}


def trajectories():
    yield trajectory("SGD", lr=0.1)
    yield trajectory("SGD", lr=0.1, weightDecay=0.01)
    yield trajectory("SGD", lr=0.1, momentum=0.9)
    yield trajectory("SGD", lr=0.1, momentum=0.9, weightDecay=0.01)
    yield trajectory("SGD", lr=0.1, momentum=0.9, nesterov=True)
    yield trajectory("SGD", lr=0.1, momentum=0.9, nesterov=True, weightDecay=0.01)
    yield trajectory("Adam", lr=0.1)
    yield trajectory("Adam", lr=0.1, weightDecay=0.01)
    yield trajectory("Adam", lr=0.01, betas=[0.5, 0.9], eps=0.01)
    yield trajectory("AdamW", lr=0.1, weightDecay=0)
    # AdamW's default weight decay in PyTorch is 0.01.
    yield trajectory("AdamW", lr=0.1)
    yield trajectory("AdamW", lr=0.01, weightDecay=0.1, betas=[0.5, 0.9], eps=0.01)


def clipping(step, max_norm, scale=1.0):
    parameters = [nn.Parameter(value.double()) for value in start().values()]
    given = {key: value * scale for key, value in gradients(step).items()}
    for parameter, gradient in zip(parameters, given.values()):
        parameter.grad = gradient.double()
    total = nn.utils.clip_grad_norm_(parameters, max_norm)
    return {
        "maxNorm": max_norm,
        "gradients": {key: numbers(value) for key, value in given.items()},
        "totalNorm": total.item(),
        "clipped": {key: numbers(parameter.grad) for key, parameter in zip(given, parameters)},
    }


def schedule(kind, make, epochs, **options):
    """The factor on the learning rate in epochs 0, 1, ...; options are those of PyTorch's scheduler, in camel case."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    factors = []
    for _ in range(epochs):
        factors.append(float(f"{scheduler.get_last_lr()[0]:.12g}"))
        optimizer.step()
        scheduler.step()
    return {"schedule": kind, "options": options, "factors": factors}


def schedules():
    yield schedule("constant", lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1.0), 12)
    yield schedule("StepLR", lambda o: lr_scheduler.StepLR(o, 3, 0.1), 12, stepSize=3, gamma=0.1)
    yield schedule("StepLR", lambda o: lr_scheduler.StepLR(o, 1, 0.5), 12, stepSize=1, gamma=0.5)
    yield schedule("CosineAnnealingLR", lambda o: lr_scheduler.CosineAnnealingLR(o, 10), 11, tMax=10, etaMin=0)
    yield schedule("CosineAnnealingLR", lambda o: lr_scheduler.CosineAnnealingLR(o, 7, 0.05), 8, tMax=7, etaMin=0.05)
    yield schedule("LinearLR", lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, 5), 12, startFactor=0.1, totalIters=5)
    yield schedule("LinearLR", lambda o: lr_scheduler.LinearLR(o), 12, startFactor=1 / 3, totalIters=5)
    yield schedule(
        "LinearLR then CosineAnnealingLR",
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 0.01, 1.0, 4), lr_scheduler.CosineAnnealingLR(o, 10)], [4]
        ),
        15,
        startFactor=0.01,
        totalIters=4,
        tMax=10,
        etaMin=0,
    )


def drawn(make, draws):
    """All values of many draws of one tensor."""
    torch.manual_seed(0)
    return torch.cat([make().detach().double().reshape(-1) for _ in range(draws)])


def uniform_case(module, key, shape, bound, make):
    values = drawn(make, math.ceil(200_000 / math.prod(shape)))
    return {"module": module, "key": key, "shape": list(shape), "distribution": "uniform", "bound": bound,
            "measured": {"count": values.numel(), "largest": values.abs().max().item(), "variance": values.var().item()}}


def initialisation():
    """PyTorch's defaults: weight and bias uniform in 1 / sqrt(fan_in) (kaiming_uniform_ with a = sqrt(5))."""
    for module, arguments, fan_in in [
        (nn.Conv2d, dict(in_channels=3, out_channels=8, kernel_size=3), 27),
        (nn.Conv2d, dict(in_channels=8, out_channels=4, kernel_size=3, groups=4), 18),
        (nn.Linear, dict(in_features=64, out_features=10), 64),
    ]:
        for key in ("weight", "bias"):
            shape = tuple(getattr(module(**arguments), key).shape)
            name = f"{module.__name__}({', '.join(f'{k}={v}' for k, v in arguments.items())})"
            yield uniform_case(name, key, shape, 1 / math.sqrt(fan_in), lambda: getattr(module(**arguments), key))


def resnet_initialisation():
    """torchvision's ResNet: convolutions normal with variance 2 / fan_out, batch norms 1 and 0, fc by the default."""
    torch.manual_seed(0)
    for key, value in torchvision.models.resnet50().state_dict().items():
        if not value.is_floating_point():
            continue
        entry = {"key": key, "shape": list(value.shape)}
        if value.dim() == 4:
            variance = 2 / (value.shape[0] * value.shape[2] * value.shape[3])
            yield {**entry, "distribution": "normal", "variance": variance, "measured": value.double().var().item()}
        elif key.startswith("fc."):
            yield {**entry, "distribution": "uniform", "bound": 1 / math.sqrt(2048), "measured": value.double().var().item()}
        else:
            assert value.min() == value.max()
            yield {**entry, "distribution": "constant", "value": value[0].item()}


def check_resnet(entries):
    """The formula must be what torchvision draws: six standard errors of a sample variance, sqrt(2 / n) of it."""
    for entry in entries:
        if entry["distribution"] == "normal":
            allowed = 6 * math.sqrt(2 / math.prod(entry["shape"]))
            assert abs(entry["measured"] / entry["variance"] - 1) < allowed, entry
    return entries


def lines(entries):
    return "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"


def text():
    parts = {
        "shapes": json.dumps(SHAPES),
        "start": json.dumps({key: numbers(value) for key, value in start().items()}),
        "gradients": lines({key: numbers(value) for key, value in gradients(step).items()} for step in range(STEPS)),
        "optimizers": lines(trajectories()),
        # The bound below and above the norm, and no gradient at all.
        "clipGradNorm": lines([clipping(9, 1.0), clipping(0, 100.0), clipping(9, 1.0, scale=0.0)]),
        "schedules": lines(schedules()),
        "initialisation": lines(initialisation()),
        "resnet50Initialisation": lines(check_resnet(list(resnet_initialisation()))),
    }
    head = json.dumps({"maker": "tools/goldens/make_optimizers.py", "torch": torch.__version__})[:-1]
    return head + "".join(f',\n"{key}": {value}' for key, value in parts.items()) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
    print(f"{FILE.stat().st_size / 1e3:.0f} kB")
