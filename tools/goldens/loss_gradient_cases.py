"""The networks of loss-gradients.json: one network with several losses each, and what lies at each boundary, told by hand.

A case is one network on one batch: `model`, `image`, `kernels` and `in_order` as of resnet_case.Case, and

    forward()    ({loss: scalar}, {name: tensor that is no parameter but lies at a boundary})
    BOUNDARIES   {boundary: names of parameters and tensors}
    WEIGHTS      {loss: its fixed weight in the total}

packages/training/src/testing/golden-networks.ts and packages/localization build the same networks: change both or neither.
"""

import contextlib

import torch
from torch import nn
from torch.nn import functional

from hash_fill import fill, integers, parameter
from resnet_case import PATHS, Case
from two_head_resnet import BOX_WEIGHT, CLASS_WEIGHT, FRAME, losses


def names_of(layer):
    return [f"{layer}.weight", f"{layer}.bias"]


class ResNet18(Case):
    """The localizer: cross-entropy, and the mean squared error of the box in pixels, after a sigmoid."""

    PATHS = PATHS
    BATCH = 8
    WEIGHTS = {"class": CLASS_WEIGHT, "box": BOX_WEIGHT}

    def __init__(self, choices, path=None):
        super().__init__("resnet18", False, choices, path, self.BATCH)
        self.BOUNDARIES = {
            "parameters": [key for key, _ in self.model.named_parameters() if key.startswith("backbone.")],
            "representation": ["features"],
            "last-layer": ["backbone.layer4.1.conv2.weight", *names_of("backbone.layer4.1.bn2")],
            "output": ["logits", "rawBox"],
        }

    def forward(self):
        features = self.model.backbone(self.image)
        logits, raw = self.model.classifier(features), self.model.box(features)
        class_loss, box_loss = losses(logits, torch.sigmoid(raw), self.label, self.target)
        return {"class": class_loss, "box": box_loss}, {"features": features, "logits": logits, "rawBox": raw}


class SmallCase:
    """A network of this file, filled by formula."""

    PATHS = ("onednn", "native")

    def __init__(self, model, inputs, choices, path):
        self.path = path
        dtype = torch.float64 if path is None else torch.float32
        state = {
            key: parameter(key, tuple(value.shape), choices.get(key)) if value.is_floating_point() else value
            for key, value in model.state_dict().items()
        }
        model.load_state_dict(state)
        self.model = model.to(dtype).train()
        self.inputs = {key: value.to(dtype) if value.is_floating_point() else value for key, value in inputs.items()}
        self.image = self.inputs["x"]

    def kernels(self):
        return torch.backends.mkldnn.flags(enabled=False) if self.path == "native" else contextlib.nullcontext()

    def in_order(self, tensors):
        return {key: tensor.detach().clone() for key, tensor in tensors}

    def forward(self):
        return self.model.losses(**self.inputs)


class Mlp(nn.Module):
    """Three losses; `early` leaves before the second layer, and the mixing weight serves two heads, but not `position`.

        hidden = tanh(first(x));  middle = tanh(second(hidden))
        class: classifier(mixing * middle)    position: locate(middle), told in thousandths    early: judge(mixing * hidden)
    """

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 8), nn.Linear(8, 8)
        self.mixing_weight = nn.Parameter(torch.empty(8))
        self.classifier, self.locate, self.judge = nn.Linear(8, 4), nn.Linear(8, 3), nn.Linear(8, 1)

    def forward(self, x):
        hidden = torch.tanh(self.first(x))
        return hidden, torch.tanh(self.second(hidden))

    def losses(self, x, labels, positions, scores):
        hidden, middle = self(x)
        logits = self.classifier(self.mixing_weight * middle)
        position = self.locate(middle)
        score = self.judge(self.mixing_weight * hidden)
        return {
            "class": functional.cross_entropy(logits, labels),
            "position": functional.mse_loss(1000 * position, 1000 * positions),
            "early": functional.smooth_l1_loss(score, scores),
        }, {"hidden": hidden, "logits": logits, "position": position, "score": score}


class MlpCase(SmallCase):
    BATCH = 6
    WEIGHTS = {"class": 0.5, "position": 1e-6, "early": 2.0}
    BOUNDARIES = {
        "parameters": [*names_of("first"), *names_of("second"), "mixing_weight"],
        "representation": ["hidden"],
        "last-layer": names_of("first"),
        "output": ["logits", "position", "score"],
    }

    def __init__(self, choices, path=None):
        inputs = {
            "x": fill("mlp.x", (self.BATCH, 5), 2.0),
            "labels": integers("mlp.labels", self.BATCH, 4),
            "positions": fill("mlp.positions", (self.BATCH, 3)),
            "scores": fill("mlp.scores", (self.BATCH, 1), 2.0),
        }
        super().__init__(Mlp(), inputs, choices, path)


