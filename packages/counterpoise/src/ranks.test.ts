import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Balancer, ema, type LossEvidence, sum } from './index.js';
import { dot } from './linalg/vectors.js';
import { Random, seeded } from './random.js';
import { packEvidence, unpackEvidence } from './ranks.js';
import { type AnyMethod, updateOf } from './testing/measure.test.helper.js';
import { type Everything, evidenceOf, type Frame, makeRuns } from './testing/runs.test.helper.js';
import { allVariants } from './testing/variants.test.helper.js';

const RANKS = 4;

type Shard = Frame & { readonly counts: readonly number[] };

/** One step on four ranks: each has 0, 1, 2 or 4 samples of a task, in thirds of which some rank has none at all. */
function shardsOf(frame: Frame, random: Random): Shard[] {
  return Array.from({ length: RANKS }, (_, rank) => {
    const counts = frame.losses.map((_, k) => [0, 1, 2, 4][(rank + Math.floor(3 * random.uniform()) + k) % 4]!);
    const vary = (value: number) => value * (1 + 0.2 * random.uniform());
    return {
      ...frame,
      counts,
      losses: frame.losses.map((loss) => (loss === undefined ? undefined : vary(loss))),
      after: frame.after.map(vary),
      rows: frame.rows.map((row) => row.map(vary)),
      second: frame.second.map((row) => row.map(vary)),
    };
  });
}

const shown = (tasks: readonly string[], shard: Shard): Everything => ({
  ...evidenceOf(tasks, shard),
  counts: Object.fromEntries(tasks.map((task, k) => [task, shard.counts[k]!])),
});

/** The evidence of one process that has all samples, written down from the definition of a mean. */
function whole(tasks: readonly string[], shards: readonly Shard[]): Everything {
  const shares = tasks.map((_, k) => {
    const parts = shards.map(({ counts, mask }) => (mask[k] ? counts[k]! : 0));
    const total = parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => (total === 0 ? 0 : part / total));
  });
  const all = shards.map((shard) => evidenceOf(tasks, shard));
  const mean = (k: number, value: (rank: number) => number) =>
    dot(
      shares[k]!,
      all.map((_, rank) => (shares[k]![rank] === 0 ? 0 : value(rank))),
    );
  const record = (need: 'losses' | 'gradientNorms' | 'gradientMax' | 'gradientMean') =>
    Object.fromEntries(tasks.map((task, k) => [task, mean(k, (rank) => all[rank]![need][task]!)]));
  const matrix = (need: 'gramian' | 'crossGramian') =>
    tasks.map((_, i) =>
      tasks.map((_, j) =>
        all.reduce((sum, evidence, rank) => {
          const share = Math.sqrt(shares[i]![rank]! * shares[j]![rank]!);
          return share === 0 ? sum : sum + share * evidence[need][i]![j]!;
        }, 0),
      ),
    );
  return {
    losses: record('losses'),
    mask: Object.fromEntries(tasks.map((task, k) => [task, shares[k]!.some((share) => share > 0)])),
    gradientNorms: record('gradientNorms'),
    gradientMax: record('gradientMax'),
    gradientMean: record('gradientMean'),
    gramian: matrix('gramian'),
    crossGramian: matrix('crossGramian'),
    epoch: all[0]!.epoch,
    lossesAfter: Object.fromEntries(
      tasks.map((task) => [task, all.reduce((sum, { lossesAfter }) => sum + lossesAfter![task]! / RANKS, 0)]),
    ),
  };
}

function add(vectors: readonly Float64Array[]): Float64Array {
  return vectors.reduce((sum, vector) => sum.map((value, i) => value + vector[i]!));
}

const runs = makeRuns(8, { kinds: ['random', 'conflicting', 'long'], seed: 6 });

describe.each(allVariants.map((variant) => [variant.label, variant] as const))('%s', (_, variant) => {
  test('four ranks weigh as one process with all samples', () => {
    const method = variant.create();
    const random = new Random(seeded(11));
    for (const [n, { tasks, frames }] of runs.entries()) {
      const one = new Balancer(method, { tasks });
      // The all-reduce of a simulation: the vectors of all ranks were packed before.
      let reduced: ArrayLike<number> = [];
      const many = Array.from(
        { length: RANKS },
        () => new Balancer(variant.create(), { tasks, reduce: () => reduced }),
      );
      for (const [i, frame] of frames.entries()) {
        const shards = shardsOf({ ...frame, mask: tasks.map((_, k) => (n + i + k) % 5 > 0) }, random);
        const asking = { ...method, needs: many[0]!.needs };
        reduced = add(shards.map((shard) => packEvidence(asking, tasks, shown(tasks, shard))));
        const expected = one.weigh(whole(tasks, shards));
        const answers = many.map((balancer, rank) => balancer.weigh(shown(tasks, shards[rank]!)));
        for (const answer of answers)
          if (!isDeepStrictEqual(answer, answers[0])) expect(answer).toStrictEqual(answers[0]);
        const [a, b] = [answers[0]!, expected].map(({ weights }) =>
          updateOf(
            frame,
            tasks.map((task) => weights[task]!),
          ),
        );
        const off = Math.max(...a!.update.map((value, j) => Math.abs(value - b!.update[j]!)));
        if (off > 1e-7 * b!.size) expect(answers[0], `run ${n}, step ${i}`).toEqual(expected);
      }
      expect(many[1]!.state()).toStrictEqual(many[3]!.state());
    }
  });
});

