"""Two losses of different scales in PyTorch, balanced by Counterpoise through a pipe.

    npm run build && python3 examples/weigh-from-python/train.py

The task: points in the plane, within a metre or so of the origin. Class: in which sectors of a six-part pie is the point
(cross-entropy, about 0.7 at first)? Number: how far away is it (squared error in square millimetres, some 10^5 at first)?
Trained with the plain sum, with a method that sees the losses, and with one that sees the gradients.
"""

import sys
from pathlib import Path

import torch
from torch import nn

from counterpoise import Balancer

# In a project of its own: npx counterpoise, after npm install @counterpoise/cli.
COMMAND = ("node", str(Path(__file__).parents[2] / "packages/cli/bin/counterpoise.js"))
STEPS, BATCH = 1500, 64


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.classifier = nn.Linear(64, 2)
        self.distance = nn.Linear(64, 1)

    def forward(self, points):
        features = self.trunk(points)
        return self.classifier(features), self.distance(features)[:, 0]


def draw_batch(generator):
    points = 2 * torch.rand(BATCH, 2, generator=generator) - 1
    labels = (torch.sin(3 * torch.atan2(points[:, 1], points[:, 0])) > 0).long()
    return points, labels, points.norm(dim=1)


def gramian_of(losses, parameters):
    """G = J J^T, the dot products of the gradients of the losses with respect to the shared parameters: K backward passes."""
    rows = [torch.autograd.grad(loss, parameters, retain_graph=True) for loss in losses]
    jacobian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows]).double()
    return (jacobian @ jacobian.T).tolist()


def train(method, learning_rate, sees_gradients=False):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    model = TwoHeads()
    shared = list(model.trunk.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, 3 * (STEPS - step) / STEPS))
    correct, error = 0, 0.0
    with Balancer(method, command=COMMAND) as balancer:
        for step in range(STEPS):
            points, labels, metres = draw_batch(generator)
            logits, distance = model(points)
            losses = {
                "class": nn.functional.cross_entropy(logits, labels),
                "distance": 1e6 * nn.functional.mse_loss(distance, metres),
            }
            evidence = {"losses": {name: loss.item() for name, loss in losses.items()}}
            if sees_gradients:
                # Rows in the order of the losses.
                evidence["gramian"] = gramian_of(losses.values(), shared)
            weights = balancer.weigh(**evidence)["weights"]

            optimizer.zero_grad()
            # The weights are plain numbers: constants for the gradient.
            sum(weights[name] * loss for name, loss in losses.items()).backward()
            optimizer.step()
            schedule.step()

            # The last 50 batches, each predicted before it is learnt from.
            if step >= STEPS - 50:
                correct += (logits.argmax(1) == labels).sum().item()
                error += 1000 * (distance - metres).abs().sum().item()
    accuracy, error = correct / (50 * BATCH), error / (50 * BATCH)
    print(f"{method:12} learning rate {learning_rate:<7g} accuracy {accuracy:.3f}  mean error {error:6.1f} mm", flush=True)
    return accuracy


if __name__ == "__main__":
    torch.set_num_threads(1)
    # Each at the best learning rate of a few; three times as much, and the sum falls apart.
    alone = train("sum", 3e-7)
    balanced = [train("ema", 0.02), train("imtl-g", 0.03, sees_gradients=True)]
    if min(balanced) < alone + 0.1:
        sys.exit("the class should be far better with balanced losses than with the plain sum")
