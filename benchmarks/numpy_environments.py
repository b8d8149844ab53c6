"""The five environments of @counterpoise/ppo as Gymnasium does them: an object each, stepped one after the other from Python.

Written from the formulas, with NumPy where Gymnasium has NumPy, and with as much of its wrappers as CleanRL's scripts use:
time limit, statistics of episodes, clipped actions, normalised observations and rewards. What only checks (Gymnasium's
OrderEnforcing and PassiveEnvChecker) is left out, so Gymnasium itself is slower.
"""

import math

import numpy as np


class CartPole:
    actions, observations, limit = 2, 4, 500

    def reset(self, random):
        self.state = random.uniform(-0.05, 0.05, 4)
        return self.state.astype(np.float32)

    def step(self, action):
        x, x_dot, theta, theta_dot = self.state
        force = 10.0 if action == 1 else -10.0
        cos, sin = np.cos(theta), np.sin(theta)
        push = (force + 0.05 * np.square(theta_dot) * sin) / 1.1
        theta_acc = (9.8 * sin - cos * push) / (0.5 * (4.0 / 3.0 - 0.1 * np.square(cos) / 1.1))
        x_acc = push - 0.05 * theta_acc * cos / 1.1
        x, x_dot = x + 0.02 * x_dot, x_dot + 0.02 * x_acc
        theta, theta_dot = theta + 0.02 * theta_dot, theta_dot + 0.02 * theta_acc
        self.state = np.array((x, x_dot, theta, theta_dot))
        terminated = bool(x < -2.4 or x > 2.4 or theta < -12 * 2 * math.pi / 360 or theta > 12 * 2 * math.pi / 360)
        return np.array(self.state, dtype=np.float32), 1.0, terminated


class Acrobot:
    actions, observations, limit = 3, 6, 500

    def reset(self, random):
        self.state = random.uniform(-0.1, 0.1, 4).astype(np.float32)
        return self.observe()

    def step(self, action):
        s = rk4(acrobot_slope, np.append(self.state, action - 1.0), 0.2)
        s[0], s[1] = wrap(s[0]), wrap(s[1])
        s[2] = min(max(s[2], -4 * np.pi), 4 * np.pi)
        s[3] = min(max(s[3], -9 * np.pi), 9 * np.pi)
        self.state = s
        terminated = bool(-np.cos(s[0]) - np.cos(s[1] + s[0]) > 1.0)
        return self.observe(), 0.0 if terminated else -1.0, terminated

    def observe(self):
        t1, t2, w1, w2 = self.state
        return np.array([np.cos(t1), np.sin(t1), np.cos(t2), np.sin(t2), w1, w2], dtype=np.float32)


def acrobot_slope(augmented):
    """Sutton and Barto's book; masses, lengths and moments of inertia are 1, centres at 0.5."""
    t1, t2, w1, w2, torque = augmented
    d1 = 0.25 + (1 + 0.25 + np.cos(t2)) + 2
    d2 = 0.25 + 0.5 * np.cos(t2) + 1
    phi2 = 0.5 * 9.8 * np.cos(t1 + t2 - np.pi / 2)
    phi1 = -0.5 * w2**2 * np.sin(t2) - w2 * w1 * np.sin(t2) + 1.5 * 9.8 * np.cos(t1 - np.pi / 2) + phi2
    a2 = (torque + d2 / d1 * phi1 - 0.5 * w1**2 * np.sin(t2) - phi2) / (1.25 - d2**2 / d1)
    a1 = -(d2 * a2 + phi1) / d1
    return w1, w2, a1, a2, 0.0


def rk4(slope, state, time):
    k1 = np.asarray(slope(state))
    k2 = np.asarray(slope(state + time / 2 * k1))
    k3 = np.asarray(slope(state + time / 2 * k2))
    k4 = np.asarray(slope(state + time * k3))
    return (state + time / 6 * (k1 + 2 * k2 + 2 * k3 + k4))[:4]


def wrap(angle):
    while angle > np.pi:
        angle -= 2 * np.pi
    while angle < -np.pi:
        angle += 2 * np.pi
    return angle


class MountainCar:
    actions, observations, limit = 3, 2, 200

    def reset(self, random):
        self.state = np.array([random.uniform(-0.6, -0.4), 0])
        return self.state.astype(np.float32)

    def step(self, action):
        position, velocity = self.state
        velocity = np.clip(velocity + (action - 1) * 0.001 + math.cos(3 * position) * -0.0025, -0.07, 0.07)
        position = np.clip(position + velocity, -1.2, 0.6)
        if position == -1.2 and velocity < 0:
            velocity = 0
        self.state = (position, velocity)
        return np.array(self.state, dtype=np.float32), -1.0, bool(position >= 0.5 and velocity >= 0)


