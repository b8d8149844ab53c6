import { expect, it } from 'vitest';
import { createPpoTrainer } from './train/trainer.js';
import { fixedCoefficients } from './update/balancing.js';

it('timers have their turn while a training runs', async () => {
  const trainer = await createPpoTrainer({
    environment: 'CartPole-v1',
    method: fixedCoefficients(),
    seed: 1,
    totalSteps: 1e6,
    steps: 2048,
  });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const begin = performance.now();
  await trainer.iterate();
  const passed = performance.now() - begin;
  clearInterval(timer);
  trainer.release();
  // Without any turn the timer would have to wait for the end of the iteration.
  expect(passed).toBeGreaterThan(25);
  expect(ticks).toBeGreaterThan(0);
});
