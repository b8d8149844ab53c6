/** One update of PPO equals PyTorch's, see tools/goldens/make_ppo_update.py. */
import { readFileSync } from 'node:fs';
import { compile, gradients } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';
import { Balancer } from 'counterpoise';
import { describe, expect, it } from 'vitest';
import { hashParameter } from '../../../nn/src/testing/hash-fill.js';
import { ActorCritic, type Trunk } from '../policy/actor-critic.js';
import { RolloutBuffer } from '../rollout/rollout-buffer.js';
import { Box, Discrete } from '../spaces.js';
import { fixedCoefficients } from './balancing.js';
import { LOSS_NAMES, learnGraph, type PerPpoLoss } from './learn-graph.js';
import { compilePpoUpdate } from './update.js';

type Numbers = readonly number[];

interface Case {
  readonly name: 'discrete' | 'continuous';
  readonly trunk: Trunk;
  readonly clipsValues: boolean;
  readonly observations: number;
  readonly actions: number;
  readonly rollout: Readonly<
    Record<'observations' | 'actions' | 'logProbabilities' | 'values' | 'rewards' | 'ended' | 'nextValues', Numbers>
  >;
  readonly advantages: Numbers;
  readonly steps: readonly {
    readonly losses: PerPpoLoss<number>;
    readonly gradNorm: number;
    readonly approxKl: number;
    readonly oldApproxKl: number;
    readonly clipFraction: number;
  }[];
  readonly gradients: PerPpoLoss<Readonly<Record<string, Numbers>>>;
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly explainedVariance: number;
}

interface Golden {
  readonly gamma: number;
  readonly lambda: number;
  readonly clipRange: number;
  readonly learningRate: number;
  readonly maxGradNorm: number;
  readonly minibatch: number;
  readonly environments: number;
  readonly hidden: Numbers;
  readonly coefficients: { readonly value: number; readonly entropy: number };
  readonly order: Numbers;
  readonly cases: readonly Case[];
}

const golden = JSON.parse(readFileSync(new URL('../../goldens/ppo-update.json', import.meta.url), 'utf8')) as Golden;

function modelOf({ name, trunk, observations, actions }: Case): ActorCritic {
  const space = name === 'discrete' ? new Discrete(actions) : new Box(-1, 1, [actions]);
  const model = new ActorCritic(new Box(-2, 2, [observations]), space, { trunk, hidden: golden.hidden });
  for (const [key, { data, shape }] of model.namedParameters()) data.set(hashParameter(key, shape));
  return model;
}

function rolloutOf(model: ActorCritic, { rollout, name }: Case): RolloutBuffer {
  const { environments } = golden;
  const steps = rollout.rewards.length / environments;
  const { observationSpace, actionSpace } = model;
  const buffer = new RolloutBuffer({ environments, observationSpace, actionSpace }, steps);
  const of = (field: keyof Case['rollout'], step: number) => {
    const width = rollout[field].length / steps;
    return rollout[field].slice(step * width, (step + 1) * width);
  };
  for (let step = 0; step < steps; step++) {
    const actions = of('actions', step);
    buffer.add(
      {
        observations: Float32Array.from(of('observations', step)),
        actions: name === 'discrete' ? Int32Array.from(actions) : Float32Array.from(actions),
        logProbabilities: Float32Array.from(of('logProbabilities', step)),
        values: Float32Array.from(of('values', step)),
      },
      {
        rewards: Float64Array.from(of('rewards', step)),
        terminated: Uint8Array.from(of('ended', step)),
        truncated: new Uint8Array(environments),
      },
    );
  }
  buffer.computeAdvantages(Float32Array.from(rollout.nextValues), golden);
  return buffer;
}

/** ||a - b|| / ||b|| */
function distance(found: ArrayLike<number>, wanted: Numbers): number {
  expect(found.length).toBe(wanted.length);
  const squares = wanted.map((value, at) => (found[at]! - value) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) / Math.hypot(...wanted);
}

/** A policy loss is a mean of terms of order 1 that nearly cancel. */
function expectLoss(found: number, wanted: number): void {
  expect(Math.abs(found - wanted)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(wanted)));
}

const average = (values: Numbers) => values.reduce((sum, value) => sum + value, 0) / values.length;
const TOLERANCE = 2e-6;

describe.each(golden.cases)('one PPO update, $name, $trunk trunk', (one) => {
  const minibatchOf = (buffer: RolloutBuffer) =>
    buffer.minibatches(golden.minibatch, new Random('ppo-update'), { normalize: true });

  it('advantages', () => {
    expect(distance(rolloutOf(modelOf(one), one).rows.advantages, one.advantages)).toBeLessThan(TOLERANCE);
  });

  it('losses and gradients of each loss, of the first minibatch', async () => {
    const model = modelOf(one);
    const graph = learnGraph(model, golden.minibatch, one.clipsValues);
    const named = model.namedParameters();
    const outputs = LOSS_NAMES.flatMap((loss) => {
      const found = gradients(graph.losses[loss], model.parameters());
      return named.flatMap(([key], at) => (found[at] ? [[`${loss} ${key}`, found[at]] as const] : []));
    });
    const program = await compile([{ name: 'all', outputs: { ...graph.losses, ...Object.fromEntries(outputs) } }], {
      threads: 1,
    });
    const [first] = minibatchOf(rolloutOf(model, one));
    const results = await program.run('all', graph.feeds(first!, golden.clipRange));
    for (const loss of LOSS_NAMES) {
      expectLoss(results[loss]![0]!, one.steps[0]!.losses[loss]);
      const wanted = one.gradients[loss];
      const reached = outputs.filter(([name]) => name.startsWith(`${loss} `)).map(([name]) => name.split(' ')[1]!);
      expect(reached.sort()).toEqual(Object.keys(wanted).sort());
      for (const key of reached) expect(distance(results[`${loss} ${key}`]!, wanted[key]!)).toBeLessThan(TOLERANCE);
    }
    program.release();
  });

  it('diagnostics and parameters after an epoch', async () => {
    const model = modelOf(one);
    const update = await compilePpoUpdate(model, new Balancer(fixedCoefficients(golden.coefficients)), {
      minibatch: golden.minibatch,
      epochs: 1,
      maxGradNorm: golden.maxGradNorm,
      clipsValues: one.clipsValues,
    });
    const random = new Random('ppo-update');
    expect([...random.fork().permutation(golden.order.length)]).toEqual(golden.order);
    const result = await update.run(rolloutOf(model, one), random, golden);
    update.release();
    expect(result.epochs).toBe(1);
    expect(result.weights).toEqual({ policy: 1, ...golden.coefficients });
    const { steps } = one;
    for (const loss of LOSS_NAMES) {
      expectLoss(result.losses[loss], average(steps.map(({ losses }) => losses[loss])));
    }
    for (const name of ['gradNorm', 'approxKl', 'oldApproxKl', 'clipFraction'] as const) {
      expect(result[name]).toBeCloseTo(average(steps.map((step) => step[name])), 5);
    }
    expect(result.explainedVariance).toBeCloseTo(one.explainedVariance, 5);
    for (const [key, { data }] of model.namedParameters()) {
      expect(distance(data, one.parameters[key]!)).toBeLessThan(TOLERANCE);
    }
  });
});
