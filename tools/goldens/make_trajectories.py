"""Makes packages/counterpoise/goldens/trajectories.json: python3 tools/goldens/make_trajectories.py [--torchjd DIR].

End points of gradient methods on the three trajectory problems of TorchJD (arXiv:2406.16232), by a second way of computing
them: here a method sees the two gradients as vectors of the plane, in the package only their Gramian. NumPy alone, float64.
Learning rates are TorchJD's, with its factor for each method (1 where it has none).

`sensitivity` of an end point is how many times a shift of the start by 1e-9 is larger at the end: where it is large, rounding
decides. With --torchjd (a checkout; needs PyTorch >= 1.13) TorchJD's own aggregators walk the same paths, as a check by
hand: its distance to ours is printed for each method that runs without further packages.
"""

import argparse
import json
import math
import sys
import types
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "packages" / "counterpoise" / "goldens" / "trajectories.json"
SHIFT = 1e-9


def quadratic(matrices, minima):
    matrices, minima = np.array(matrices), np.array(minima)
    return lambda x: np.stack([2 * a @ (x - u) for a, u in zip(matrices, minima)])


# name: (Jacobian, learning rate, steps, starts)
PROBLEMS = {
    "EWQ": (lambda x: np.diag(2 * x), 0.075, 50, [[3, -2], [0, -3], [-4, 4], [-3, 4], [-3.5, -0.75]]),
    "CQF": (
        quadratic([[[1, 0.2], [0.2, 0.05]], [[3, -0.6], [-0.6, 0.2]]], [[1, 0], [-1, 0]]),
        0.125,
        200,
        [[0.5, 0.5], [-0.3, 7], [0, 0]],
    ),
    "HQF": (
        quadratic([[[2, -1], [-1, 2]], [[20, -10], [-10, 20]]], [[1, 0], [-10, 0]]),
        0.005,
        100,
        [[-6, 4], [-3, -1.5], [1.5, 2], [2.5, 5.5]],
    ),
}


def orthogonal(g, to):
    return g - g @ to / (to @ to) * to


def pcgrad(j):
    """Yu et al. 2020: each gradient without the part that points against the other, summed."""
    return sum(orthogonal(a, b) if a @ b < 0 else a for a, b in [(j[0], j[1]), (j[1], j[0])])


def upgrad(j):
    """Two rows: the projection on the dual cone is PCGrad's, and the mean of the two is half their sum."""
    return pcgrad(j) / 2


def dualproj(j):
    """The mean gradient, projected on {d: j d >= 0}; with two rows and a mean at most one of them is against it."""
    d = j.mean(0)
    for g in j:
        if g @ d < 0:
            d = orthogonal(d, g)
    return d


def mgda(j):
    """The point of the segment between the gradients that is nearest to 0."""
    along = j[1] - j[0]
    share = np.clip(-(j[0] @ along) / (along @ along), 0, 1)
    return j[0] + share * along


def imtl_g(j):
    """Equal projections on both unit gradients, weights that add up to 1; exact where the gradients are independent."""
    lengths = np.linalg.norm(j, axis=1)
    return j[0] * lengths[1] / lengths.sum() + j[1] * lengths[0] / lengths.sum()


def nash_mtl(j):
    """(j j^T) w = 1 / w, cut down to length 1: along the bisector of the unit gradients."""
    units = j / np.linalg.norm(j, axis=1, keepdims=True)
    d = units.sum(0)
    return d / np.linalg.norm(d)


def aligned_mtl(j, cut=0):
    """The nearest matrix with equal singular values, the smallest one; its rows are averaged.
    Squared singular values below `cut` times the largest are left out."""
    u, s, v = np.linalg.svd(j, full_matrices=False)
    kept = s**2 > cut * s[0] ** 2
    return (s[kept].min() * u[:, kept] @ v[kept]).mean(0)


def config(j):
    """The bisector of the unit gradients, as long as the projections of the gradients on it add up to."""
    units = j / np.linalg.norm(j, axis=1, keepdims=True)
    direction = units.sum(0) / np.linalg.norm(units.sum(0))
    return (j @ direction).sum() * direction


def cagrad(j, c=0.5):
    """Least w of g_w . g_0 + c |g_0| |g_w|, by bisection of the derivative, which rises with the share of the second."""
    mean = j.mean(0)
    radius = c * np.linalg.norm(mean)
    along = j[1] - j[0]

    def slope(share):
        g = j[0] + share * along
        return along @ mean + radius * (along @ g) / np.linalg.norm(g)

    if slope(0) >= 0:
        share = 0.0
    elif slope(1) <= 0:
        share = 1.0
    else:
        low, high = 0.0, 1.0
        for _ in range(200):
            share = (low + high) / 2
            low, high = (low, share) if slope(share) > 0 else (share, high)
    g = j[0] + share * along
    return mean + radius * g / np.linalg.norm(g)


