"""Makes packages/training/goldens/m-config.json: python3 tools/goldens/make_m_config.py.

M-ConFIG (Liu, Chu & Thuerey 2024, arXiv:2408.11104, algorithm 2) over given gradients, in float64 with NumPy alone. Here ConFIG is
the pseudo-inverse of the unit gradients as the paper has it (section 3.1); in the package it works on the Gramian.
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "packages" / "training" / "goldens" / "m-config.json"

# name: (losses, parameters, steps, beta1, beta2, sizes of the gradients, what their directions have in common with the first)
CASES = {
    "two losses, defaults": (2, 6, 12, 0.9, 0.999, [1, 1], [1, 0]),
    "two losses that conflict": (2, 5, 12, 0.9, 0.999, [1, 2], [1, -0.9]),
    "three losses over five decades": (3, 8, 15, 0.9, 0.999, [1, 1000, 0.01], [1, 0.3, -0.6]),
    "short memories": (3, 7, 15, 0.5, 0.9, [1, 0.1, 5], [1, -0.5, -0.5]),
}
EPSILON = 1e-8


def unit(vector):
    return vector / np.linalg.norm(vector)


def config(gradients):
    """g_v = U(U(g_1), ..., U(g_m))^-T 1, as a unit vector; its length is the sum of the projections of the gradients on it."""
    direction = unit(np.linalg.pinv(np.stack([unit(g) for g in gradients])) @ np.ones(len(gradients)))
    return sum(g @ direction for g in gradients) * direction


def m_config(gradients, beta1, beta2):
    """The update of each step; gradients are [step][loss][parameter], of which step t sees that of loss t mod K."""
    losses, parameters = gradients.shape[1:]
    m, counts = np.zeros((losses, parameters)), np.zeros(losses)
    pseudo_mean, squares, t = np.zeros(parameters), np.zeros(parameters), 0
    updates = []
    for step, all_gradients in enumerate(gradients):
        i = step % losses
        counts[i] += 1
        m[i] = beta1 * m[i] + (1 - beta1) * all_gradients[i]
        if not counts.all():
            updates.append(np.zeros(parameters))
            continue
        t += 1
        direction = config([m[k] / (1 - beta1 ** counts[k]) for k in range(losses)])
        mean = (1 - beta1**t) * direction
        pseudo_gradient = (mean - beta1 * pseudo_mean) / (1 - beta1)
        pseudo_mean = mean
        squares = beta2 * squares + (1 - beta2) * pseudo_gradient**2
        updates.append(direction / (np.sqrt(squares / (1 - beta2**t)) + EPSILON))
    return np.stack(updates)


def draw(random, losses, parameters, steps, sizes, common):
    """In float32, since that is what a step is fed."""
    base = unit(random.standard_normal(parameters))
    rows = []
    for _ in range(steps):
        noise = random.standard_normal((losses, parameters)) / np.sqrt(parameters)
        rows.append([size * (share * base + 0.5 * row) for size, share, row in zip(sizes, common, noise)])
    return np.array(rows, dtype=np.float32).astype(np.float64)


def make():
    random = np.random.default_rng(2408)
    cases = []
    for name, (losses, parameters, steps, beta1, beta2, sizes, common) in CASES.items():
        gradients = draw(random, losses, parameters, steps, sizes, common)
        updates = m_config(gradients, beta1, beta2)
        cases.append(
            {"name": name, "beta1": beta1, "beta2": beta2, "gradients": gradients.tolist(), "updates": updates.tolist()}
        )
    return {"maker": "tools/goldens/make_m_config.py", "cases": cases}


def text():
    made = make()
    rows = ",\n".join(json.dumps(case) for case in made["cases"])
    return f'{{"maker": {json.dumps(made["maker"])}, "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(text())
    print(f"wrote {len(CASES)} cases to {FILE.name}")
