"""Batch norm biases that keep every ReLU of a network clear of its kink, on one batch.

A ReLU whose input is nearer to zero than its float32 error may open in one implementation and close in another, and
one such flip moves gradients by 1e-3 to 1e-2: a test of gradients would then measure luck. So each channel of each batch norm
takes the best of ten biases given by formula, by the distance to zero of the ReLU inputs that it shifts. One forward
pass in float64 settles all layers, first to last. The choice is stored as one digit per channel.
"""

import torch
from torch import nn

from hash_fill import CHOICES, parameter


def choose_biases(case):
    """{key of the bias: one digit per channel} for every batch norm that a ReLU follows; changes the case's biases."""
    choices, latest, hooks = {}, [], []

    def at_batch_norm(name):
        def hook(*_):
            latest[:] = [name]
        return hook

    def at_relu(_, arguments):
        x, key = arguments[0], f"{latest[0]}.bias"
        bias = case.model.get_parameter(key)
        candidates = torch.stack([parameter(key, bias.shape, str(k) * len(bias)).to(x) for k in range(CHOICES)])
        by_channel = x.transpose(0, 1).flatten(1)
        nearest = torch.stack([(by_channel + (c - bias)[:, None]).abs().amin(1) for c in candidates])
        best = nearest.argmax(0)
        choices[key] = "".join(str(k) for k in best.tolist())
        chosen = candidates.gather(0, best[None])[0]
        shift = (chosen - bias)[None, :, None, None]
        bias.copy_(chosen)
        return x + shift

    for name, module in case.model.named_modules():
        # The branch's own batch norm decides, though the shortcut's may run after it.
        if isinstance(module, nn.BatchNorm2d) and "downsample" not in name:
            hooks.append(module.register_forward_hook(at_batch_norm(name)))
        elif isinstance(module, nn.ReLU):
            hooks.append(module.register_forward_pre_hook(at_relu))
    with torch.no_grad():
        case.model(case.image)
    for hook in hooks:
        hook.remove()
    return choices


def relu_inputs(case):
    inputs = []
    relus = [module for module in case.model.modules() if isinstance(module, nn.ReLU)]
    hooks = [relu.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0].clone())) for relu in relus]
    with torch.no_grad(), case.kernels():
        case.model(case.image)
    for hook in hooks:
        hook.remove()
    return inputs


def flips_and_margin(truth, single):
    """The ReLUs that float32 decides otherwise, and the least |input| in root mean square float32 errors of its layer."""
    flips, margin = 0, float("inf")
    for exact, rounded in zip(relu_inputs(truth), relu_inputs(single)):
        flips += ((exact > 0) != (rounded > 0)).sum().item()
        error = (rounded.double() - exact).square().mean().sqrt()
        margin = min(margin, (exact.abs().min() / error).item())
    return flips, margin
