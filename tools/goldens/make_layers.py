"""Makes packages/engine/goldens/layers.json: python3 tools/goldens/make_layers.py.

One case per operator and setting: inputs, the results of PyTorch in float64, and the gradients of
sum(cotangent * result) with respect to the differentiable inputs. Operators and options carry the names of
@counterpoise/engine. Inputs are float32 numbers made by hash_fill.fill(f"{case}.{input}", shape); all are stored.
"""

import json
from pathlib import Path

import torch

from hash_fill import fill, integers
from layer_operators import case

FILE = Path(__file__).resolve().parents[2] / "packages" / "engine" / "goldens" / "layers.json"


def conv_case(name, x, weight, bias=False, **options):
    inputs = {"x": fill(f"{name}.x", x), "weight": fill(f"{name}.weight", weight)}
    if bias:
        inputs["bias"] = fill(f"{name}.bias", weight[:1])
    return case(name, "conv2d", inputs, **options)


def convolutions():
    yield conv_case("conv 1x1", (2, 4, 5, 5), (6, 4, 1, 1))
    yield conv_case("conv 1x1 with bias", (2, 4, 3, 5), (3, 4, 1, 1), bias=True)
    yield conv_case("conv 1x1 stride 2, even size", (2, 4, 6, 6), (5, 4, 1, 1), stride=2)
    yield conv_case("conv 1x1 stride 2, odd size", (2, 4, 5, 7), (5, 4, 1, 1), stride=2)
    yield conv_case("conv 1x1 padded", (1, 2, 3, 3), (2, 2, 1, 1), padding=1)
    yield conv_case("conv 3x3", (2, 3, 5, 5), (4, 3, 3, 3))
    yield conv_case("conv 3x3 padding 1", (2, 3, 6, 5), (4, 3, 3, 3), bias=True, padding=1)
    yield conv_case("conv 3x3 padding 1 on one pixel", (3, 4, 1, 1), (4, 4, 3, 3), padding=1)
    yield conv_case("conv 3x3 padding 1 on two pixels", (3, 4, 2, 2), (4, 4, 3, 3), padding=1)
    yield conv_case("conv 3x3 stride 2 padding 1, even size", (2, 3, 6, 6), (4, 3, 3, 3), stride=2, padding=1)
    yield conv_case("conv 3x3 stride 2 padding 1, odd size", (2, 3, 7, 5), (4, 3, 3, 3), stride=2, padding=1)
    yield conv_case("conv 3x3 stride 2 padding 0, a row unused", (2, 3, 6, 8), (4, 3, 3, 3), stride=2)
    yield conv_case("conv 3x3 stride 3", (1, 3, 8, 9), (4, 3, 3, 3), stride=3, padding=1)
    yield conv_case("conv 3x3 padding 2, wider than same", (1, 3, 4, 4), (2, 3, 3, 3), padding=2)
    yield conv_case("conv 3x3 dilation 2", (2, 3, 7, 7), (4, 3, 3, 3), padding=2, dilation=2)
    yield conv_case("conv 3x3 dilation 2 stride 2", (1, 3, 9, 8), (4, 3, 3, 3), stride=2, padding=2, dilation=2)
    yield conv_case("conv 3x5, all options by axis", (1, 2, 8, 11), (3, 2, 3, 5), bias=True, stride=[2, 1],
                    padding=[1, 3], dilation=[1, 2])
    yield conv_case("conv 2x2 stride 2", (2, 3, 6, 4), (4, 3, 2, 2), stride=2)
    yield conv_case("conv 7x7 stride 2 padding 3", (1, 3, 14, 13), (2, 3, 7, 7), stride=2, padding=3)
    yield conv_case("conv 7x7 stride 2 padding 3, input below the kernel", (2, 3, 4, 4), (2, 3, 7, 7), stride=2, padding=3)
    yield conv_case("conv 3x3 in 2 groups", (2, 4, 5, 5), (6, 2, 3, 3), bias=True, padding=1, groups=2)
    yield conv_case("conv 3x3 in 2 groups stride 2", (2, 4, 6, 6), (4, 2, 3, 3), stride=2, padding=1, groups=2)
    yield conv_case("conv 1x1 in 4 groups", (2, 8, 3, 3), (4, 2, 1, 1), groups=4)
    yield conv_case("conv 3x3 depthwise", (2, 5, 5, 5), (5, 1, 3, 3), padding=1, groups=5)
    yield conv_case("conv 3x3 depthwise, two per channel, stride 2", (1, 3, 7, 7), (6, 1, 3, 3), stride=2, padding=1, groups=3)


