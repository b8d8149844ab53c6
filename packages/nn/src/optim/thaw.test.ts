/** A group that begins to learn later, on ONNX Runtime, against PyTorch 1.13, where its gradients were None until then. */
import { compile, Input } from '@counterpoise/engine';
import { expect, test } from 'vitest';
import { zeros } from '../init.js';
import { Parameter } from '../parameter.js';
import { Adam, AdamW } from './adam.js';
import type { Optimizer, ParameterGroup } from './optimizer.js';
import { SGD } from './sgd.js';

const LEARNING_RATES = [0.125, 0.25, 0.0625, 0.125, 0.03125];
/** Of the i-th of the seven values at step t, from 0. */
const gradient = (t: number, i: number) => (((7 * i + 5 * t) % 11) - 5) / 8;
const FIRST_STEP = 3;

const ADAM = { betas: [0.875, 0.984375], eps: 2 ** -10, weightDecay: 0.0625 } as const;
const CASES: [string, (groups: ParameterGroup[]) => Optimizer, number[]][] = [
  [
    'SGD with dampening',
    (groups) => new SGD(groups, { momentum: 0.875, dampening: 0.25, weightDecay: 0.0625 }),
    [
      0.929790033493191, -1.955714225769043, 0.5230286053847522, 2.929790033493191, 0.29927632767117274,
      -1.2214709527365955, 1.682736267889311,
    ],
  ],
  [
    'Adam',
    (groups) => new Adam(groups, ADAM),
    [
      0.9201933699765946, -1.9426573581832183, 0.5406425042757578, 2.920193369976595, 0.2730394188613301,
      -1.1534755034489226, 1.652179030467813,
    ],
  ],
  [
    'AdamW',
    (groups) => new AdamW(groups, ADAM),
    [
      0.9199196968160194, -1.9720944033237247, 0.5443716742864291, 2.924498761966693, 0.2778407004304148,
      -1.1984967634786814, 1.6939048502709786,
    ],
  ],
];

function parameter(name: string, shape: number[], values: number[]): Parameter {
  const made = new Parameter(name, shape, zeros());
  made.data.set(values);
  return made;
}

test.each(CASES)('%s: a group of half the rate begins at step 3', async (_name, make, expected) => {
  const a = parameter('a', [2, 2], [1, -2, 0.5, 3]);
  const b = parameter('b', [3], [0.25, -1.5, 2]);
  const optimizer = make([{ params: [['a', a]], lrFactor: 0.5, firstStep: FIRST_STEP }, { params: [['b', b]] }]);
  const rate = new Input('lr', []);
  const [ga, gb] = [new Input('ga', [2, 2]), new Input('gb', [3])];
  const programs = await Promise.all(
    [undefined, ga].map((first) => {
      return compile([{ name: 'update', updates: optimizer.updates([first, gb], rate) }], { threads: 1 });
    }),
  );
  try {
    for (const [t, lr] of LEARNING_RATES.entries()) {
      const of = (indices: number[]) => Float32Array.from(indices, (i) => gradient(t, i));
      const isFrozen = t + 1 < FIRST_STEP;
      const feeds = { lr, gb: of([4, 5, 6]), ...(isFrozen ? {} : { ga: of([0, 1, 2, 3]) }) };
      await programs[isFrozen ? 0 : 1]!.run('update', { ...feeds, ...optimizer.feeds(t + 1) });
      if (isFrozen) expect([...a.data]).toEqual([1, -2, 0.5, 3]);
    }
  } finally {
    for (const program of programs) program.release();
  }
  for (const [i, value] of [...a.data, ...b.data].entries()) expect(value).toBeCloseTo(expected[i]!, 6);
});

test('a first step that cannot be is refused', () => {
  const a = parameter('a', [1], [1]);
  expect(() => new SGD([{ params: [['a', a]], firstStep: 0 }])).toThrow(
    '"firstStep" must be a whole number of 1 or more, got 0',
  );
});
