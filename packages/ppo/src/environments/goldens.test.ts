import { existsSync, readFileSync } from 'node:fs';
import { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import { describe, expect, it } from 'vitest';
import type { Action, Environment } from '../environment.js';
import { environmentNames, environmentSpec } from '../registry.js';
import { unitInLastPlace } from '../testing/ulps.js';

// Trajectories of Gymnasium 1.3.0 with NumPy 2.
const file = new URL('../../../../../shared/data/gym-gold.json', import.meta.url);
const missing = !existsSync(file);

interface GoldenStep {
  /** Action, state after the step, observation, reward, terminated. */
  readonly a: number;
  readonly s: readonly number[];
  readonly o: readonly number[];
  readonly r: number;
  readonly t: boolean;
}

interface Golden {
  readonly init: readonly number[];
  readonly steps: readonly GoldenStep[];
}

const goldens = missing ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Golden>);
const title = missing
  ? 'golden trajectories: SKIPPED, ../shared/data/gym-gold.json is not here'
  : 'golden trajectories';

/** What `load` takes: the state, and for the continuous mountain car whether it is float32 already. */
const saved = (name: string, state: readonly number[], first: boolean): Json =>
  name === 'MountainCarContinuous-v0' ? [...state, first ? 0 : 1] : state;

const stateOf = (environment: Environment, size: number) => (environment.save!() as readonly number[]).slice(0, size);

function prepare(name: string) {
  const { init, steps } = goldens[name]!;
  const environment = environmentSpec(name).create();
  environment.load!(saved(name, init, true), new Random(0));
  const actionOf = (a: number): Action => (environment.actionSpace.kind === 'discrete' ? a : Float32Array.of(a));
  return { init, steps, environment, actionOf };
}

describe.skipIf(missing)(title, () => {
  it('exist for every environment of the package', () => {
    expect(Object.keys(goldens).sort()).toEqual(environmentNames().sort());
  });

  it.each(Object.keys(goldens))('%s, every step from the golden state: within 2 units in the last place', (name) => {
    const { init, steps, environment, actionOf } = prepare(name);
    let before = init;
    let different = 0;
    for (const [at, { a, s, o, r, t }] of steps.entries()) {
      environment.load!(saved(name, before, at === 0), new Random(0));
      const step = environment.step(actionOf(a));
      for (const [k, x] of stateOf(environment, s.length).entries()) {
        // One step of Acrobot adds to the old state, and a sum near 0 has the last place of its terms.
        const term = name === 'Acrobot-v1' ? Math.max(Math.abs(before[k]!), Math.abs(s[k]!)) : s[k]!;
        expect(Math.abs(x - s[k]!), `step ${at}`).toBeLessThanOrEqual(2 * unitInLastPlace(term));
        if (x !== s[k]!) different++;
      }
      // A unit of float64 changes the float32 that is observed at most by a unit of its own.
      Array.from(step.observation).forEach((x, k) => {
        expect(x).toBe(Math.fround(x));
        expect(Math.abs(x - o[k]!)).toBeLessThanOrEqual(2 ** -23 * Math.abs(o[k]!));
      });
      expect([step.reward, step.terminated], `step ${at}`).toEqual([r, t]);
      before = s;
    }
    // NumPy's sine and cosine differ from V8's in the last bit here and there; more than that would be another formula.
    expect(different / (steps.length * init.length)).toBeLessThan(0.012);
  });

  it.each(Object.keys(goldens))('%s, on its own: within 1e-12, ends and rewards the same', (name) => {
    const { steps, environment, actionOf } = prepare(name);
    for (const [at, { a, s, r, t }] of steps.entries()) {
      const step = environment.step(actionOf(a));
      stateOf(environment, s.length).forEach((x, k) => {
        expect(Math.abs(x - s[k]!), `step ${at}`).toBeLessThanOrEqual(1e-12);
      });
      expect(Math.abs(step.reward - r), `step ${at}`).toBeLessThanOrEqual(1e-12);
      expect(step.terminated, `step ${at}`).toBe(t);
    }
  });

  it.each(['MountainCar-v0', 'MountainCarContinuous-v0'])('%s, on its own: every bit', (name) => {
    const { steps, environment, actionOf } = prepare(name);
    for (const { a, s, r } of steps) {
      expect(environment.step(actionOf(a)).reward).toBe(r);
      expect(stateOf(environment, s.length)).toEqual(s);
    }
  });
});