class MountainCarContinuous:
    actions, observations, limit = None, 2, 999
    low, high = np.float32([-1]), np.float32([1])

    def reset(self, random):
        self.state = np.array([random.uniform(-0.6, -0.4), 0], dtype=np.float32)
        return self.state.copy()

    def step(self, action):
        position, velocity = self.state
        force = min(max(action[0], -1.0), 1.0)
        velocity = min(max(velocity + force * 0.0015 - 0.0025 * math.cos(3 * position), -0.07), 0.07)
        position = min(max(position + velocity, -1.2), 0.6)
        if position == -1.2 and velocity < 0:
            velocity = 0
        terminated = bool(position >= 0.45 and velocity >= 0)
        self.state = np.array([position, velocity], dtype=np.float32)
        return self.state, (100.0 if terminated else 0.0) - math.pow(action[0], 2) * 0.1, terminated


class Pendulum:
    actions, observations, limit = None, 3, 200
    low, high = np.float32([-2]), np.float32([2])

    def reset(self, random):
        self.state = random.uniform([-np.pi, -1], [np.pi, 1])
        return self.observe()

    def step(self, action):
        theta, speed = self.state
        torque = np.clip(action, -2, 2)[0]
        cost = ((theta + np.pi) % (2 * np.pi) - np.pi) ** 2 + 0.1 * speed**2 + 0.001 * torque**2
        speed = np.clip(speed + (15 * np.sin(theta) + 3 * torque) * 0.05, -8, 8)
        self.state = np.array([theta + speed * 0.05, speed])
        return self.observe(), -cost, False

    def observe(self):
        theta, speed = self.state
        return np.array([np.cos(theta), np.sin(theta), speed], dtype=np.float32)


ENVIRONMENTS = {
    "CartPole-v1": CartPole,
    "Acrobot-v1": Acrobot,
    "MountainCar-v0": MountainCar,
    "MountainCarContinuous-v0": MountainCarContinuous,
    "Pendulum-v1": Pendulum,
}


class RunningMeanStd:
    """Chan, Golub and LeVeque 1979."""

    def __init__(self, shape):
        self.mean, self.var, self.count = np.zeros(shape), np.ones(shape), 1e-4

    def update(self, rows):
        mean, var, count = np.mean(rows, axis=0), np.var(rows, axis=0), rows.shape[0]
        delta, total = mean - self.mean, self.count + count
        squares = self.var * self.count + var * count + np.square(delta) * self.count * count / total
        self.mean, self.var, self.count = self.mean + delta * count / total, squares / total, total


class Normalized:
    """CleanRL's wrappers of ppo_continuous_action.py round one environment: clipped action, normalised observation and
    reward, both clipped to [-10, 10]."""

    def __init__(self, environment, gamma):
        self.inner, self.gamma = environment, gamma
        self.actions, self.observations, self.limit = environment.actions, environment.observations, environment.limit
        self.seen, self.returns, self.running = RunningMeanStd(self.observations), RunningMeanStd(()), np.zeros(1)

    def reset(self, random):
        self.running = np.zeros(1)
        return self.normalized(self.inner.reset(random))

    def step(self, action):
        observation, reward, terminated = self.inner.step(np.clip(action, self.inner.low, self.inner.high))
        self.raw_reward = reward
        self.running = self.running * self.gamma + reward
        self.returns.update(self.running)
        scaled = np.clip(reward / np.sqrt(self.returns.var + 1e-8), -10, 10)
        return self.normalized(observation), scaled, terminated

    def normalized(self, observation):
        self.seen.update(observation[None])
        return np.clip((observation - self.seen.mean) / np.sqrt(self.seen.var + 1e-8), -10, 10)


class SyncVector:
    """Environments one after the other; an episode that ends is followed by the next one in the same step."""

    def __init__(self, environments, seed):
        self.environments = environments
        self.randoms = [np.random.default_rng([seed, at]) for at in range(len(environments))]
        count, size = len(environments), environments[0].observations
        self.observations = np.zeros((count, size), dtype=np.float32)
        self.rewards, self.ended = np.zeros(count), np.zeros(count, dtype=bool)
        self.steps, self.sums = [0] * count, [0.0] * count
        self.episodes = []

    def reset(self):
        for at, environment in enumerate(self.environments):
            self.observations[at] = environment.reset(self.randoms[at])
        return self.observations.copy()

    def step(self, actions):
        """Observations, rewards and ends; returns of episodes that end are appended to `episodes`."""
        for at, (environment, action) in enumerate(zip(self.environments, actions)):
            observation, self.rewards[at], terminated = environment.step(action)
            self.steps[at] += 1
            self.sums[at] += getattr(environment, "raw_reward", self.rewards[at])
            self.ended[at] = terminated or self.steps[at] >= environment.limit
            if self.ended[at]:
                self.episodes.append(self.sums[at])
                self.steps[at], self.sums[at] = 0, 0.0
                observation = environment.reset(self.randoms[at])
            self.observations[at] = observation
        return self.observations.copy(), self.rewards.copy(), self.ended.copy()


def make(name, count, seed, normalizes=False, gamma=0.99):
    made = [ENVIRONMENTS[name]() for _ in range(count)]
    return SyncVector([Normalized(one, gamma) for one in made] if normalizes else made, seed)
