// Two losses of different scales in a model of your own: trained once with the plain sum, once with the running maximum.
//
//     npm run build && node examples/two-losses.mjs
//
// The task: points in the plane. Class: in which sectors of a six-part pie is it (cross-entropy, about 0.7 at first)? Number: how far is
// the point from the origin, in millimetres (squared error, some 10^5 at first)?
import { crossEntropy, Input, mseLoss, relu, reshape } from '@counterpoise/engine';
import { initialise, Linear, Module, Random, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';

const BATCH = 64;
const STEPS = 2000;

class TwoHeads extends Module {
  hidden1 = new Linear(2, 64);
  hidden2 = new Linear(64, 64);
  classifier = new Linear(64, 2);
  distance = new Linear(64, 1);

  forward(points) {
    const features = relu(this.hidden2.forward(relu(this.hidden1.forward(points))));
    return { logits: this.classifier.forward(features), distance: reshape(this.distance.forward(features), [BATCH]) };
  }
}

function drawBatch(random) {
  const points = Float32Array.from({ length: 2 * BATCH }, () => 2 * random.uniform() - 1);
  const x = (i) => points[2 * i];
  const y = (i) => points[2 * i + 1];
  const rows = Array.from({ length: BATCH }, (_, i) => i);
  return {
    points,
    labels: Int32Array.from(rows, (i) => (Math.sin(3 * Math.atan2(y(i), x(i))) > 0 ? 1 : 0)),
    millimetres: Float32Array.from(rows, (i) => 1000 * Math.hypot(x(i), y(i))),
  };
}

async function train(method, learningRate, priorities = {}) {
  const model = initialise(new TwoHeads(), new Random(0));

  // The graph of one step: built once, compiled once.
  const points = new Input('points', [BATCH, 2]);
  const labels = new Input('labels', [BATCH], 'int32');
  const millimetres = new Input('millimetres', [BATCH]);
  const { logits, distance } = model.forward(points);
  const losses = { class: crossEntropy(logits, labels), distance: mseLoss(distance, millimetres) };
  const optimizer = new SGD(model.namedParameters(), { momentum: 0.9 });
  const step = await compileBalancedStep(
    { losses, outputs: { logits, distance }, optimizer },
    createBalancer(method, { priorities }),
  );

  const random = new Random(1);
  const result = { correct: 0, error: 0 };
  for (let n = 1; n <= STEPS; n++) {
    const batch = drawBatch(random);
    // Constant, then linearly to zero over the last third.
    const lr = learningRate * Math.min(1, (3 * (STEPS - n + 1)) / STEPS);
    const { outputs, losses, weights } = await step.run(batch, { step: n, learningRate: lr });
    if (n === 1) console.log(`${method}: first losses`, losses, 'weights', weights);
    if (n <= STEPS - 50) continue;
    // The last 50 batches, each predicted before it is learnt from.
    for (let i = 0; i < BATCH; i++) {
      const guess = outputs.logits[2 * i + 1] > outputs.logits[2 * i] ? 1 : 0;
      if (guess === batch.labels[i]) result.correct++;
      result.error += Math.abs(outputs.distance[i] - batch.millimetres[i]);
    }
  }
  step.release();
  return {
    losses: method,
    priorities: JSON.stringify(priorities),
    'learning rate': learningRate,
    accuracy: (result.correct / (50 * BATCH)).toFixed(3),
    'mean error, mm': (result.error / (50 * BATCH)).toFixed(1),
  };
}

// Each at a learning rate tried out for it: the sum is best at the number with 2e-5, at the class with 5e-5, and falls apart
// at 1e-4. With balanced losses a priority says which of the two should be the better one.
console.table([
  await train('sum', 2e-5),
  await train('sum', 5e-5),
  await train('running-max', 0.1),
  await train('running-max', 0.05, { distance: 30 }),
]);
