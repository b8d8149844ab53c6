import { type AnyMethodRow, methods } from '../catalog.js';
import { Balancer, type Evidence, type LossEvidence, type Measurements, type Method, type Need } from '../index.js';
import { dot } from '../linalg/vectors.js';
import { Random, seeded } from '../random.js';

/** Options of the methods that cannot do without; tasks are named t1, t2, ... here. */
const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  static: { weights: 0.5 },
};

/** Every registered method, with no more options than it must have. */
export function eachMethod(): readonly AnyMethodRow[] {
  return Object.values(methods) as unknown as readonly AnyMethodRow[];
}

export function balancerOf(row: AnyMethodRow): Balancer {
  return new Balancer(row.create(required[row.name] ?? {}));
}

/** The part of the evidence that the method asks for: the losses of the batch before go with every one. */
export function neededBy({ needs }: Pick<Method, 'needs'>, evidence: FullEvidence): LossEvidence {
  const shown = [...needs, 'losses', 'lossesAfter'].map((field) => [field, evidence[field as Need]]);
  return Object.fromEntries(shown);
}

/** Measurements of one step and the losses of the batch before after its update: all that any method may ask for. */
export type FullEvidence = Evidence<Need>;

/**
 * A training run made up by formula: positive losses of very different scale that fall with noise, and for each batch
 * K gradients in more dimensions than tasks that agree only in part. A method sees only what it needs.
 */
export function sampleRun(tasks: number, steps: number, seed: number): readonly FullEvidence[] {
  const random = new Random(seeded(seed));
  const names = Array.from({ length: tasks }, (_, k) => `t${k + 1}`);
  const named = (value: (k: number) => number) => Object.fromEntries(names.map((name, k) => [name, value(k)]));
  const size = (k: number) => 10 ** ((3 * k) / tasks);
  const dimensions = tasks + 4;
  return Array.from({ length: steps }, (_, step) => {
    const loss = (k: number) => size(k) * (0.5 + 1 / (1 + step)) * Math.exp(0.2 * random.normal());
    const gradients = names.map((_, k) => Array.from({ length: dimensions }, () => size(k) * random.normal()));
    const second = gradients.map((row, k) => row.map((entry) => entry + 0.3 * size(k) * random.normal()));
    const losses = named(loss);
    return {
      losses,
      gradientNorms: named((k) => Math.sqrt(dot(gradients[k]!, gradients[k]!))),
      gradientMax: named((k) => Math.max(...gradients[k]!.map(Math.abs))),
      gradientMean: named((k) => gradients[k]!.reduce((sum, entry) => sum + Math.abs(entry), 0) / dimensions),
      gramian: gradients.map((a) => gradients.map((b) => dot(a, b))),
      crossGramian: gradients.map((a) => second.map((b) => dot(a, b))),
      epoch: Math.floor(step / 4),
      lossesAfter: named((k) => 0.99 * losses[`t${k + 1}`]!),
    } satisfies FullEvidence & Measurements;
  });
}

/** The weights of every method over one sample run. */
export function weightsOfAll(): Record<string, readonly (readonly number[])[]> {
  const run = sampleRun(4, 24, 7);
  return Object.fromEntries(
    eachMethod().map((row) => {
      const balancer = balancerOf(row);
      return [row.name, run.map((step) => Object.values(balancer.weigh(step).weights))];
    }),
  );
}
