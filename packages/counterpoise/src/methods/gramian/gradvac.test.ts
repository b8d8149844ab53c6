import { describe, expect, test } from 'vitest';
import { Balancer } from '../../index.js';
import { dot } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import { gradients, gramianFrom } from '../../testing/gramians.js';
import {
  aggregate,
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { gradvac, vaccinate } from './gradvac.js';

describe.skipIf(oraclesMissing)(oracleTitle('gradvac oracles'), () => {
  interface Call extends OracleResult {
    readonly phi_after: Matrix;
  }
  interface Result extends Call {
    readonly second_call: Call;
    /** Per call and task, an order of the positions in the list of the others. */
    readonly permutations: readonly Matrix[];
  }
  test.each(['ascending', 'recorded'])('%s orders, two calls', (variant) => {
    const cases = oracleCases<Result>('gradvac.json', variant);
    expect(cases.length).toBeGreaterThan(15);
    for (const one of cases) {
      const { result, gramian } = one;
      const visits = result.permutations.map((call) =>
        call.map((order, i) => order.map((position) => (position < i ? position : position + 1))),
      );
      const options = { beta: 0.5, epsilon: 1e-8 };
      const zero = gramian.map((row) => row.map(() => 0));
      const first = vaccinate(gramian, visits[0]!, zero, options);
      const second = vaccinate(gramian, visits[1]!, first.targets, options);
      for (const [call, expected] of [
        [first, result],
        [second, result.second_call],
      ] as const) {
        expectOracle(one, expected, call.weights, 1e-8);
        call.targets.flat().forEach((target, i) => {
          expect(target, one.id).toBeCloseTo(expected.phi_after.flat()[i]!, 8);
        });
      }
    }
  });
});

test('the first step with targets 0 is the surgery of pcgrad', () => {
  const [b, a, c] = [-6, 9, 16];
  const { weights } = new Balancer(gradvac()).weigh({
    gramian: [
      [a, b],
      [b, c],
    ],
  });
  expect(weights.t1).toBeCloseTo(1 - b / a, 13);
  expect(weights.t2).toBeCloseTo(1 - b / c, 13);
});

test('a bent gradient meets the other at the target', () => {
  const rows = gradients('conflicting', 2, 3, 21);
  const target = 0.3;
  const targets = [
    [0, target],
    [-1, 0],
  ];
  const { weights, targets: next } = vaccinate(gramianFrom(rows), [[1], [0]], targets, { beta: 0.25, epsilon: 0 });
  // Gradient 2 has the target -1 and stays, so that the rest is gradient 1 as bent.
  const bent = aggregate(rows, [1, weights[1]! - 1]);
  const length = (x: readonly number[]) => Math.sqrt(dot(x, x));
  expect(dot(bent, rows[1]!) / length(bent) / length(rows[1]!)).toBeCloseTo(target, 12);
  const phi = dot(rows[0]!, rows[1]!) / length(rows[0]!) / length(rows[1]!);
  expect(next[0]![1]).toBeCloseTo(0.75 * target + 0.25 * phi, 13);
  expect(weights[0]).toBe(1);
});

test('a pair that was parallel for long and then turns: finite weights', () => {
  const balancer = new Balancer(gradvac({ beta: 1 }));
  balancer.weigh({
    gramian: [
      [1, 1],
      [1, 1],
    ],
  });
  const { weights } = balancer.weigh({
    gramian: [
      [1, -0.5],
      [-0.5, 1],
    ],
  });
  expect(weights.t1).toBeGreaterThan(100);
  expect(weights.t1).toBeLessThan(1001);
  expect(weights.t2).toBe(weights.t1);
});

test('targets of an absent task and of a zero gradient stay', () => {
  const method = gradvac({ order: 'ascending' });
  const gramian = gramianFrom(gradients('conflicting', 3, 0, 2));
  const { state } = method.update({ gramian }, method.init(['a', 'b', 'c']));
  const without = method.update({ gramian, mask: { b: false } }, state).state.memory.targets;
  const { targets } = state.memory;
  expect(without[1]).toEqual(targets[1]);
  expect(without.map((row) => row[1])).toEqual(targets.map((row) => row[1]));
  expect(without[0]![2]).not.toBe(targets[0]![2]);
  const vanished = gramian.map((row, i) => row.map((value, j) => (i === 1 || j === 1 ? 0 : value)));
  const after = method.update({ gramian: vanished }, state);
  expect(after.state.memory.targets).toEqual(without);
  expect(after.weights.b).toBe(1);
});

test('a state that it cannot have written is refused', () => {
  const method = gradvac();
  const random = [1, 2, 3, 4];
  expect(() => method.restore(['a', 'b'], { random, targets: [[0]] })).toThrow('"state".targets must be a list of 2');
  expect(() => method.restore(['a'], { random, targets: [[1.5]] })).toThrow(
    '"state".targets[0][0] must be a number in [-1, 1], got 1.5',
  );
  expect(() => method.restore(['a'], { random: 3, targets: [[0]] })).toThrow(
    '"state".random must be four 32-bit words',
  );
});
