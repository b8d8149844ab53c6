"""The operators of @counterpoise/engine in PyTorch, with the engine's names of operators, inputs and options."""

import torch
from torch.nn import functional

from hash_fill import fill


def pair(value):
    return tuple(value) if isinstance(value, list) else value


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return functional.conv2d(x, weight, bias, pair(stride), pair(padding), pair(dilation), groups)


def batch_norm_training(x, weight, bias, eps=1e-5):
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    return functional.batch_norm(x, None, None, weight, bias, True, 0.1, eps), mean.detach(), variance.detach()


def running_statistics(x, mean, variance, momentum=0.1):
    """The running statistics after one training step: PyTorch mixes in the unbiased variance."""
    mean, variance = mean.detach().clone(), variance.detach().clone()
    functional.batch_norm(x.detach(), mean, variance, None, None, True, momentum)
    return mean, variance


def batch_norm_inference(x, weight, bias, mean, variance, eps=1e-5):
    return functional.batch_norm(x, mean, variance, weight, bias, False, 0.1, eps)


def max_pool2d(x, kernel, stride=None, padding=0):
    return functional.max_pool2d(x, pair(kernel), pair(stride), pair(padding))


def avg_pool2d(x, kernel, stride=None, padding=0, countIncludePad=True):
    return functional.avg_pool2d(x, pair(kernel), pair(stride), pair(padding), count_include_pad=countIncludePad)


def cross_entropy(logits, labels, weight=None, labelSmoothing=0.0, reduction="mean"):
    return functional.cross_entropy(logits, labels, weight, label_smoothing=labelSmoothing, reduction=reduction)


OPERATORS = {
    "conv2d": conv2d,
    "batchNormTraining": batch_norm_training,
    "runningStatistics": running_statistics,
    "batchNormInference": batch_norm_inference,
    "relu": lambda x: functional.relu(x),
    "sigmoid": lambda x: torch.sigmoid(x),
    "tanh": lambda x: torch.tanh(x),
    "softplus": lambda x: functional.softplus(x),
    "maxPool2d": max_pool2d,
    "avgPool2d": avg_pool2d,
    "globalAveragePool": lambda x: functional.adaptive_avg_pool2d(x, 1),
    "linear": lambda x, weight, bias=None: functional.linear(x, weight, bias),
    "crossEntropy": cross_entropy,
    "mseLoss": lambda prediction, target, reduction: functional.mse_loss(prediction, target, reduction=reduction),
    "l1Loss": lambda prediction, target, reduction: functional.l1_loss(prediction, target, reduction=reduction),
    "smoothL1Loss": lambda prediction, target, reduction, beta=1.0: functional.smooth_l1_loss(
        prediction, target, reduction=reduction, beta=beta
    ),
}

# Inputs that are constants for the gradient.
CONSTANTS = {"labels", "mean", "variance", "target"}
CONSTANTS_OF = {"crossEntropy": {"weight"}, "runningStatistics": {"x"}}


def stored(tensor):
    """Nine significant digits: exact for float32 inputs, and 1e-9 for float64 results."""
    values = tensor.detach().reshape(-1).tolist()
    return {"shape": list(tensor.shape), "values": [v if isinstance(v, int) else float(f"{v:.9g}") for v in values]}


def case(name, operator, inputs, **options):
    constants = CONSTANTS | CONSTANTS_OF.get(operator, set())
    tensors = {
        key: value.double().requires_grad_(key not in constants) if value.is_floating_point() else value
        for key, value in inputs.items()
    }
    results = OPERATORS[operator](**tensors, **options)
    results = results if isinstance(results, tuple) else (results,)
    golden = {
        "name": name,
        "operator": operator,
        "options": options,
        "inputs": {key: stored(value) for key, value in inputs.items()},
        "results": [stored(result) for result in results],
    }
    differentiable = {key: tensor for key, tensor in tensors.items() if tensor.requires_grad}
    if differentiable:
        cotangent = fill(f"{name}.cotangent", results[0].shape)
        (cotangent.double() * results[0]).sum().backward()
        golden["cotangent"] = stored(cotangent)
        golden["gradients"] = {key: stored(tensor.grad) for key, tensor in differentiable.items()}
    return golden
