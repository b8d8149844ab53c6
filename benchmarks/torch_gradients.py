"""PyTorch's side of the benchmark of per-loss gradients: one training step, run on demand by another process.

    python3 benchmarks/torch_gradients.py resnet50 --losses 2 --way parameters --size 64 --threads 2

The protocol is that of torch_step.py. The network is a ResNet with one linear head per loss: in turn a cross-entropy of ten
classes and a mean squared error of a box in units of the picture. Each way is the leanest that we know of in plain PyTorch:

    sum              one backward pass of the plain sum, whose value alone reaches the host
    values           the losses reach the host, which weighs them by their running maximum; one backward pass
    representation   the gradient of each loss for the pooled features and its own head, then one pass through the trunk
    last-layer       the gradient of each loss for the last convolution and its normalisation, then a backward pass of the weighted sum
    output           the gradient of each loss for its head's output, then one backward pass from the weighted outputs
    parameters       the gradient of each loss for all parameters, and their K x K Gramian; the gradients are added up by weight
    entries          the same gradients; GradDrop (Chen et al. 2020) chooses the sign of each entry at random

Where a boundary is measured, the K x K Gramian reaches the host, and the weights are 1 / norm: what a host computes from
K x K numbers takes microseconds in any method.
"""

import argparse
import functools

import torch
import torchvision
from torch import nn
from torch.nn import functional

from torch_step import CLASSES, LEARNING_RATE, add_shape_arguments, positive, serve


class ManyHeads(nn.Module):
    def __init__(self, name, count):
        super().__init__()
        self.backbone = getattr(torchvision.models, name)(weights=None)
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.heads = nn.ModuleList(nn.Linear(features, 4 if k % 2 else CLASSES) for k in range(count))

    @property
    def last_layer(self):
        block = self.backbone.layer4[-1]
        convolution, norm = (block.conv3, block.bn3) if hasattr(block, "conv3") else (block.conv2, block.bn2)
        return [convolution.weight, norm.weight, norm.bias]


def gramian(gradients):
    """K x K dot products, summed over the tensors of each loss, on the host."""
    count = len(gradients)
    rows = [
        torch.stack([sum(torch.dot(a.reshape(-1), b.reshape(-1)) for a, b in zip(gradients[i], gradients[j]))
                     for j in range(i + 1)])
        for i in range(count)
    ]
    return [row.tolist() for row in rows]


def weights_of(products):
    return [1 / max(row[-1], 1e-20) ** 0.5 for row in products]


class Step:
    def __init__(self, name, count, way, batch, size):
        torch.manual_seed(0)
        self.model = ManyHeads(name, count).train()
        self.image = torch.randn(batch, 3, size, size)
        self.labels = [torch.randint(CLASSES, (batch,)) for _ in range(count)]
        self.targets = [torch.rand(batch, 4) for _ in range(count)]
        self.shared = list(self.model.backbone.parameters())
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LEARNING_RATE, momentum=0.9, foreach=True)
        self.largest = [0.0] * count
        self.backward = getattr(self, way.replace("-", "_"))

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        features = self.model.backbone(self.image)
        outputs = [head(features) for head in self.model.heads]
        losses = [
            functional.mse_loss(torch.sigmoid(output), self.targets[k])
            if k % 2 else functional.cross_entropy(output, self.labels[k])
            for k, output in enumerate(outputs)
        ]
        total = self.backward(features, outputs, losses)
        self.optimizer.step()
        return total

    def sum(self, _features, _outputs, losses):
        total = sum(losses)
        total.backward()
        return total.item()

    def values(self, _features, _outputs, losses):
        values = [loss.item() for loss in losses]
        self.largest = [max(a, b) for a, b in zip(self.largest, values)]
        sum(loss / most for loss, most in zip(losses, self.largest)).backward()
        return sum(value / most for value, most in zip(values, self.largest))

    def representation(self, features, _outputs, losses):
        heads = [list(head.parameters()) for head in self.model.heads]
        # The graph of each head is its own: none needs to be kept.
        found = [torch.autograd.grad(loss, [features, *head]) for loss, head in zip(losses, heads)]
        weights = weights_of(gramian([gradients[:1] for gradients in found]))
        for weight, head, (_, *gradients) in zip(weights, heads, found):
            for parameter, gradient in zip(head, gradients):
                parameter.grad = gradient * weight
        features.backward(sum(weight * gradients[0] for weight, gradients in zip(weights, found)))
        return self.total(weights, losses)

    def last_layer(self, _features, _outputs, losses):
        at = self.model.last_layer
        found = [torch.autograd.grad(loss, at, retain_graph=True) for loss in losses]
        weights = weights_of(gramian(found))
        sum(weight * loss for weight, loss in zip(weights, losses)).backward()
        return self.total(weights, losses)

    def output(self, _features, outputs, losses):
        found = [torch.autograd.grad(loss, output)[0] for loss, output in zip(losses, outputs)]
        # Each loss reads an output of its own: the Gramian is diagonal.
        norms = torch.stack([torch.dot(gradient.reshape(-1), gradient.reshape(-1)) for gradient in found]).tolist()
        weights = weights_of([[square] for square in norms])
        torch.autograd.backward(outputs, [weight * gradient for weight, gradient in zip(weights, found)])
        return self.total(weights, losses)

    def every_gradient(self, losses):
        """Of each loss: the gradients of the shared parameters and those of its head."""
        found = []
        for k, (loss, head) in enumerate(zip(losses, self.model.heads)):
            at = [*self.shared, *head.parameters()]
            found.append(torch.autograd.grad(loss, at, retain_graph=k + 1 < len(losses)))
        return found

    def parameters(self, _features, _outputs, losses):
        found = self.every_gradient(losses)
        count = len(self.shared)
        weights = weights_of(gramian([gradients[:count] for gradients in found]))
        for place, parameter in enumerate(self.shared):
            parameter.grad = functools.reduce(
                lambda sofar, k: sofar.add_(found[k][place], alpha=weights[k]),
                range(1, len(found)),
                found[0][place] * weights[0],
            )
        for weight, head, gradients in zip(weights, self.model.heads, found):
            for parameter, gradient in zip(head.parameters(), gradients[count:]):
                parameter.grad = gradient * weight
        return self.total(weights, losses)

    def entries(self, _features, _outputs, losses):
        found = self.every_gradient(losses)
        count = len(self.shared)
        for place, parameter in enumerate(self.shared):
            parts = torch.stack([gradients[place] for gradients in found])
            # P = (1 + sum g / sum |g|) / 2 is the chance of the positive entries.
            chance = 0.5 * (1 + parts.sum(0) / parts.abs().sum(0).clamp_(min=1e-20))
            positive_wins = chance > torch.rand_like(chance)
            parameter.grad = torch.where((parts > 0) == positive_wins, parts, 0.0).sum(0)
        for head, gradients in zip(self.model.heads, found):
            for parameter, gradient in zip(head.parameters(), gradients[count:]):
                parameter.grad = gradient
        return sum(losses).item()

    @staticmethod
    def total(weights, losses):
        return sum(weight * value for weight, value in zip(weights, torch.stack(losses).tolist()))


WAYS = ["sum", "values", "representation", "last-layer", "output", "parameters", "entries"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_shape_arguments(parser)
    parser.add_argument("--losses", type=positive, default=2)
    parser.add_argument("--way", choices=WAYS, required=True)
    arguments = parser.parse_args()
    serve(
        lambda: Step(arguments.network, arguments.losses, arguments.way, arguments.batch, arguments.size),
        arguments.threads,
    )


if __name__ == "__main__":
    main()
