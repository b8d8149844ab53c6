"""A tensor of millions of entries, kept as 64 numbers from which distances to it can be estimated.

packages/nn/src/testing/sketch.ts computes the same numbers: change both or neither.

Count sketch (Charikar, Chen, Farach-Colton 2002), with the hash of hash_fill.py. Entry i of a tensor of more than 64
entries is added with a random sign to one of 64 random buckets:

    h = hash("sketch", i);   bucket = h mod 64;   sign = +1 if bit 6 of h is set, else -1

A tensor of at most 64 entries is its own sketch. The map is linear, so sketch(a) - sketch(b) = sketch(a - b), and
E ||sketch(x)||^2 = ||x||^2 with variance at most 2 ||x||^4 / 64 (Thorup and Zhang 2004), the same as that of 64 dense
projections on random signs: one standard deviation is 9 % of the norm. It costs one addition per entry in place of 64.
"""

import base64

import numpy as np

from hash_fill import hashes

BUCKETS = 64


def sketch(tensor):
    """The sketch as a float64 array of min(64, entries) numbers; the sums are in float64 in index order."""
    flat = tensor.detach().double().numpy().reshape(-1)
    if flat.size <= BUCKETS:
        return flat.copy()
    h = hashes("sketch", flat.size)
    signs = np.where(h & np.uint32(BUCKETS), 1.0, -1.0)
    return np.bincount(h % np.uint32(BUCKETS), weights=flat * signs, minlength=BUCKETS)


def encode(values):
    """Base64 of little-endian float32: 3e-8 of rounding per number, far below every bar."""
    return base64.b64encode(np.asarray(values).astype("<f4").tobytes()).decode("ascii")


def decode(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float64)
