"""Makes packages/ppo/goldens/ppo-update.json: python3 tools/goldens/make_ppo_update.py.

One update of PPO in PyTorch, float64, on a stored rollout: generalized advantages, then one epoch over minibatches with the formulas
of CleanRL's ppo.py and ppo_continuous_action.py, with torch.distributions, clip_grad_norm_ and Adam. Parameters come from
hash_fill by their key. What the rollout says about values and log-probabilities is moved off what the network says, so that
ratios and values lie on both sides of every clip.
"""

import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.distributions import Categorical, Independent, Normal

from hash_fill import fill, integers, parameter

FILE = Path(__file__).resolve().parents[2] / "packages" / "ppo" / "goldens" / "ppo-update.json"
STEPS, ENVIRONMENTS, MINIBATCH = 8, 4, 8
ROWS = STEPS * ENVIRONMENTS
HIDDEN = [8, 6]
GAMMA, LAMBDA, CLIP, LEARNING_RATE, MAX_GRAD_NORM, EPS = 0.99, 0.95, 0.2, 2.5e-3, 0.5, 1e-5
COEFFICIENTS = {"policy": 1, "value": 0.5, "entropy": 0.01}
# new Random('ppo-update').permutation(32) of @counterpoise/nn: the order in which the test's epoch takes the rows.
ORDER = [16, 5, 1, 17, 20, 14, 4, 8, 22, 19, 25, 29, 24, 6, 31, 2]
ORDER += [23, 7, 27, 28, 30, 3, 21, 15, 26, 12, 11, 0, 10, 18, 9, 13]

CASES = [
    {"name": "discrete", "trunk": "separate", "clipsValues": True, "observations": 4, "actions": 3, "rewardScale": 1},
    {"name": "continuous", "trunk": "shared", "clipsValues": False, "observations": 3, "actions": 2, "rewardScale": 20},
]


class Agent(nn.Module):
    def __init__(self, case):
        super().__init__()
        sizes = [case["observations"], *HIDDEN]

        def trunk():
            pairs = [(nn.Linear(before, after), nn.Tanh()) for before, after in zip(sizes, sizes[1:])]
            return nn.Sequential(*(layer for pair in pairs for layer in pair))

        self.trunk = trunk()
        self.critic_trunk = trunk() if case["trunk"] == "separate" else None
        self.actor = nn.Linear(HIDDEN[-1], case["actions"])
        self.critic = nn.Linear(HIDDEN[-1], 1)
        if case["name"] == "continuous":
            self.log_std = nn.Parameter(torch.zeros(case["actions"]))
        self.load_state_dict({key: parameter(key, tuple(value.shape)) for key, value in self.state_dict().items()})
        self.double()

    def forward(self, observations):
        """The distribution of actions, and values."""
        features = self.trunk(observations)
        values = self.critic(self.critic_trunk(observations) if self.critic_trunk else features)[:, 0]
        outputs = self.actor(features)
        if hasattr(self, "log_std"):
            return Independent(Normal(outputs, self.log_std.exp().expand_as(outputs)), 1), values
        return Categorical(logits=outputs), values


def advantages_of(rewards, values, ended, next_values):
    advantages, last, following = torch.zeros_like(rewards), torch.zeros(ENVIRONMENTS).double(), next_values
    for t in reversed(range(STEPS)):
        delta = rewards[t] + GAMMA * following * (1 - ended[t]) - values[t]
        advantages[t] = last = delta + GAMMA * LAMBDA * (1 - ended[t]) * last
        following = values[t]
    return advantages


def rollout_of(case, agent):
    """In float32, as a host would have it."""
    key = f"ppo.{case['name']}"
    observations = fill(f"{key}.observations", (ROWS, case["observations"]), 2)
    discrete = case["name"] == "discrete"
    actions = (
        integers(f"{key}.actions", ROWS, case["actions"])
        if discrete
        else fill(f"{key}.actions", (ROWS, case["actions"]), 1.5)
    )
    with torch.no_grad():
        distribution, values = agent(observations.double())
        log_probabilities = distribution.log_prob(actions if discrete else actions.double())
    return {
        "observations": observations,
        "actions": actions,
        "logProbabilities": log_probabilities.float() + fill(f"{key}.logProbabilities", (ROWS,), 0.4),
        "values": values.float() + fill(f"{key}.values", (ROWS,), 0.4),
        "rewards": fill(f"{key}.rewards", (ROWS,), case["rewardScale"]),
        "ended": (integers(f"{key}.ended", ROWS, 6) == 0).long(),
        "nextValues": fill(f"{key}.nextValues", (ENVIRONMENTS,), case["rewardScale"]),
    }


