"""The other side of benchmarks/weigh.mjs: the weights of TorchJD's or LibMTL's classes, timed on demand by another process.

    python3 benchmarks/weigh_peer.py torchjd DIR
    python3 benchmarks/weigh_peer.py libmtl DIR

DIR is a checkout of SimplexLab/TorchJD or of median-research-group/LibMTL. Answers each line of standard input, METHOD TASKS
SECONDS under our names, with {"us": median microseconds per call} or {"skipped": why}. float64, one thread, and evidence that
changes from call to call, as on our side.

TorchJD: a scalarizer gets the losses, and its gradient with respect to them is taken, for that is the weights; a weighting gets
the Gramian. LibMTL: its classes call for the gradients of a network; here they get a matrix ready-made of K + 4 columns, and
what they do with the weighted sum of gradients is left out, so that neither side pays for a network.
Only the needed modules are imported: the rest of TorchJD needs PyTorch 2.3, the rest of LibMTL torchvision.
"""

import argparse
import importlib
import json
import statistics
import sys
import time
import types
from pathlib import Path

import torch

STEPS = 32
ROUNDS = 15

# Our name: (module, class, arguments). K is the number of tasks.
TORCHJD_SCALARIZERS = {
    "sum": ("_sum", "Sum", lambda k: []),
    "mean": ("_mean", "Mean", lambda k: []),
    "static": ("_constant", "Constant", lambda k: [torch.full((k,), 0.5)]),
    "random": ("_random", "Random", lambda k: []),
    "geometric-mean": ("_geometric_mean", "GeometricMean", lambda k: []),
    "uncertainty": ("_uw", "UW", lambda k: [k]),
    "imtl-l": ("_imtl_l", "IMTLL", lambda k: [k]),
    "stch": ("_stch", "STCH", lambda k: [1.0]),
    "famo": ("_famo", "FAMO", lambda k: [k]),
    "cosmos": ("_cosmos", "COSMOS", lambda k: [1.0, torch.full((k,), 1 / k)]),
    "pbi": ("_pbi", "PBI", lambda k: [5.0, torch.full((k,), 1 / k)]),
}
TORCHJD_WEIGHTINGS = {
    "mgda": ("_mgda", "MGDAWeighting", lambda k: []),
    "pcgrad": ("_pcgrad", "PCGradWeighting", lambda k: []),
    "gradvac": ("_gradvac", "GradVacWeighting", lambda k: []),
    "imtl-g": ("_imtl_g", "IMTLGWeighting", lambda k: []),
    "cagrad": ("_cagrad", "CAGradWeighting", lambda k: [0.5]),
    "fairgrad": ("_fairgrad", "FairGradWeighting", lambda k: [2.0]),
    "aligned-mtl": ("_aligned_mtl", "AlignedMTLWeighting", lambda k: []),
    "upgrad": ("_upgrad", "UPGradWeighting", lambda k: []),
    "dualproj": ("_dualproj", "DualProjWeighting", lambda k: []),
    "krum": ("_krum", "KrumWeighting", lambda k: [0]),
    # These two ask for the product of the gradients of two batches.
    "sdmgrad": ("_sdmgrad", "SDMGradWeighting", lambda k: []),
    "modo": ("_modo", "MoDoWeighting", lambda k: []),
}
# Our name: (class, keyword arguments of backward). The rest of its 24 classes is TorchJD's too, or has no counterpart here.
LIBMTL = {
    "sum": ("EW", {}),
    "random": ("RLW", {}),
    "geometric-mean": ("GLS", {}),
    "uncertainty": ("UW", {}),
    "famo": ("FAMO", {"FAMO_w_lr": 0.025, "FAMO_w_gamma": 1e-3}),
    "grad-norm": ("GradNorm", {"alpha": 1.5}),
    "db-mtl": ("DB_MTL", {"DB_beta": 0.0, "DB_beta_sigma": 0.0}),
    "mgda": ("MGDA", {"mgda_gn": "none"}),
    "pcgrad": ("PCGrad", {}),
    "gradvac": ("GradVac", {"GradVac_beta": 0.5, "GradVac_group_type": 0}),
    "imtl": ("IMTL", {}),
    "cagrad": ("CAGrad", {"calpha": 0.5, "rescale": 1}),
    "nash-mtl": ("Nash_MTL", {"update_weights_every": 1, "optim_niter": 20, "max_norm": 1.0}),
    "fairgrad": ("FairGrad", {"FairGrad_alpha": 2.0}),
    "upgrad": ("UPGrad", {"UPGrad_norm_eps": 1e-4, "UPGrad_reg_eps": 1e-4}),
}


class Skip(Exception):
    pass


def package(name, folder):
    """A package without what its own __init__.py would import."""
    module = types.ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module


