"""One golden network: its weights, its batch, and a training step, in any precision and on any of PyTorch's code paths."""

import contextlib

import torch

from hash_fill import fill, integers, parameter
from two_head_resnet import FRAME, TwoHeadResNet, losses, make_smooth, weighted_total

BATCH = 4
SIZE = 64
CLASSES = 10

# PyTorch's float32 has several equally valid answers. Where a ReLU decides by rounding they scatter widely, so its own
# error is measured on each of these: oneDNN, oneDNN on NHWC, its own kernels, and oneDNN with the three channels of
# the images (and of the first convolution's weight) in another order, which rounds differently from the first layer on.
PATHS = ("onednn", "channelsLast", "native", "channelOrder201", "channelOrder120")
STEM = "backbone.conv1.weight"


def build(name, smooth, dtype, choices):
    model = TwoHeadResNet(name, CLASSES)
    if smooth:
        make_smooth(model)
    state = {
        key: parameter(key, tuple(value.shape), choices.get(key)) if value.is_floating_point() else value
        for key, value in model.state_dict().items()
    }
    model.load_state_dict(state)
    return model.to(dtype).train()


def batch(dtype, count):
    """Images of variance 1, classes, and boxes in pixels of the frame: x1 y1 in its upper left part, x2 y2 lower right."""
    image = fill("batch.image", (count, 3, SIZE, SIZE), 3**0.5)
    label = integers("batch.label", count, CLASSES)
    top_left = fill("batch.topLeft", (count, 2), 0.2 * FRAME, 0.25 * FRAME)
    bottom_right = fill("batch.bottomRight", (count, 2), 0.2 * FRAME, 0.75 * FRAME)
    return image.to(dtype), label, torch.cat([top_left, bottom_right], 1).to(dtype)


class Case:
    """A network with its batch: `choices` as of choose_biases, `path` one of PATHS for float32, None for float64, the truth."""

    def __init__(self, name, smooth, choices, path=None, count=BATCH):
        dtype = torch.float64 if path is None else torch.float32
        self.model = build(name, smooth, dtype, choices)
        self.image, self.label, self.target = batch(dtype, count)
        self.path = path
        self.order_back = None
        if path == "channelsLast":
            self.model = self.model.to(memory_format=torch.channels_last)
            self.image = self.image.contiguous(memory_format=torch.channels_last)
        if path and path.startswith("channelOrder"):
            order = [int(digit) for digit in path[-3:]]
            self.order_back = [order.index(channel) for channel in range(3)]
            self.image = self.image[:, order].contiguous()
            with torch.no_grad():
                stem = self.model.get_parameter(STEM)
                stem.copy_(stem[:, order].clone())

    def kernels(self):
        return torch.backends.mkldnn.flags(enabled=False) if self.path == "native" else contextlib.nullcontext()

    def backward(self):
        """Gradients of the weighted total; returns logits, boxes, and the two losses and their total."""
        self.model.zero_grad(set_to_none=True)
        with self.kernels():
            logits, box = self.model(self.image)
            class_loss, box_loss = losses(logits, box, self.label, self.target)
            total = weighted_total(class_loss, box_loss)
            total.backward()
        return logits.detach(), box.detach(), [class_loss.item(), box_loss.item(), total.item()]

    def evaluate(self):
        """Logits and boxes on the running statistics."""
        self.model.eval()
        with self.kernels(), torch.no_grad():
            outputs = self.model(self.image)
        self.model.train()
        return outputs

    def in_order(self, tensors):
        """The same tensors by key, copied, with the channels of the stem in their own order again."""
        copies = {key: tensor.detach().clone() for key, tensor in tensors}
        if self.order_back and STEM in copies:
            copies[STEM] = copies[STEM][:, self.order_back].contiguous()
        return copies