# name: (aggregation, TorchJD's factor on the learning rate, its factors for single problems)
METHODS = {
    "mean": (lambda j: j.mean(0), 1, {}),
    "mgda": (mgda, 2, {}),
    "dualproj": (dualproj, 1, {}),
    "upgrad": (upgrad, 1, {}),
    "pcgrad": (pcgrad, 0.5, {}),
    "cagrad": (cagrad, 1, {}),
    "imtl-g": (imtl_g, 1, {"HQF": 2}),
    "nash-mtl": (nash_mtl, 2, {"HQF": 20, "CQF": 0.5}),
    "aligned-mtl": (aligned_mtl, 4, {}),
    "config": (config, 1, {}),
}
# Where one gradient is zero, what the formulas of the others mean is a choice of each implementation.
DEFINED_AT_ZERO = {"mean", "dualproj", "upgrad", "pcgrad"}
# Where the gradients come closer than this to pointing along one line, the Gramian in float64 no longer tells their rank, and
# this method counts directions.
COUNTS_RANK, INDEPENDENT = "aligned-mtl", 5e-7
# The options of the package that belong to a method here, where they are not its defaults.
OPTIONS = {"cagrad": {"c": 0.5}, "nash-mtl": {"maxNorm": 1}}


def points(problem, aggregate, rate, start):
    jacobian, _, steps, _ = PROBLEMS[problem]
    x = np.array(start, dtype=np.float64)
    yield x
    for _ in range(steps):
        x = x - rate * aggregate(jacobian(x))
        yield x


def walk(*arguments):
    *_, end = points(*arguments)
    return end


def independence(problem, *rest):
    """The least ratio of the singular values of the Jacobian on the way."""
    values = [np.linalg.svd(PROBLEMS[problem][0](x), compute_uv=False) for x in points(problem, *rest)]
    return min(low / high for high, low in values)


def trajectories():
    for problem, (_, base, _, starts) in PROBLEMS.items():
        for name, (aggregate, factor, special) in METHODS.items():
            rate = base * special.get(problem, factor)
            for start in starts:
                if name not in DEFINED_AT_ZERO and not PROBLEMS[problem][0](np.array(start)).any(axis=1).all():
                    continue
                if name == COUNTS_RANK and independence(problem, aggregate, rate, start) < INDEPENDENT:
                    continue
                end = walk(problem, aggregate, rate, start)
                shifted = [walk(problem, aggregate, rate, np.add(start, step)) for step in SHIFT * np.eye(2)]
                yield {
                    "problem": problem,
                    "method": name,
                    "options": OPTIONS.get(name, {}),
                    "learningRate": rate,
                    "start": start,
                    "end": [float(f"{value:.12g}") for value in end],
                    "sensitivity": float(f"{max(math.dist(end, other) for other in shifted) / SHIFT:.2g}"),
                }


def make():
    return {"maker": "tools/goldens/make_trajectories.py", "trajectories": list(trajectories())}


def compare_with_torchjd(folder, made):
    """TorchJD's aggregation package alone: its automatic differentiation needs a newer PyTorch than Debian's."""
    package = types.ModuleType("torchjd")
    package.__path__ = [str(Path(folder) / "src" / "torchjd")]
    sys.modules["torchjd"] = package
    import torch
    from torchjd.aggregation import IMTLG, MGDA, AlignedMTL, CAGrad, ConFIG, DualProj, Mean, PCGrad, UPGrad

    makers = {
        "mean": Mean,
        "mgda": lambda: MGDA(epsilon=1e-9, max_iters=2000),
        "dualproj": DualProj,
        "upgrad": UPGrad,
        "pcgrad": PCGrad,
        "cagrad": lambda: CAGrad(c=0.5),
        "imtl-g": IMTLG,
        "aligned-mtl": AlignedMTL,
        "config": ConFIG,
    }
    # TorchJD takes the machine epsilon of float32 also in float64.
    ours = {"aligned-mtl": lambda j: aligned_mtl(j, 2 * torch.finfo(torch.float32).eps)}
    worst, skipped = {}, {}
    for row in made["trajectories"]:
        name = row["method"]
        if name not in makers or name in skipped:
            continue
        try:
            aggregator = makers[name]()
        except ImportError as error:
            skipped[name] = str(error).splitlines()[0]
            continue
        end = walk(row["problem"], lambda j: aggregator(torch.tensor(j)).numpy(), row["learningRate"], row["start"])
        key = f"{row['problem']} {name}"
        expected = row["end"] if name not in ours else walk(row["problem"], ours[name], row["learningRate"], row["start"])
        worst[key] = max(worst.get(key, 0), math.dist(end, expected))
    for key, distance in worst.items():
        print(f"{key}: TorchJD ends at most {distance:.1e} from here")
    for name, reason in skipped.items():
        print(f"{name}: skipped, {reason}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torchjd", metavar="DIR")
    folder = parser.parse_args().torchjd
    result = make()
    if folder:
        compare_with_torchjd(folder, result)
    else:
        FILE.parent.mkdir(exist_ok=True)
        rows = ",\n".join(json.dumps(row) for row in result["trajectories"])
        FILE.write_text(f'{{"maker": {json.dumps(result["maker"])}, "trajectories": [\n{rows}\n]}}\n')
        print(f"wrote {len(result['trajectories'])} end points to {FILE.name}")
