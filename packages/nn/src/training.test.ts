import { compile, crossEntropy, gradients, Input } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { initialise } from './init.js';
import { ReLU } from './layers/activations.js';
import { BatchNorm2d } from './layers/batch-norm.js';
import { Flatten, Sequential } from './layers/containers.js';
import { Conv2d } from './layers/conv2d.js';
import { Linear } from './layers/linear.js';
import { AdamW } from './optim/adam.js';
import { clipGradNorm } from './optim/clip.js';
import { SGD } from './optim/sgd.js';
import { Random } from './random.js';

const BATCH = 16;

/** Bright spots in the left or the right half of noise. */
function batch() {
  const random = new Random('pictures');
  const images = Float32Array.from({ length: BATCH * 64 }, () => 0.3 * random.normal());
  const labels = Int32Array.from({ length: BATCH }, (_, n) => n % 2);
  for (const [n, label] of labels.entries()) images[64 * n + 8 * random.integer(8) + 4 * label + random.integer(4)] = 3;
  return { images, labels };
}

async function train(kind: 'sgd' | 'adamw') {
  const model = initialise(
    new Sequential(
      new Conv2d(1, 8, 3, { padding: 1, bias: false }),
      new BatchNorm2d(8),
      new ReLU(),
      new Conv2d(8, 8, [8, 4], { stride: 4 }),
      new ReLU(),
      new Flatten(),
      new Linear(16, 2),
    ),
    new Random(0),
  );
  const images = new Input('images', [BATCH, 1, 8, 8]);
  const loss = crossEntropy(model.forward(images), new Input('labels', [BATCH], 'int32'));
  const parameters = model.namedParameters();
  const optimizer = kind === 'sgd' ? new SGD(parameters, { momentum: 0.9 }) : new AdamW(parameters);
  const { gradients: clipped, norm } = clipGradNorm(gradients(loss, optimizer.parameters), 1);
  const updates = [...optimizer.updates(clipped, new Input('learning_rate', [])), ...model.takeUpdates()];
  const program = await compile([{ name: 'train', outputs: { loss, norm }, updates }], { threads: 1 });
  const losses: number[] = [];
  for (let step = 1; step <= 30; step++) {
    const feeds = { ...batch(), learning_rate: kind === 'sgd' ? 0.05 : 0.01, ...optimizer.feeds(step) };
    losses.push((await program.run('train', feeds)).loss![0]!);
  }
  program.release();
  return { losses, state: model.stateDict(), memory: optimizer.stateDict() };
}

describe.each(['sgd', 'adamw'] as const)('training on the engine with %s', (kind) => {
  it('learns, updates running statistics, and gives the same bits twice', async () => {
    const { losses, state, memory } = await train(kind);
    expect(losses[0]).toBeGreaterThan(0.4);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    // After 30 steps 0.9^30 = 4 % is left of the variance that the statistics started with.
    const runningVar = state.get('1.running_var')!.data;
    expect(runningVar.every((value) => value > 0 && value < 1 && value !== Math.fround(0.9 ** 30))).toBe(true);
    expect([...memory.values()].every(({ data }) => data.some((value) => value !== 0))).toBe(true);
    expect(await train(kind)).toEqual({ losses, state, memory });
  });
});
