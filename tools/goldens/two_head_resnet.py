"""The network of the goldens and of the speed benchmark: torchvision's ResNet trunk (v1.5) with two linear heads.

    image [N, 3, H, W] -> trunk, global average pool -> features [N, F]
    classifier(features) = logits [N, classes];  sigmoid(box(features)) = box [N, 4], x1 y1 x2 y2 in units of the frame

    total = 0.7 * cross_entropy(logits, label) + 1e-4 * mean((frame * box - target)^2),   target in pixels of the frame
"""

import torch
import torchvision
from torch import nn
from torch.nn import functional

CLASS_WEIGHT = 0.7
BOX_WEIGHT = 1e-4
FRAME = 224.0


class TwoHeadResNet(nn.Module):
    def __init__(self, name, classes):
        super().__init__()
        self.backbone = getattr(torchvision.models, name)(weights=None)
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.classifier = nn.Linear(features, classes)
        self.box = nn.Linear(features, 4)

    def forward(self, image):
        features = self.backbone(image)
        return self.classifier(features), torch.sigmoid(self.box(features))


def make_smooth(model):
    """The kink-free copy: tanh for every ReLU, and average pooling for the max pooling of the stem."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.Tanh())
            elif isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=True))
    return model


def losses(logits, box, label, target):
    return functional.cross_entropy(logits, label), functional.mse_loss(FRAME * box, target)


def weighted_total(class_loss, box_loss):
    return CLASS_WEIGHT * class_loss + BOX_WEIGHT * box_loss