def losses_of(case, agent, rows):
    distribution, values = agent(rows["observations"])
    log_ratio = distribution.log_prob(rows["actions"]) - rows["logProbabilities"]
    ratio = log_ratio.exp()
    advantages = rows["advantages"]
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    policy = torch.max(-advantages * ratio, -advantages * torch.clamp(ratio, 1 - CLIP, 1 + CLIP)).mean()
    errors = (values - rows["returns"]) ** 2
    if case["clipsValues"]:
        clipped = rows["values"] + torch.clamp(values - rows["values"], -CLIP, CLIP)
        errors = torch.max(errors, (clipped - rows["returns"]) ** 2)
    losses = {"policy": policy, "value": 0.5 * errors.mean(), "entropy": -distribution.entropy().mean()}
    with torch.no_grad():
        measured = {
            "oldApproxKl": (-log_ratio).mean().item(),
            "approxKl": ((ratio - 1) - log_ratio).mean().item(),
            "clipFraction": ((ratio - 1).abs() > CLIP).double().mean().item(),
        }
    return losses, measured


def numbers(tensor):
    values = tensor.detach().reshape(-1).tolist()
    assert all(map(math.isfinite, values))
    return [float(f"{value:.9g}") for value in values]


def stored(tensors):
    return {key: numbers(value) for key, value in tensors.items()}


def gradients_of(agent, losses):
    """Of each loss; parameters that it does not reach are absent."""
    parameters = dict(agent.named_parameters())
    for loss in losses.values():
        found = torch.autograd.grad(loss, list(parameters.values()), retain_graph=True, allow_unused=True)
        yield stored({key: gradient for key, gradient in zip(parameters, found) if gradient is not None})


def update(case):
    agent = Agent(case)
    rollout = rollout_of(case, agent)
    rows = {key: value if key == "actions" and value.dtype == torch.int64 else value.double() for key, value in rollout.items()}
    in_steps = {key: rows[key].reshape(STEPS, ENVIRONMENTS) for key in ("rewards", "values", "ended")}
    rows["advantages"] = advantages_of(**in_steps, next_values=rows["nextValues"]).reshape(-1)
    rows["returns"] = rows["advantages"] + rows["values"]
    optimizer = torch.optim.Adam(agent.parameters(), lr=LEARNING_RATE, eps=EPS)
    steps, first = [], None
    for start in range(0, ROWS, MINIBATCH):
        picked = ORDER[start : start + MINIBATCH]
        losses, measured = losses_of(case, agent, {key: rows[key][picked] for key in rows if len(rows[key]) == ROWS})
        if first is None:
            first = dict(zip(losses, gradients_of(agent, losses)))
        optimizer.zero_grad()
        sum(COEFFICIENTS[name] * loss for name, loss in losses.items()).backward()
        norm = nn.utils.clip_grad_norm_(agent.parameters(), MAX_GRAD_NORM).item()
        optimizer.step()
        losses = {name: float(f"{loss.item():.9g}") for name, loss in losses.items()}
        steps.append({"losses": losses, "gradNorm": norm, **measured})
    variance = torch.var(rows["returns"] - rows["values"], unbiased=False) / torch.var(rows["returns"], unbiased=False)
    return {
        **case,
        "rollout": stored(rollout),
        "advantages": numbers(rows["advantages"]),
        "steps": steps,
        "gradients": first,
        "parameters": stored(dict(agent.named_parameters())),
        "explainedVariance": 1 - variance.item(),
    }


def text():
    content = {
        "maker": "tools/goldens/make_ppo_update.py",
        "torch": torch.__version__,
        "gamma": GAMMA,
        "lambda": LAMBDA,
        "clipRange": CLIP,
        "learningRate": LEARNING_RATE,
        "maxGradNorm": MAX_GRAD_NORM,
        "minibatch": MINIBATCH,
        "environments": ENVIRONMENTS,
        "hidden": HIDDEN,
        "coefficients": COEFFICIENTS,
        "order": ORDER,
        "cases": [update(case) for case in CASES],
    }
    return json.dumps(content, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text())
    print(f"{FILE.stat().st_size / 1e3:.0f} kB")
