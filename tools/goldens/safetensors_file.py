"""Reads and writes safetensors files (https://huggingface.co/docs/safetensors), independently of our TypeScript.

An unsigned 64-bit little-endian header length, a JSON header {name: {dtype, shape, data_offsets}}, then the raw values.
"""

import json
import math
import struct

import torch

DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "I32": torch.int32}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write(path, tensors):
    header, parts, end = {}, [], 0
    for key, tensor in tensors.items():
        data = tensor.detach().contiguous().numpy().tobytes()
        header[key] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [end, end + len(data)]}
        end += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    # The format asks for nothing, but aligned values are what its own writer produces.
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(parts)


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        dtype, count = DTYPES[entry["dtype"]], math.prod(entry["shape"])
        values = torch.frombuffer(data, dtype=dtype, count=count, offset=begin)
        if end - begin != values.numel() * values.element_size():
            raise ValueError(f'{path}: "{key}" has {end - begin} bytes for shape {entry["shape"]}')
        tensors[key] = values.reshape(entry["shape"])
    return tensors
