// A physics-informed network on jax-js: its losses are an equation and what holds at the start, and their scales are far apart.
//
//     npm run build && node examples/jax/oscillator.mjs
//
// A damped oscillator, u'' + 4 u' + 400 u = 0 on [0, 1] with u(0) = 1 and u'(0) = 0. The squared residual of the equation is some
// 10^4 times the error at the start, so the plain sum learns the easiest solution of the equation: u = 0, which does not
// begin at 1. Balanced, the network learns the oscillation.
import { balancedValueAndGrad } from '@counterpoise/jax';
import { blockUntilReady, defaultDevice, jit, jvp, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { createBalancer } from 'counterpoise';

defaultDevice('wasm'); // Node has no GPU; in a browser: await init(), then defaultDevice('webgpu').

const DAMPING = 2;
const FREQUENCY = 20;
const WIDTH = 32;
const POINTS = 64;
const STEPS = 250;

/** Uniform on [0, 1), the same in every run (Lehmer's generator). */
let state = 1;
function uniform() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

function layer(from, to) {
  const limit = Math.sqrt(6 / (from + to));
  const w = Float32Array.from({ length: from * to }, () => limit * (2 * uniform() - 1));
  return { w: np.array(w).reshape([from, to]), b: np.zeros([to]) };
}

// Sines of several frequencies as the first layer: a network of t alone is slow to learn an oscillation.
const FREQUENCIES = np.array(Float32Array.from({ length: WIDTH }, (_, i) => i)).reshape([1, WIDTH]);
const initialise = () => {
  state = 1;
  return { first: layer(WIDTH, WIDTH), second: layer(WIDTH, WIDTH), last: layer(WIDTH, 1) };
};

// jax-js counts references, and every function uses up one of each argument: `.ref` and `tree.ref` keep what is needed again.
const dense = ({ w, b }, x) => np.dot(x, w).add(b);
function network({ first, second, last }, t) {
  const h = np.tanh(dense(first, np.sin(t.mul(FREQUENCIES.ref))));
  return dense(last, np.tanh(dense(second, h)));
}

/** u, u' and u'' at the times t: each row is a time of its own, so one tangent of ones gives all derivatives. */
function derivatives(params, t) {
  const u = (t) => network(tree.ref(params), t);
  const slope = (t) => jvp(u, [t], [np.ones(t.shape)]);
  const [[value, first], [, second]] = jvp(slope, [t], [np.ones(t.shape)]);
  tree.dispose(params);
  return [value, first, second];
}

const meanSquare = (x) => np.square(x).mean();
function losses(params, t) {
  const [u, du, ddu] = derivatives(tree.ref(params), t);
  const [u0, du0, ddu0] = derivatives(params, np.zeros([1, 1]));
  ddu0.dispose();
  return {
    equation: meanSquare(ddu.add(du.mul(2 * DAMPING)).add(u.mul(FREQUENCY ** 2))),
    position: meanSquare(u0.sub(1)),
    velocity: meanSquare(du0),
  };
}

/** Adam (Kingma and Ba 2015), in one compiled function. */
const adam = jit((params, grads, { m, v }, factor) => {
  const newM = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(grads));
  const newV = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, grads);
  const change = (p, m, v) => p.sub(m.div(np.sqrt(v).add(1e-8)).mul(factor.ref));
  return [tree.map(change, params, tree.ref(newM), tree.ref(newV)), { m: newM, v: newV }];
});

async function train(name, gradientsOf) {
  let params = initialise();
  let moments = { m: tree.map(np.zerosLike, tree.ref(params)), v: tree.map(np.zerosLike, tree.ref(params)) };
  const began = performance.now();
  for (let step = 1; step <= STEPS; step++) {
    const times = Float32Array.from({ length: POINTS }, (_, i) => (i + uniform()) / POINTS);
    const grads = await gradientsOf(tree.ref(params), np.array(times).reshape([POINTS, 1]));
    // Constant, then linearly to zero over the last half; with the corrections of Adam's first steps.
    const rate = 5e-3 * Math.min(1, (2 * (STEPS - step + 1)) / STEPS);
    const factor = (rate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
    [params, moments] = adam(params, grads, moments, np.array(factor));
    await blockUntilReady([params, moments]);
  }
  tree.dispose(moments);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: error ${(await rootMeanSquareError(params)).toFixed(4)}, ${seconds} s`);
}

/** Against the solution, u = e^(-d t) (cos(w t) + d / w sin(w t)) with w^2 = f^2 - d^2. */
async function rootMeanSquareError(params) {
  const times = Float32Array.from({ length: 101 }, (_, i) => i / 100);
  const u = await network(params, np.array(times).reshape([101, 1])).data();
  const w = Math.sqrt(FREQUENCY ** 2 - DAMPING ** 2);
  const solution = (t) => Math.exp(-DAMPING * t) * (Math.cos(w * t) + (DAMPING / w) * Math.sin(w * t));
  return Math.sqrt(times.reduce((sum, t, i) => sum + (u[i] - solution(t)) ** 2, 0) / times.length);
}

// Before: one function, the sum.
const sum = (params, t) => {
  const { equation, position, velocity } = losses(params, t);
  return equation.add(position).add(velocity);
};
const plain = jit(valueAndGrad(sum));
await train('plain sum', (params, t) => {
  const [total, grads] = plain(params, t);
  total.dispose();
  return grads;
});

// After: the losses by name, and a balancer. One looks at the values of the losses, the other at the norms of their gradients.
for (const method of ['running-max', 'pinn-annealing']) {
  const balanced = balancedValueAndGrad(createBalancer(method), losses);
  const weightsAtTheEnd = {};
  await train(method, async (params, t) => {
    const { weights, grads } = await balanced(params, t);
    Object.assign(weightsAtTheEnd, weights);
    return grads;
  });
  console.log('  weights', weightsAtTheEnd);
  balanced.dispose();
}