def batch_norms():
    shapes = [("", (4, 3, 5, 3)), (" on one pixel", (6, 4, 1, 1)), (" on one image", (1, 3, 4, 4)), (" on two values", (2, 3, 1, 1))]
    for suffix, shape in shapes:
        name = f"batch norm training{suffix}"
        weight, bias = fill(f"{name}.weight", shape[1:2], 0.5, 1.0), fill(f"{name}.bias", shape[1:2])
        yield case(name, "batchNormTraining", {"x": fill(f"{name}.x", shape, 2.0, 0.5), "weight": weight, "bias": bias})
        name = f"running statistics{suffix}"
        mean, variance = fill(f"{name}.mean", shape[1:2]), fill(f"{name}.variance", shape[1:2], 0.5, 1.0)
        yield case(name, "runningStatistics",
                   {"x": fill(f"{name}.x", shape, 2.0, 0.5), "mean": mean, "variance": variance}, momentum=0.1)
    name = "batch norm training, eps 0.1, mean far from zero"
    yield case(name, "batchNormTraining", {"x": fill(f"{name}.x", (3, 2, 4, 4), 1.0, 50.0),
               "weight": fill(f"{name}.weight", (2,)), "bias": fill(f"{name}.bias", (2,))}, eps=0.1)
    name = "batch norm training, a constant channel"
    x = fill(f"{name}.x", (2, 2, 3, 3))
    x[:, 1] = 0.75
    yield case(name, "batchNormTraining", {"x": x, "weight": fill(f"{name}.weight", (2,)), "bias": fill(f"{name}.bias", (2,))})
    name = "batch norm inference"
    yield case(name, "batchNormInference", {
        "x": fill(f"{name}.x", (2, 3, 4, 3), 2.0), "weight": fill(f"{name}.weight", (3,), 0.5, 1.0),
        "bias": fill(f"{name}.bias", (3,)), "mean": fill(f"{name}.mean", (3,)),
        "variance": fill(f"{name}.variance", (3,), 0.5, 1.0)})


def with_ties(name, shape):
    """Quarters between -1 and 1, so that most windows have several maxima."""
    return (fill(name, shape) * 4).round() / 4


def poolings():
    for suffix, shape, options in [
        ("3x3 stride 2 padding 1, even size", (2, 2, 6, 8), {"kernel": 3, "stride": 2, "padding": 1}),
        ("3x3 stride 2 padding 1, odd size", (2, 2, 7, 5), {"kernel": 3, "stride": 2, "padding": 1}),
        ("2x2", (2, 2, 6, 5), {"kernel": 2}),
        ("3x2, all options by axis", (1, 2, 7, 8), {"kernel": [3, 2], "stride": [1, 2], "padding": [1, 0]}),
        ("3x3 stride 1, overlapping", (1, 2, 5, 5), {"kernel": 3, "stride": 1, "padding": 1}),
        ("2x2 stride 3, pixels unused", (1, 2, 7, 8), {"kernel": 2, "stride": 3}),
    ]:
        for tied in (False, True):
            name = f"max pool {suffix}{', ties' if tied else ''}"
            x = with_ties(f"{name}.x", shape) if tied else fill(f"{name}.x", shape)
            yield case(name, "maxPool2d", {"x": x}, **options)
        yield case(f"avg pool {suffix}", "avgPool2d", {"x": fill(f"avg pool {suffix}.x", shape)}, **options)
        if "padding" in options:
            name = f"avg pool {suffix}, padding not counted"
            yield case(name, "avgPool2d", {"x": fill(f"{name}.x", shape)}, countIncludePad=False, **options)
    name = "max pool below zero at the border"
    yield case(name, "maxPool2d", {"x": fill(f"{name}.x", (1, 2, 4, 4), 1.0, -2.0)}, kernel=3, stride=2, padding=1)
    yield case("max pool of zeros", "maxPool2d", {"x": torch.zeros(1, 2, 5, 5)}, kernel=3, stride=2, padding=1)
    for shape in [(2, 3, 4, 5), (3, 4, 1, 1)]:
        name = f"global average pool {shape[2]}x{shape[3]}"
        yield case(name, "globalAveragePool", {"x": fill(f"{name}.x", shape)})


