"""Makes packages/nn/goldens/pth/: small files of torch.save, and what is in them: python3 tools/goldens/make_pth.py.

Each file holds the same tensors, in another form that users meet. `refused-*` must not be read: they hold more than tensors.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parents[2] / "packages" / "nn" / "goldens" / "pth"
FILE = FOLDER / "expected.json"
NAMES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F32", torch.bfloat16: "F32", torch.int64: "I64",
         torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL"}


def tensors():
    """Of every kind; every number is exact in its type."""
    whole = torch.arange(24, dtype=torch.float32) / 8 - 1
    tied = torch.tensor([0.5, -0.25])
    return OrderedDict([
        ("conv.weight", whole.reshape(2, 3, 2, 2).clone()),
        ("turned", whole.reshape(4, 6).t()),
        ("every_second", whole.reshape(2, 12)[:, 1::2]),
        ("channels_last", whole.reshape(1, 2, 3, 4).clone().to(memory_format=torch.channels_last)),
        ("tied.a", tied),
        ("tied.b", tied),
        ("parameter", torch.nn.Parameter(torch.tensor([[1.5], [-2.0]]))),
        ("double", torch.tensor([1 / 3, -1e300], dtype=torch.float64)),
        ("half", torch.tensor([1.5, -65504.0, 2**-24, float("inf")], dtype=torch.float16)),
        ("bfloat16", torch.tensor([1.5, -3e38, 2**-130], dtype=torch.bfloat16)),
        ("num_batches_tracked", torch.tensor(2**40 + 1)),
        ("int", torch.tensor([-(2**31), 7], dtype=torch.int32)),
        ("byte", torch.tensor([0, 255], dtype=torch.uint8)),
        ("bool", torch.tensor([True, False])),
        ("empty", torch.empty(0, 3)),
    ])


def expected(state):
    return {
        key: {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
              "values": [str(value) for value in tensor.detach().reshape(-1).tolist()]}
        for key, tensor in state.items()
    }


def text():
    """The JSON file by its name; the others are made by torch.save, whose bytes are its own business."""
    return json.dumps({"maker": "tools/goldens/make_pth.py", "torch": torch.__version__, "tensors": expected(tensors())},
                      indent=1) + "\n"


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text())
    state = tensors()
    torch.save(state, FOLDER / "state-dict.pth")
    torch.save(dict(state), FOLDER / "protocol4.pth", pickle_protocol=4)
    parallel = OrderedDict((f"module.{key}", tensor) for key, tensor in state.items())
    model = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(2, 2)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, "best": 0.5, "note": None, "sizes": [1, 2], "optimizer": optimizer.state_dict()}
    torch.save({**checkpoint, "state_dict": parallel}, FOLDER / "checkpoint.pth")
    # Whose _metadata a plain OrderedDict lacks.
    torch.save({"model": model.state_dict()}, FOLDER / "module.pth")
    torch.save(model, FOLDER / "refused-model.pth")
    torch.save(state["double"].numpy(), FOLDER / "refused-numpy.pth")
    torch.save(model.state_dict(), FOLDER / "refused-legacy.pth", _use_new_zipfile_serialization=False)
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(FOLDER / "refused-script.pth"))


if __name__ == "__main__":
    write()
