// The gradient of every loss: look at it, let it say what is wrong, and train with a method that uses it.
//
//     npm run build && node examples/gradients.mjs
//
// A network with a shared trunk and three heads: where a pendulum is (metres), how fast it moves (metres per second) and whether it
// is on the right (cross-entropy). The speed is told in centimetres per second: ten thousand times the squared error.
import { crossEntropy, Input, mseLoss, reshape, tanh } from '@counterpoise/engine';
import { Adam, initialise, Linear, Module, Random } from '@counterpoise/nn';
import { compileBalancedStep, describeDiagnosis, diagnose } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';

const BATCH = 64;

class Pendulum extends Module {
  first = new Linear(3, 64);
  second = new Linear(64, 64);
  place = new Linear(64, 1);
  speed = new Linear(64, 1);
  side = new Linear(64, 2);

  losses(x, y) {
    const features = tanh(this.second.forward(tanh(this.first.forward(x))));
    return {
      place: mseLoss(reshape(this.place.forward(features), [BATCH]), y.place),
      speed: mseLoss(reshape(this.speed.forward(features), [BATCH]), y.speed),
      side: crossEntropy(this.side.forward(features), y.side),
    };
  }
}

/** A pendulum of amplitude a and phase p at the time t: x = a sin(t + p). */
function drawBatch(random) {
  const x = Float32Array.from({ length: 3 * BATCH }, () => random.uniform());
  const rows = Array.from({ length: BATCH }, (_, i) => ({ a: x[3 * i], at: 6 * x[3 * i + 1] + 6 * x[3 * i + 2] }));
  return {
    x,
    place: Float32Array.from(rows, ({ a, at }) => a * Math.sin(at)),
    speed: Float32Array.from(rows, ({ a, at }) => 100 * a * Math.cos(at)),
    side: Int32Array.from(rows, ({ at }) => (Math.sin(at) > 0 ? 1 : 0)),
  };
}

/** What is shared and what belongs to one loss is found from the graph: nothing but the losses is told. */
async function compiled(method, options) {
  const model = initialise(new Pendulum(), new Random(0));
  const y = {
    place: new Input('place', [BATCH]),
    speed: new Input('speed', [BATCH]),
    side: new Input('side', [BATCH], 'int32'),
  };
  const losses = model.losses(new Input('x', [BATCH, 3]), y);
  return compileBalancedStep({ losses, optimizer: new Adam(model.namedParameters()) }, createBalancer(method), options);
}

// 1. Forty steps of the plain sum, with the gradient of each loss on the shared parameters measured in each.
const random = new Random(1);
const looking = await compiled('sum', { measureGradients: true });
const measurements = [];
for (let step = 1; step <= 40; step++) {
  const { losses, gradientNorms, gramian, cosines } = await looking.run(drawBatch(random), {
    step,
    learningRate: 1e-3,
  });
  if (step === 1) console.log('gradient norms', gradientNorms, '\ncosines', cosines);
  measurements.push({ losses, gramian });
}
looking.release();
console.log(`\n${describeDiagnosis(diagnose(measurements), () => undefined).join('\n')}\n`);

// 2. The same network by the plain sum, by a method of loss values, and by two of gradients: one exact, one at the shared features.
const table = [];
for (const [method, options] of [
  ['sum', {}],
  ['log-sum', {}],
  ['nash-mtl', { boundary: 'parameters' }],
  ['nash-mtl', { boundary: 'representation' }],
]) {
  const batches = new Random(2);
  const step = await compiled(method, options);
  const last = { place: 0, speed: 0, side: 0 };
  const begin = performance.now();
  for (let n = 1; n <= 1500; n++) {
    const { losses } = await step.run(drawBatch(batches), {
      step: n,
      learningRate: 2e-3 * Math.min(1, (1501 - n) / 500),
    });
    if (n > 1450) for (const name of Object.keys(last)) last[name] += losses[name] / 50;
  }
  step.release();
  const milliseconds = (performance.now() - begin) / 1500;
  table.push({
    method,
    boundary: options.boundary ?? '',
    'place, m^2': last.place.toFixed(5),
    'speed, (cm/s)^2': last.speed.toFixed(1),
    'side, cross-entropy': last.side.toFixed(4),
    'ms per step': milliseconds.toFixed(2),
  });
}
console.table(table);