def pointwise():
    for operator in ("relu", "sigmoid", "tanh", "softplus"):
        yield case(operator, operator, {"x": fill(f"{operator}.x", (3, 4), 3.0)})
        # PyTorch's softplus is x above 20: both sides of that, and where exp overflows float32.
        far = torch.tensor([-200.0, -90.0, -30.0, -15.0, -1e-4, 0.0, 1e-4, 15.0, 19.5, 30.0, 90.0, 200.0])
        yield case(f"{operator} far out", operator, {"x": far})


def linears():
    for suffix, bias in (("", False), (" with bias", True)):
        name = f"linear{suffix}"
        inputs = {"x": fill(f"{name}.x", (4, 7)), "weight": fill(f"{name}.weight", (5, 7))}
        if bias:
            inputs["bias"] = fill(f"{name}.bias", (5,))
        yield case(name, "linear", inputs)


def classification():
    for suffix, options, weighted in [
        ("", {}, False),
        (" label smoothing", {"labelSmoothing": 0.1}, False),
        (" class weights", {}, True),
        (" label smoothing and class weights", {"labelSmoothing": 0.2}, True),
        (" smoothing 1", {"labelSmoothing": 1.0}, True),
    ]:
        for reduction in ("mean", "sum", "none"):
            name = f"cross-entropy{suffix} {reduction}"
            inputs = {"logits": fill(f"{name}.logits", (6, 5), 3.0), "labels": integers(f"{name}.labels", 6, 5)}
            if weighted:
                inputs["weight"] = fill(f"{name}.weight", (5,), 0.9, 1.0)
            yield case(name, "crossEntropy", inputs, reduction=reduction, **options)
    name = "cross-entropy of logits of hundreds"
    yield case(name, "crossEntropy", {"logits": fill(f"{name}.logits", (4, 3), 400.0), "labels": integers(f"{name}.labels", 4, 3)})


def regression():
    for operator, variants in [
        ("mseLoss", [{}]),
        ("l1Loss", [{}]),
        ("smoothL1Loss", [{}, {"beta": 0.1}, {"beta": 0.5}, {"beta": 0.0}]),
    ]:
        for options in variants:
            for reduction in ("mean", "sum", "none"):
                name = " ".join([operator, *(f"{key} {value}" for key, value in options.items()), reduction])
                prediction, target = fill(f"{name}.prediction", (4, 4), 2.0), fill(f"{name}.target", (4, 4), 2.0)
                target[0] = prediction[0]
                yield case(name, operator, {"prediction": prediction, "target": target}, reduction=reduction, **options)


def text():
    makers = [convolutions, batch_norms, poolings, pointwise, linears, classification, regression]
    cases = [golden for maker in makers for golden in maker()]
    head = json.dumps({"maker": "tools/goldens/make_layers.py", "torch": torch.__version__})
    lines = ",\n".join(json.dumps(golden, separators=(",", ":")) for golden in cases)
    return f'{head[:-1]}, "cases": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(text())
    print(f"{FILE.stat().st_size / 1e3:.0f} kB")
