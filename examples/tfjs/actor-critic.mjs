// An actor-critic in TensorFlow.js on CartPole: policy, value and entropy loss of one network. The gradient of the value loss is 30 times
// that of the policy loss at first and 130 times later; balanced, each loss gets its share of the gradient of the shared layer.
//
//     npm run build && node examples/tfjs/actor-critic.mjs
import '@tensorflow/tfjs-backend-cpu';
// With the package @tensorflow/tfjs all comes together; of its parts, this one brings the gradients of the operations.
import '@tensorflow/tfjs-layers';
import { minimize } from '@counterpoise/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { createBalancer } from 'counterpoise';

const POLES = 8;
const ROLLOUT = 16;
const UPDATES = 500;
const DISCOUNT = 0.99;
/** Of the generalised advantage (Schulman et al. 2016). */
const LAMBDA = 0.95;
const HIDDEN = 32;

/** Mulberry32: the same run every time. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The cart of Barto, Sutton and Anderson (1983): kept upright for 500 steps at most. */
class CartPole {
  constructor(random) {
    this.random = random;
    this.reset();
  }

  reset() {
    this.state = [0, 0, 0, 0].map(() => 0.1 * this.random() - 0.05);
    this.steps = 0;
  }

  /** @param action 0 pushes left, 1 right. @returns how the step ended: '' if the episode goes on. */
  step(action) {
    const [x, v, angle, spin] = this.state;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const pull = ((action === 1 ? 10 : -10) + 0.05 * spin * spin * sin) / 1.1;
    const spinUp = (9.8 * sin - cos * pull) / (0.5 * (4 / 3 - (0.1 * cos * cos) / 1.1));
    const speedUp = pull - (0.05 * spinUp * cos) / 1.1;
    this.state = [x + 0.02 * v, v + 0.02 * speedUp, angle + 0.02 * spin, spin + 0.02 * spinUp];
    this.steps += 1;
    if (Math.abs(this.state[0]) > 2.4 || Math.abs(this.state[2]) > (12 * Math.PI) / 180) return 'fell';
    return this.steps === 500 ? 'time' : '';
  }
}

/** One hidden layer under both heads. */
function buildNetwork(random) {
  const weights = (inputs, outputs, gain) =>
    tf.variable(
      tf.tensor2d(
        Array.from({ length: inputs }, () =>
          Array.from({ length: outputs }, () => (gain * (2 * random() - 1)) / Math.sqrt(inputs)),
        ),
      ),
    );
  const bias = (outputs) => tf.variable(tf.zeros([outputs]));
  const layers = [
    weights(4, HIDDEN, 2),
    bias(HIDDEN),
    weights(HIDDEN, 2, 0.1),
    bias(2),
    weights(HIDDEN, 1, 1),
    bias(1),
  ];
  const [w1, b1, actor, actorBias, critic, criticBias] = layers;
  const forward = (states) => {
    const features = tf.tanh(tf.add(tf.matMul(states, w1), b1));
    return {
      logits: tf.add(tf.matMul(features, actor), actorBias),
      value: tf.squeeze(tf.add(tf.matMul(features, critic), criticBias), [1]),
    };
  };
  return { layers, forward };
}

/** ROLLOUT steps in all environments: what was seen and done, advantages, and what the value should have been. */
function collect(poles, forward, random, finished) {
  const steps = [];
  const predict = () =>
    tf.tidy(() => {
      const { logits, value } = forward(tf.tensor2d(poles.map(({ state }) => state)));
      return {
        right: tf
          .softmax(logits)
          .dataSync()
          .filter((_, i) => i % 2 === 1),
        value: value.dataSync(),
      };
    });
  for (let t = 0; t < ROLLOUT; t++) {
    const { right, value } = predict();
    const states = poles.map(({ state }) => state);
    const actions = poles.map((_, i) => (random() < right[i] ? 1 : 0));
    const ends = poles.map((pole, i) => {
      const end = pole.step(actions[i]);
      if (end) {
        finished.push(pole.steps);
        pole.reset();
      }
      return end;
    });
    steps.push({ states, actions, value, ends });
  }
  let after = predict().value;
  let advantage = poles.map(() => 0);
  for (const step of steps.reverse()) {
    // An episode that was cut off by time would have gone on: its value stands for what would have come.
    const next = step.ends.map((end, i) => (end === '' ? after[i] : end === 'time' ? step.value[i] : 0));
    advantage = next.map((value, i) => {
      const error = 1 + DISCOUNT * value - step.value[i];
      return error + (step.ends[i] === '' ? DISCOUNT * LAMBDA * advantage[i] : 0);
    });
    step.advantages = advantage;
    step.targets = advantage.map((a, i) => a + step.value[i]);
    after = step.value;
  }
  const all = (name) => steps.flatMap((step) => step[name]);
  return { states: all('states'), actions: all('actions'), advantages: all('advantages'), targets: all('targets') };
}

function standardised(values) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (value - mean) / (deviation + 1e-8));
}

function train(method, settings) {
  const random = randomFrom(1);
  const { layers, forward } = buildNetwork(random);
  const poles = Array.from({ length: POLES }, () => new CartPole(random));
  const optimizer = tf.train.adam(1e-2);
  const balancer = createBalancer(method, settings);
  const finished = [];
  for (let update = 1; update <= UPDATES; update++) {
    const { states, actions, advantages, targets } = collect(poles, forward, random, finished);
    const { losses, weights } = minimize(optimizer, balancer, () => {
      const { logits, value } = forward(tf.tensor2d(states));
      const logProbabilities = tf.logSoftmax(logits);
      const chosen = tf.sum(tf.mul(tf.oneHot(actions, 2), logProbabilities), 1);
      return {
        policy: tf.mul(-1, tf.mean(tf.mul(chosen, standardised(advantages)))),
        value: tf.losses.meanSquaredError(targets, value),
        // The negative entropy: the less sure the policy is, the smaller.
        entropy: tf.mean(tf.sum(tf.mul(tf.exp(logProbabilities), logProbabilities), 1)),
      };
    });
    if (update === 1 || update % 250 === 0) console.log(method, update, losses, weights);
  }
  tf.dispose(layers);
  optimizer.dispose();
  const last = finished.slice(-20);
  return {
    method,
    episodes: finished.length,
    'steps upright, last 20 episodes': last.reduce((a, b) => a + b) / last.length,
  };
}

console.table([
  // The usual coefficients.
  train('static', { options: { weights: { policy: 1, value: 0.5, entropy: 0.01 } } }),
  // The same intention in shares of the gradient.
  train('encodec', { options: { preference: { policy: 1, value: 0.5, entropy: 0.02 } } }),
]);
