/**
 * A job of milliseconds whose truth is known. One parameter x, two tasks that pull it to 1 and to -1:
 *
 *     L_a = a(t) (1 + (x - 1)^2),   L_b = b(t) (1 + (x + 1)^2),   SGD with noise in the gradients
 *
 * and as metrics 1 + (x - 1)^2 and 1 + (x + 1)^2, means over the training, lower is better. It begins at 0.9. With constant
 * scales some static weight brings x to 0, where the sum of both is lowest, and nothing can do better. When the scales cross over during the training
 * (`crossing`) every static weight is wrong most of the time, and a method that follows the losses wins.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Balancer, extractStatic } from 'counterpoise';
import { DivergedError } from '../../finite.js';
import type { CompareJob, RunContext, RunRequest, RunResult } from '../job.js';
import { createChosenMethod } from '../method-of.js';

export interface QuadraticsOptions {
  readonly [option: string]: number | boolean;
  readonly crossing: boolean;
  readonly steps: number;
  /** Of a run, beside its computing. */
  readonly milliseconds: number;
}

const STEPS_PER_POINT = 100;

export function createJob(options: QuadraticsOptions): CompareJob {
  return {
    losses: ['a', 'b'],
    metrics: [
      { name: 'near a', higherIsBetter: false, losses: ['a'] },
      { name: 'near b', higherIsBetter: false, losses: ['b'] },
      { name: 'steps', higherIsBetter: false },
    ],
    refuse: ({ method }) => (method === 'upgrad' ? 'it needs gradients' : undefined),
    run: (request, context) => run(options, request, context),
  };
}

async function run(options: QuadraticsOptions, request: RunRequest, { signal, progress }: RunContext) {
  const { crossing, steps, milliseconds } = options;
  // Every begin of a run, for tests; no part of the job, whose results it does not change.
  const diary = process.env.QUADRATICS_DIARY;
  if (diary) appendFileSync(diary, `${JSON.stringify(request)}\n`);
  const balancer: Balancer = new Balancer(createChosenMethod(request), { tasks: ['a', 'b'] });
  const noise = noiseOf(request.seed);
  const history: Record<string, number>[] = [];
  const curve: number[] = [];
  const sums = { a: 0, b: 0 };
  let first: Record<string, number> | undefined;
  let x = 0.9;
  for (let t = 0; t < steps; t++) {
    if (t % STEPS_PER_POINT === 0) {
      progress(t / steps);
      await sleep((milliseconds * STEPS_PER_POINT) / steps);
      if (signal.aborted) return undefined;
    }
    const ratio = 10 ** (1.5 - (3 * t) / steps);
    const [a, b] = crossing ? [ratio, 1 / ratio] : [1, 1000];
    const losses = { a: a * (1 + (x - 1) ** 2), b: b * (1 + (x + 1) ** 2) };
    if (!Number.isFinite(losses.a + losses.b)) throw new DivergedError(`a loss is infinite at step ${t + 1}`);
    first ??= losses;
    const { weights } = balancer.weigh({ losses });
    history.push({ ...weights });
    const gradient = weights.a! * a * (2 * (x - 1) + noise()) + weights.b! * b * (2 * (x + 1) + noise());
    x -= request.learningRate * gradient;
    sums.a += 1 + (x - 1) ** 2;
    sums.b += 1 + (x + 1) ** 2;
    if ((t + 1) % STEPS_PER_POINT === 0) curve.push(sums.a / (t + 1));
  }
  const result: RunResult = {
    metrics: { 'near a': sums.a / steps, 'near b': sums.b / steps, steps },
    losses: { a: 1 + (x - 1) ** 2, b: 1 + (x + 1) ** 2 },
    firstLosses: first ?? {},
    meanWeights: extractStatic(history),
    steps,
    // Not measured: it would make two comparisons differ.
    secondsPerStep: 1e-4,
    curves: { 'near a': { x: curve.map((_, at) => at + 1), y: curve } },
  };
  return result;
}

/** Uniform in [-1.7, 1.7), of variance 1: the generator of Park and Miller. The one of @counterpoise/nn would load the engine too. */
function noiseOf(seed: number): () => number {
  let state = 1 + seed * 7919;
  return () => {
    state = (state * 48271) % 2147483647;
    return Math.sqrt(12) * (state / 2147483647 - 0.5);
  };
}