def sample(tasks):
    """Losses and gradients of very different scale, one set per step."""
    scale = 10 ** (3 * torch.arange(tasks) / tasks)
    losses = [scale * torch.exp(0.2 * torch.randn(tasks)) for _ in range(STEPS)]
    jacobians = [scale[:, None] * torch.randn(tasks, tasks + 4) for _ in range(STEPS)]
    return losses, jacobians


def torchjd(folder):
    package("torchjd", folder / "src" / "torchjd")

    def load(subpackage, module, name):
        try:
            return getattr(importlib.import_module(f"torchjd.{subpackage}.{module}"), name)
        except (ImportError, AttributeError) as error:
            raise Skip(f"{name}: {error}") from error

    def build(method, tasks):
        losses, jacobians = sample(tasks)
        if method in TORCHJD_SCALARIZERS:
            module, name, arguments = TORCHJD_SCALARIZERS[method]
            scalarizer = load("scalarization", module, name)(*arguments(tasks))
            for values in losses:
                values.requires_grad_()

            def call(step):
                values = losses[step]
                torch.autograd.grad(scalarizer(values), values)
                if method == "famo":
                    scalarizer.update(losses[(step + 1) % STEPS])

            return call
        if method in TORCHJD_WEIGHTINGS:
            module, name, arguments = TORCHJD_WEIGHTINGS[method]
            try:
                weighting = load("aggregation", module, name)(*arguments(tasks))
            except ImportError as error:
                raise Skip(str(error).splitlines()[0]) from error
            gramians = [j @ j.T for j in jacobians]
            return lambda step: weighting(gramians[step])
        raise Skip("TorchJD has no such weighting, or it asks for more than a Gramian")

    return build


def libmtl(folder):
    package("LibMTL", folder / "LibMTL")
    package("LibMTL.weighting", folder / "LibMTL" / "weighting")

    def build(method, tasks):
        if method not in LIBMTL:
            raise Skip("LibMTL has no such class, or this benchmark leaves it out")
        name, arguments = LIBMTL[method]
        try:
            base = getattr(importlib.import_module(f"LibMTL.weighting.{name}"), name)
        except ImportError as error:
            raise Skip(str(error)) from error
        losses, jacobians = sample(tasks)
        for values in losses:
            values.requires_grad_()

        class Bare(base):
            def _compute_grad_dim(self):
                self.grad_index, self.grad_dim = [tasks + 4], tasks + 4

            def _compute_grad(self, losses, mode, rep_grad=False):
                return self.jacobian.clone()

            def _reset_grad(self, new_grads):
                pass

            def _backward_new_grads(self, batch_weight, per_grads=None, grads=None):
                pass

            def get_share_params(self):
                return []

        weighting = Bare()
        weighting.task_num, weighting.device, weighting.rep_grad = tasks, torch.device("cpu"), False
        # GradNorm divides by the losses of epoch 0.
        weighting.epoch, weighting.train_loss_buffer = 1, torch.ones(tasks, 2).numpy()
        weighting.init_param()

        def call(step):
            weighting.jacobian = jacobians[step]
            losses[step].grad = None
            weighting.backward(losses[step], **arguments)
            if method == "famo":
                weighting.update_w(losses[(step + 1) % STEPS].detach())

        return call

    return build


def measure(call, seconds):
    """Median microseconds per call over rounds of about `seconds` in all, after a fifth of that as a warm-up."""
    calls, start = 0, time.perf_counter()
    while calls == 0 or time.perf_counter() - start < seconds / 5:
        call(calls % STEPS)
        calls += 1
    per_round = max(1, round(4 * calls / ROUNDS))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for i in range(per_round):
            call(i % STEPS)
        rounds.append((time.perf_counter() - start) / per_round)
        if sum(rounds) * per_round > 10 * seconds:
            break
    return statistics.median(rounds) * 1e6


def answer(build, line):
    words = line.split()
    if len(words) != 3 or not words[1].isdecimal():
        return {"error": f'expected "METHOD TASKS SECONDS" or "quit", got {line.strip()!r}'}
    torch.manual_seed(0)
    try:
        call = build(words[0], int(words[1]))
        call(0)
    except Skip as skip:
        return {"skipped": str(skip)}
    except Exception as error:  # A class that fails on its own input is a line in the table, not the end of it.
        return {"skipped": f"{type(error).__name__}: {error}".splitlines()[0]}
    return {"us": measure(call, float(words[2]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=["torchjd", "libmtl"])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"there is no folder {arguments.folder}")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    build = {"torchjd": torchjd, "libmtl": libmtl}[arguments.library](arguments.folder)
    print(json.dumps({"ready": True, "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        print(json.dumps(answer(build, line)), flush=True)


if __name__ == "__main__":
    main()