describe('packEvidence', () => {
  const tasks = ['a', 'b'];
  const merge = (method: AnyMethod, ...parts: Partial<Everything>[]) =>
    unpackEvidence(method, tasks, add(parts.map((part) => packEvidence(method, tasks, part as Everything))));

  test('means over the samples of all ranks; counts are 1 unless given', () => {
    const parts: LossEvidence[] = [
      { losses: { a: 1, b: 10 }, counts: { a: 3 } },
      { losses: { a: 5 }, counts: { a: 1 } },
      { losses: { a: 7, b: 40 }, mask: { a: false } },
    ];
    const merged = merge(ema() as AnyMethod, ...parts);
    expect(merged.losses).toEqual({ a: 2, b: 25 });
    expect(merged.mask).toEqual({ a: true, b: true });
  });

  test('the length hangs on method and tasks alone', () => {
    const lengths = [
      {},
      { losses: {} },
      { losses: { a: 1, b: Number.NaN } },
      { losses: { b: 2 }, counts: { b: 0 } },
    ].map((evidence) => packEvidence(ema(), tasks, evidence as LossEvidence).length);
    expect(new Set(lengths).size).toBe(1);
    expect(() => unpackEvidence(ema(), tasks, new Float64Array(3))).toThrow('must have 11 numbers, got 3');
  });

  test('a task without samples anywhere is absent; a count of 0 is absent on this rank', () => {
    const method = ema() as AnyMethod;
    const merged = merge(method, { losses: { a: 1, b: Number.NaN }, counts: { b: 0 } }, { losses: { a: 3 } });
    expect([merged.losses, merged.mask]).toEqual([{ a: 2 }, { a: true, b: false }]);
    const { reasons } = method.update(merged, method.init(tasks));
    expect(reasons.b?.code).toBe('absent');
  });

  test('a NaN on one rank holds the task back on all', () => {
    const method = ema() as AnyMethod;
    const before = method.init(tasks);
    const merged = merge(method, { losses: { a: 1, b: 2 } }, { losses: { a: 1, b: Number.NaN } });
    const { reasons, state } = method.update(merged, before);
    expect(reasons.b?.code).toBe('not-finite');
    expect(state).toBe(before);
  });

  test('a method that needs no losses goes without, unless all ranks show them', () => {
    const method = sum() as AnyMethod;
    expect(merge(method, { mask: { a: true } }, { mask: { a: true } }).losses).toBe(undefined);
    expect(merge(method, { losses: { a: 1, b: 1 } }, { losses: { a: 3, b: 1 } }).losses).toEqual({ a: 2, b: 1 });
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a count of %s is refused', (count) => {
    expect(() => packEvidence(ema(), tasks, { losses: { a: 1 }, counts: { a: count } } as LossEvidence)).toThrow(
      `"counts" of loss "a" must be in [0, inf), got ${count}`,
    );
  });

  test('what a rank fails to show is named', () => {
    const method = { ...sum(), name: 'upgrad', needs: ['gramian', 'epoch', 'gradientMax'] } as AnyMethod;
    const pack = (evidence: object) => () => packEvidence(method, tasks, evidence as Everything);
    const shown = { epoch: 1, gradientMax: { a: 1, b: 2 } };
    expect(pack({})).toThrow('upgrad needs "epoch" in the evidence, got undefined');
    expect(pack(shown)).toThrow('upgrad needs "gramian" in the evidence, got undefined');
    expect(pack({ ...shown, gramian: [[1]] })).toThrow('"gramian" must be 2 x 2');
    expect(pack({ ...shown, gradientMax: { a: 1 } })).toThrow(
      '"gradientMax" of loss "b" must be a number, got undefined',
    );
    expect(pack({ ...shown, counts: { c: 1 } })).toThrow('"counts" for loss "c" is unknown: the losses are a, b');
  });

  test('the balancer asks for the names of the losses', () => {
    expect(() => new Balancer(sum(), { reduce: (sums) => sums })).toThrow('"reduce" needs "tasks"');
  });
});
