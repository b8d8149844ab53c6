"""PyTorch's side of benchmarks/ppo.mjs: environments alone, or PPO as CleanRL does it, run on demand by another process.

    python3 benchmarks/torch_ppo.py environments NAME COUNT
    python3 benchmarks/torch_ppo.py train SETTINGS

SETTINGS is JSON, see ppo.mjs. Answers each line of standard input with one line of JSON:

    (start)   {"ready": true, "torch": "1.13.0"}
    run N     {"ms": [each of N pieces], "cpu": [the same in processor time], "return": mean of the last 20 episodes or null}
    quit      ends, as does the end of the input

A piece of `train` is one rollout and its update; one of `environments` is 100 steps of each, with random actions. One thread.

The algorithm is that of CleanRL's ppo.py and ppo_continuous_action.py (Huang et al. 2022), written from its formulas: rollouts
under no_grad into tensors, torch.distributions, GAE in tensors, minibatches by shuffled indices, Adam with eps 1e-5 (here with
foreach, which is faster), clip_grad_norm_, and the diagnostics of every minibatch. The learning rate stays as it is.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Normal

from numpy_environments import ENVIRONMENTS, make

PIECE = 100
HIDDEN = 64


def linear(inputs, outputs, gain=2**0.5):
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def trunk(inputs):
    return [linear(inputs, HIDDEN), nn.Tanh(), linear(HIDDEN, HIDDEN), nn.Tanh()]


class Agent(nn.Module):
    def __init__(self, environment, shared):
        super().__init__()
        outputs = environment.actions or len(environment.low)
        self.trunk = nn.Sequential(*trunk(environment.observations)) if shared else nn.Identity()
        self.actor = nn.Sequential(*([] if shared else trunk(environment.observations)), linear(HIDDEN, outputs, 0.01))
        self.critic = nn.Sequential(*([] if shared else trunk(environment.observations)), linear(HIDDEN, 1, 1.0))
        self.log_std = None if environment.actions else nn.Parameter(torch.zeros(1, outputs))

    def value(self, observations):
        return self.critic(self.trunk(observations))

    def act(self, observations, action=None):
        """Action, its log-probability, entropy, value; draws the action unless it is given."""
        features = self.trunk(observations)
        outputs = self.actor(features)
        if self.log_std is None:
            policy = Categorical(logits=outputs)
            action = policy.sample() if action is None else action
            return action, policy.log_prob(action), policy.entropy(), self.critic(features)
        policy = Normal(outputs, torch.exp(self.log_std.expand_as(outputs)))
        action = policy.sample() if action is None else action
        return action, policy.log_prob(action).sum(1), policy.entropy().sum(1), self.critic(features)


class Training:
    def __init__(self, settings):
        torch.manual_seed(1)
        np.random.seed(1)
        self.settings = settings
        steps, count, name = settings["steps"], settings["environments"], settings["environment"]
        self.environments = make(name, count, 1, settings["normalizes"], settings["gamma"])
        environment = ENVIRONMENTS[name]
        self.agent = Agent(environment, settings["trunk"] == "shared")
        self.optimizer = torch.optim.Adam(self.agent.parameters(), lr=settings["learningRate"], eps=1e-5, foreach=True)
        action_shape = () if environment.actions else environment.low.shape
        self.observations = torch.zeros((steps, count, environment.observations))
        self.actions = torch.zeros((steps, count) + action_shape)
        self.log_probs, self.rewards, self.ended, self.values = (torch.zeros((steps, count)) for _ in range(4))
        self.next_observation = torch.Tensor(self.environments.reset())
        self.next_ended = torch.zeros(count)

    def iterate(self):
        self.collect()
        self.update(*self.advantages())

    def collect(self):
        for step in range(self.settings["steps"]):
            self.observations[step] = self.next_observation
            self.ended[step] = self.next_ended
            with torch.no_grad():
                action, log_prob, _, value = self.agent.act(self.next_observation)
                self.values[step] = value.flatten()
            self.actions[step] = action
            self.log_probs[step] = log_prob
            observation, reward, ended = self.environments.step(action.numpy())
            self.rewards[step] = torch.tensor(reward).view(-1)
            self.next_observation, self.next_ended = torch.Tensor(observation), torch.Tensor(ended)

    def advantages(self):
        gamma, decay = self.settings["gamma"], self.settings["gamma"] * self.settings["lambda"]
        with torch.no_grad():
            next_value = self.agent.value(self.next_observation).reshape(1, -1)
            advantages = torch.zeros_like(self.rewards)
            last = 0
            for t in reversed(range(self.settings["steps"])):
                goes_on = 1.0 - (self.next_ended if t == self.settings["steps"] - 1 else self.ended[t + 1])
                delta = self.rewards[t] + gamma * next_value * goes_on - self.values[t]
                advantages[t] = last = delta + decay * goes_on * last
                next_value = self.values[t]
            return advantages.reshape(-1), (advantages + self.values).reshape(-1)

    def update(self, advantages, returns):
        settings = self.settings
        observations = self.observations.reshape(-1, self.observations.shape[-1])
        actions = self.actions.reshape((-1,) + self.actions.shape[2:])
        log_probs, values = self.log_probs.reshape(-1), self.values.reshape(-1)
        clip, coefficients = settings["clipRange"], settings["coefficients"]
        order = np.arange(len(values))
        clip_fractions = []
        for _ in range(settings["epochs"]):
            np.random.shuffle(order)
            for start in range(0, len(order), settings["minibatch"]):
                rows = order[start : start + settings["minibatch"]]
                _, log_prob, entropy, value = self.agent.act(observations[rows], actions[rows])
                log_ratio = log_prob - log_probs[rows]
                ratio = log_ratio.exp()
                with torch.no_grad():
                    old_approx_kl = (-log_ratio).mean()
                    approx_kl = ((ratio - 1) - log_ratio).mean()
                    clip_fractions += [((ratio - 1.0).abs() > clip).float().mean().item()]
                chosen = advantages[rows]
                chosen = (chosen - chosen.mean()) / (chosen.std() + 1e-8)
                policy_loss = torch.max(-chosen * ratio, -chosen * torch.clamp(ratio, 1 - clip, 1 + clip)).mean()
                value = value.view(-1)
                moved = values[rows] + torch.clamp(value - values[rows], -clip, clip)
                value_loss = 0.5 * torch.max((value - returns[rows]) ** 2, (moved - returns[rows]) ** 2).mean()
                loss = policy_loss - coefficients["entropy"] * entropy.mean() + coefficients["value"] * value_loss
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.agent.parameters(), settings["maxGradNorm"])
                self.optimizer.step()
        known, wanted = values.numpy(), returns.numpy()
        self.metrics = {
            "policy_loss": policy_loss.item(),
            "value_loss": value_loss.item(),
            "entropy": entropy.mean().item(),
            "old_approx_kl": old_approx_kl.item(),
            "approx_kl": approx_kl.item(),
            "clipfrac": np.mean(clip_fractions),
            "explained_variance": np.nan if np.var(wanted) == 0 else 1 - np.var(wanted - known) / np.var(wanted),
        }


class RandomSteps:
    """Environments alone, told what to do by a list of random actions."""

    def __init__(self, name, count):
        self.environments = make(name, count, 1)
        environment, random = ENVIRONMENTS[name], np.random.default_rng(2)
        if environment.actions:
            self.actions = random.integers(environment.actions, size=(PIECE, count))
        else:
            shape = (PIECE, count, len(environment.low))
            self.actions = random.uniform(environment.low, environment.high, shape).astype(np.float32)
        self.environments.reset()

    def iterate(self):
        for actions in self.actions:
            self.environments.step(actions)


def run(job, count):
    times = {"ms": [], "cpu": []}
    for _ in range(count):
        start, busy = time.perf_counter(), time.process_time()
        job.iterate()
        times["ms"].append((time.perf_counter() - start) * 1e3)
        times["cpu"].append((time.process_time() - busy) * 1e3)
    last = job.environments.episodes[-20:]
    return {**times, "return": float(np.mean(last)) if last else None}


def main():
    torch.set_num_threads(1)
    what, *arguments = sys.argv[1:]
    job = Training(json.loads(arguments[0])) if what == "train" else RandomSteps(arguments[0], int(arguments[1]))
    print(json.dumps({"ready": True, "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            break
        right = len(words) == 2 and words[0] == "run" and words[1].isdecimal() and int(words[1]) > 0
        error = {"error": f'expected "run N" with N of at least 1, or "quit", got {line.strip()!r}'}
        print(json.dumps(run(job, int(words[1])) if right else error), flush=True)


if __name__ == "__main__":
    main()
