// A convolutional network with two heads in TensorFlow.js: what is in the picture (cross-entropy, about 1 at first), and where
// (squared error of the box in pixels of the photo, some 10^5). Their sum trains the box and hardly the class.
//
//     npm run build && node examples/tfjs/two-heads.mjs
import '@tensorflow/tfjs-backend-cpu';
import { minimize } from '@counterpoise/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as modelOf } from '@tensorflow/tfjs-layers';
import { createBalancer } from 'counterpoise';

const SIDE = 16;
// Of a side of the photo behind the small picture: boxes are told in them, as data sets do.
const PIXELS = 640;
const SHAPES = ['disc', 'square', 'ring'];
const BATCH = 16;
const STEPS = 200;

/** Mulberry32: the same pictures in every run. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One bright shape on a noisy ground: pictures [BATCH, SIDE, SIDE, 1], classes as numbers, boxes [left, top, right, bottom]. */
function drawBatch(random) {
  const pictures = new Float32Array(BATCH * SIDE * SIDE).map(() => 0.3 * random());
  const classes = [];
  const boxes = [];
  for (let i = 0; i < BATCH; i++) {
    const shape = Math.floor(SHAPES.length * random());
    const radius = 3 + 2.5 * random();
    const [x, y] = [0, 0].map(() => radius + (SIDE - 2 * radius) * random());
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const [dx, dy] = [Math.abs(column + 0.5 - x), Math.abs(row + 0.5 - y)];
        const distance = SHAPES[shape] === 'square' ? Math.max(dx, dy) : Math.hypot(dx, dy);
        const isInside = distance < radius && (SHAPES[shape] !== 'ring' || distance > radius - 2);
        if (isInside) pictures[(i * SIDE + row) * SIDE + column] += 0.7;
      }
    }
    classes.push(shape);
    boxes.push([x - radius, y - radius, x + radius, y + radius].map((pixels) => (PIXELS * pixels) / SIDE));
  }
  return { pictures, classes, boxes };
}

function buildModel() {
  let seed = 0;
  const initializer = () => ({ className: 'GlorotUniform', config: { seed: ++seed } });
  const conv = (filters) =>
    layers.conv2d({
      filters,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: initializer(),
    });
  const dense = (units, activation = 'linear') => layers.dense({ units, activation, kernelInitializer: initializer() });
  const picture = input({ shape: [SIDE, SIDE, 1] });
  const features = dense(32, 'relu').apply(layers.flatten().apply(conv(12).apply(conv(6).apply(picture))));
  return modelOf({ inputs: picture, outputs: [dense(SHAPES.length).apply(features), dense(4).apply(features)] });
}

function train(method) {
  const model = buildModel();
  const optimizer = tf.train.adam(6e-3);
  const balancer = createBalancer(method);
  const random = randomFrom(1);
  const mean = { correct: 0, error: 0 };
  for (let step = 1; step <= STEPS; step++) {
    const { pictures, classes, boxes } = drawBatch(random);
    const x = tf.tensor4d(pictures, [BATCH, SIDE, SIDE, 1]);
    if (step > STEPS - 20) look(model, x, classes, boxes, mean);
    const { losses, weights } = minimize(optimizer, balancer, () => {
      const [logits, located] = model.apply(x, { training: true });
      return {
        class: tf.losses.softmaxCrossEntropy(tf.oneHot(classes, SHAPES.length), logits),
        box: tf.losses.meanSquaredError(boxes, tf.mul(located, PIXELS)),
      };
    });
    if (step === 1 || step % 100 === 0) console.log(method, step, losses, weights);
    x.dispose();
  }
  optimizer.dispose();
  model.dispose();
  return {
    method,
    accuracy: (mean.correct / (20 * BATCH)).toFixed(3),
    'mean error of an edge, pixels': (mean.error / (20 * BATCH * 4)).toFixed(1),
  };
}

/** Predicts a batch before it is learnt from. */
function look(model, x, classes, boxes, mean) {
  const [guessed, located] = tf.tidy(() => {
    const [logits, box] = model.predict(x);
    return [tf.argMax(logits, 1).dataSync(), box.dataSync()];
  });
  classes.forEach((shape, i) => {
    if (guessed[i] === shape) mean.correct++;
    boxes[i].forEach((edge, j) => {
      mean.error += Math.abs(PIXELS * located[4 * i + j] - edge);
    });
  });
}

console.table([train('sum'), train('running-max')]);
