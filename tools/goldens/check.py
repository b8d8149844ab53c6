"""Makes every golden file again in memory and compares it with the one in the repository: python3 tools/goldens/check.py.

Numbers are compared norm-wise, tensor by tensor, within TOLERANCE: the last bits of PyTorch's float64 depend on the processor.
The float32 errors in the ResNet files depend on it altogether, and making them takes far longer. Of those, the
errors of the first gradients on PyTorch's default path are measured again, and their medians may differ by a factor of 2.
"""

import json
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import torch

import make_box_losses
import make_layers
import make_loss_gradients
import make_m_config
import make_optimizers
import make_ppo_update
import make_pth
import make_resnet
import make_trajectories
from choose_biases import choose_biases
from resnet_case import Case
from sketch import decode, sketch

TOLERANCE = 1e-6
# Numbers that are stored with three digits.
ROUNDED = {"moved": 0.01}
# What is near zero is compared with what a number of order one rounds to.
SMALLEST = 1e-12
PROCESSOR = {"float32Error", "float32Errors", "lossesFloat32Errors", "totalsFloat32Errors", "sketchCheck", "torch", "torchvision"}
WORKERS = 2


def distance(committed, made):
    a, b = np.asarray(committed, dtype=np.float64), np.asarray(made, dtype=np.float64)
    return np.linalg.norm(a - b) / max(np.linalg.norm(a), SMALLEST / TOLERANCE)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def differences(path, committed, made, key=""):
    """One line for each part that differs."""
    if isinstance(committed, dict) and isinstance(made, dict):
        for name in sorted((committed.keys() | made.keys()) - PROCESSOR):
            if name in committed and name in made:
                yield from differences(f"{path} {name}".strip(), committed[name], made[name], name)
            else:
                yield f"{path} {name}: only in the {'committed' if name in committed else 'new'} file"
        return
    numbers = isinstance(committed, list) and all(map(is_number, committed))
    if isinstance(committed, list) and isinstance(made, list) and not numbers:
        if len(committed) != len(made):
            yield f"{path}: {len(committed)} entries, {len(made)} when made again"
        for i, (a, b) in enumerate(zip(committed, made)):
            name = a.get("name", i) if isinstance(a, dict) else i
            yield from differences(f"{path} {name}", a, b)
        return
    if key == "sketch":
        committed, made, numbers = decode(committed), decode(made), True
    if numbers or is_number(committed):
        if np.shape(committed) != np.shape(made):
            yield f"{path}: shape {np.shape(committed)}, {np.shape(made)} when made again"
            return
        found = distance(committed, made)
        # Not "found > ...", which a NaN would pass.
        if not found <= ROUNDED.get(key, TOLERANCE):
            yield f"{path}: {found:.1e} apart"
    elif committed != made:
        yield f"{path}: {committed!r}, {made!r} when made again"


def check_text(maker):
    return list(differences("", json.loads(maker.FILE.read_text()), json.loads(maker.text())))


def check_layers():
    return check_text(make_layers)


def check_box_losses():
    return check_text(make_box_losses)


def check_m_config():
    return check_text(make_m_config)


def check_ppo_update():
    return check_text(make_ppo_update)


def check_pth():
    return check_text(make_pth)


def check_trajectories():
    made = json.loads(json.dumps(make_trajectories.make()))
    committed = json.loads(make_trajectories.FILE.read_text())
    for a, b in zip(committed["trajectories"], made["trajectories"]):
        # Where an end magnifies a shift of the start, rounding decides, and that depends on the processor.
        if a["sensitivity"] > 1e3:
            b["end"] = a["end"]
        b["sensitivity"] = a["sensitivity"]
    return list(differences("", committed, made))


def check_optimizers():
    return check_text(make_optimizers)


def check_loss_gradients():
    committed = json.loads(make_loss_gradients.FILE.read_text())
    made = json.loads(make_loss_gradients.text(with_float32=False))
    # A product of two gradients may be any share of their norms' product: its error is told in units of that, not of itself.
    for name, case in committed["cases"].items():
        for boundary, found in case["boundaries"].items():
            norms = np.sqrt(np.diagonal(found["gramian"]))
            for side in (found, made["cases"][name]["boundaries"][boundary]):
                side["gramian"] = (np.array(side["gramian"]) / np.outer(norms, norms)).reshape(-1).tolist()
    return list(differences("", committed, made))


def check_resnet(name, net):
    committed = json.loads((make_resnet.FOLDER / f"{name}.json").read_text())
    smooth = net == "smooth"
    choices = committed["biasChoices"]
    header = json.loads(json.dumps(make_resnet.header(name)))
    found = list(differences("", {key: committed[key] for key in header}, header))
    if not smooth and choose_biases(Case(name, False, {})) != choices:
        found.append("biasChoices: others when made again")
    made = make_resnet.golden_net(name, smooth, choices, paths=())
    found += differences(net, committed[net], made)
    return found + check_float32_errors(Case(name, smooth, choices, "onednn"), committed[net]["gradients"], made["gradients"])


def check_float32_errors(case, committed, made):
    single = make_resnet.one_step(case)["gradients"]
    before = statistics.median(entry["float32Errors"][0] for entry in committed.values())
    now = statistics.median(distance(decode(made[key]["sketch"]), sketch(single[key])) for key in committed)
    if 0.5 <= now / before <= 2:
        return []
    return [f"float32 errors of the gradients: median {before:.1e}, {now:.1e} when made again"]


# The longest first.
TASKS = {
    "resnet50.json, kinked": (check_resnet, "resnet50", "kinked"),
    "resnet50.json, smooth": (check_resnet, "resnet50", "smooth"),
    "resnet18.json, kinked": (check_resnet, "resnet18", "kinked"),
    "resnet18.json, smooth": (check_resnet, "resnet18", "smooth"),
    "layers.json": (check_layers,),
    "optimizers.json": (check_optimizers,),
    "box-losses.json": (check_box_losses,),
    "trajectories.json": (check_trajectories,),
    "loss-gradients.json": (check_loss_gradients,),
    "ppo-update.json": (check_ppo_update,),
    "m-config.json": (check_m_config,),
    "pth/expected.json": (check_pth,),
}


def main():
    failed = False
    with ProcessPoolExecutor(WORKERS, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        running = {pool.submit(*task): name for name, task in TASKS.items()}
        for done in as_completed(running):
            found = done.result()
            failed = failed or bool(found)
            print(f"{running[done]}: {'differs' if found else 'the same'}", *found[:20], sep="\n  ", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