class Depths(nn.Module):
    """Two losses that read features of two depths, the second made from the first: a cut of two tensors.

        hidden = tanh(first(x));  middle = tanh(second(hidden));  each loss: linear([hidden, middle])

    The gradient at a cut is that of what the heads read, a copy here: what goes on from `middle` into `hidden` is the trunk's.
    """

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 8), nn.Linear(8, 8)
        self.near, self.far = nn.Linear(16, 2), nn.Linear(16, 3)

    def forward(self, x):
        hidden = torch.tanh(self.first(x))
        middle = torch.tanh(self.second(hidden))
        return hidden.clone(), middle.clone()

    def losses(self, x, near_targets, far_targets):
        hidden, middle = self(x)
        near, far = self.near(torch.cat([hidden, middle], 1)), self.far(torch.cat([hidden, middle], 1))
        return {
            "near": functional.mse_loss(near, near_targets),
            "far": functional.mse_loss(100 * far, 100 * far_targets),
        }, {"hidden": hidden, "middle": middle, "near": near, "far": far}


class DepthsCase(SmallCase):
    BATCH = 6
    WEIGHTS = {"near": 1.5, "far": 2e-4}
    BOUNDARIES = {
        "parameters": [*names_of("first"), *names_of("second")],
        "representation": ["hidden", "middle"],
        "last-layer": names_of("second"),
        "output": ["near", "far"],
    }

    def __init__(self, choices, path=None):
        inputs = {
            "x": fill("depths.x", (self.BATCH, 5), 2.0),
            "near_targets": fill("depths.near", (self.BATCH, 2), 2.0),
            "far_targets": fill("depths.far", (self.BATCH, 3), 2.0),
        }
        super().__init__(Depths(), inputs, choices, path)


HEADS = {"class": 10, "fine": 20, "box": 4, "depth": 1, "pose": 6, "attributes": 12, "advantage": 1}


class ConvNet(nn.Module):
    """Eight losses on seven heads, of both signs and over seven orders of magnitude; two of them read the same box."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(16)
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.heads = nn.ModuleDict({name: nn.Linear(16, size) for name, size in HEADS.items()})

    def forward(self, x):
        hidden = self.relu1(self.bn1(self.conv1(x)))
        hidden = self.relu2(self.bn2(self.conv2(hidden)))
        return self.relu3(self.bn3(self.conv3(hidden)) + hidden).mean((2, 3))

    def losses(self, x, labels, fine, boxes, depths, poses, attributes, advantages):
        features = self(x)
        raw = {name: head(features) for name, head in self.heads.items()}
        box = torch.sigmoid(raw["box"])
        return {
            "class": functional.cross_entropy(raw["class"], labels),
            "fine": functional.cross_entropy(raw["fine"], fine),
            "boxMse": functional.mse_loss(FRAME * box, FRAME * boxes),
            "boxL1": functional.l1_loss(box, boxes),
            "depth": 1e-4 * functional.mse_loss(raw["depth"], depths),
            "pose": 90 * functional.smooth_l1_loss(raw["pose"], poses, beta=0.5),
            # Binary cross-entropy from logits z: log(1 + e^z) - y z.
            "attributes": (functional.softplus(raw["attributes"]) - attributes * raw["attributes"]).mean(),
            "advantage": (advantages * raw["advantage"]).mean(),
        }, {"features": features, **raw}


class ConvNetCase(SmallCase):
    BATCH = 8
    WEIGHTS = {"class": 0.4, "fine": 0.3, "boxMse": 1e-4, "boxL1": 2.0, "depth": 5000.0, "pose": 0.01, "attributes": 0.7,
               "advantage": 0.25}
    BOUNDARIES = {
        "parameters": [
            *("conv1.weight", *names_of("bn1"), "conv2.weight", *names_of("bn2"), "conv3.weight", *names_of("bn3")),
            *names_of("heads.box"),
        ],
        "representation": ["features"],
        "last-layer": ["conv3.weight", *names_of("bn3")],
        "output": list(HEADS),
    }

    def __init__(self, choices, path=None):
        n = self.BATCH
        inputs = {
            "x": fill("convnet.x", (n, 3, 16, 16), 3**0.5),
            "labels": integers("convnet.labels", n, HEADS["class"]),
            "fine": integers("convnet.fine", n, HEADS["fine"]),
            "boxes": fill("convnet.boxes", (n, 4), 0.5, 0.5),
            "depths": fill("convnet.depths", (n, 1), 3.0),
            "poses": fill("convnet.poses", (n, 6), 2.0),
            "attributes": integers("convnet.attributes", n * 12, 2).reshape(n, 12).float(),
            "advantages": fill("convnet.advantages", (n, 1), 1.5),
        }
        super().__init__(ConvNet(), inputs, choices, path)


CASES = {"resnet18": ResNet18, "mlp": MlpCase, "depths": DepthsCase, "convnet": ConvNetCase}
