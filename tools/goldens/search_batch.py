"""Looks for the batch on which the least of the network's decisions hang on rounding: search_batch.py NAME [COUNT].

A ReLU whose input is nearer to zero than its float32 error may open in one implementation and close in another, and
one such flip moves gradients by 1e-3. The margin of a batch is the least |input of a ReLU| over all ReLUs, in units of the root
mean square float32 error of that layer's inputs; a batch of margin 3 and more gives every sound implementation the
same decisions. Prints the margin of each batch key; the best are the constants of make_resnet.py.
"""

import sys

import torch
from torch import nn

from resnet_case import Case, batch


def relu_inputs(case):
    inputs = []
    hooks = [
        module.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0].clone()))
        for module in case.model.modules()
        if isinstance(module, nn.ReLU)
    ]
    with torch.no_grad():
        case.model(case.image)
    for hook in hooks:
        hook.remove()
    return inputs


def margin(truth, single):
    worst = float("inf")
    for exact, rounded in zip(relu_inputs(truth), relu_inputs(single)):
        error = (rounded.double() - exact).square().mean().sqrt()
        worst = min(worst, (exact.abs().min() / error).item())
    return worst


if __name__ == "__main__":
    name, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40
    truth, single = Case(name, False, "0"), Case(name, False, "0", "onednn")
    for number in range(count):
        truth.image, single.image = batch(str(number), torch.float64)[0], batch(str(number), torch.float32)[0]
        print(number, f"{margin(truth, single):.3f}", flush=True)
