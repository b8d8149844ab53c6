"""Tensors by formula, so that golden files need not ship the weights they were made with.

packages/nn/src/testing/hash-fill.ts computes the same bits: change both or neither.

    mix(h):     h ^= h >> 16;  h *= 0x85ebca6b;  h ^= h >> 13;  h *= 0xc2b2ae35;  h ^= h >> 16      (mod 2^32)
    seed(key):  FNV-1a, 32 bits, over the UTF-8 bytes of the key
    hash(key, i) = mix(mix(i) xor seed(key))                        i: index in PyTorch's contiguous order
    uniform(key, i) = (hash(key, i) >> 8) / 2^23 - 1                in [-1, 1), exact in float32
    fill(key, i; scale, offset) = float32(float32(offset) + float32(float32(scale) * uniform))

mix is the finaliser of MurmurHash3. The index is mixed before it meets the seed, because `seed + c * i` would make the
sequences of two keys shifted copies of each other.

Parameters of a network, by key and shape:
    rank 2 and 4 (linear, convolution)   scale sqrt(6 / fan_in), offset 0: variance 2 / fan_in, as He initialisation
    rank 1, "...weight" (batch norm)     scale 0.1, offset 1
    rank 1, "...bias"                    scale 0.1, offset 0
    the same in a residual branch        scale 0.03, offset 0.3 and 0
    "...running_mean", "...running_var"  0 and 1

Where a golden file gives the "choices" of a bias, one digit d per channel, channel c is that of the key f"{key}.{d}".

A key lies in a residual branch if it contains "layer" and, later, ".bn" (not ".downsample."). Damped branches, as in
residual networks that start near the identity, keep float32 rounding from growing with depth: PyTorch's own float32
gradients of ResNet-50 are 3e-2 off at offset 1 and 7e-6 off at 0.3, so that goldens can tell an error from rounding.
"""

import math
import re

import numpy as np
import torch


def fnv1a(key):
    value = 0x811C9DC5
    for byte in key.encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def mix(h):
    h = h ^ (h >> np.uint32(16))
    h = h * np.uint32(0x85EBCA6B)
    h = h ^ (h >> np.uint32(13))
    h = h * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def hashes(key, count):
    return mix(mix(np.arange(count, dtype=np.uint32)) ^ np.uint32(fnv1a(key)))


def fill(key, shape, scale=1.0, offset=0.0):
    """A float32 tensor of the given shape, uniform in offset + scale * [-1, 1)."""
    uniform = (hashes(key, math.prod(shape)) >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    return torch.from_numpy(np.float32(offset) + np.float32(scale) * uniform).reshape(shape)


def integers(key, count, bound):
    """hash mod bound: class labels."""
    return torch.from_numpy((hashes(key, count) % np.uint32(bound)).astype(np.int64))


CHOICES = 10


def parameter(key, shape, choices=None):
    """The network parameter or running statistic of this key, by the rules above."""
    if choices is not None:
        candidates = torch.stack([parameter(f"{key}.{digit}", shape) for digit in range(CHOICES)])
        return candidates.gather(0, torch.tensor([[int(digit) for digit in choices]]))[0]
    if len(shape) in (2, 4):
        return fill(key, shape, math.sqrt(6 / math.prod(shape[1:])))
    if key.endswith("running_mean"):
        return torch.zeros(shape)
    if key.endswith("running_var"):
        return torch.ones(shape)
    scale, offset = (0.03, 0.3) if re.search(r"layer.*\.bn", key) else (0.1, 1.0)
    return fill(key, shape, scale, offset if key.endswith("weight") else 0.0)
