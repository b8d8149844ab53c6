// Trains two networks side by side in the page: one on the sum of its losses, one balanced.
//
//     npm run build && npx vite examples/tfjs/browser        (?backend=webgl for the graphics processor)
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { minimizeAsync } from '@counterpoise/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as modelOf } from '@tensorflow/tfjs-layers';
import { createBalancer } from 'counterpoise';
import { Panel } from './panel.js';
import { drawBatch, PIXELS, SHAPES, SIDE } from './pictures.js';

const BATCH = 16;
const STEPS = 400;

function buildModel() {
  const conv = (filters) => layers.conv2d({ filters, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' });
  const picture = input({ shape: [SIDE, SIDE, 1] });
  const maps = conv(12).apply(conv(6).apply(picture));
  const features = layers.dense({ units: 32, activation: 'relu' }).apply(layers.flatten().apply(maps));
  const heads = [SHAPES.length, 4].map((units) => layers.dense({ units }).apply(features));
  return modelOf({ inputs: picture, outputs: heads });
}

/** The training of one method, as a function that takes a step on a batch. */
function training(method) {
  const model = buildModel();
  const variables = model.trainableWeights.map((weight) => weight.read());
  // The last number is the epsilon: on webgl TensorFlow.js would take 1e-4.
  const optimizer = tf.train.adam(6e-3, 0.9, 0.999, 1e-7);
  const balancer = createBalancer(method);
  const panel = new Panel(method);
  return async (step, { pictures, classes, boxes }) => {
    const x = tf.tensor4d(pictures, [BATCH, SIDE, SIDE, 1]);
    const { losses, weights } = await minimizeAsync(
      optimizer,
      balancer,
      () => {
        const [logits, located] = model.apply(x, { training: true });
        return {
          class: tf.losses.softmaxCrossEntropy(tf.oneHot(classes, SHAPES.length), logits),
          box: tf.losses.meanSquaredError(boxes, tf.mul(located, PIXELS)),
        };
      },
      variables,
    );
    panel.add(step, losses, weights);
    if (step % 5 === 1) {
      const [logits, located] = model.predict(x);
      const [scores, box] = [await logits.data(), await located.data()];
      const guess = SHAPES[scores.subarray(0, SHAPES.length).indexOf(Math.max(...scores.subarray(0, SHAPES.length)))];
      panel.show(
        pictures.subarray(0, SIDE * SIDE),
        guess,
        [...box.subarray(0, 4)].map((side) => side * SIDE),
      );
      tf.dispose([logits, located]);
    }
    x.dispose();
  };
}

await tf.setBackend(new URLSearchParams(location.search).get('backend') ?? 'cpu');
const trainings = [training('sum'), training('running-max')];
for (let step = 1; step <= STEPS; step++) {
  const batch = drawBatch(BATCH);
  for (const train of trainings) await train(step, batch);
  await tf.nextFrame();
}
