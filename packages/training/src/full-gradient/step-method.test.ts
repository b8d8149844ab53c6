import { Balancer, ema } from 'counterpoise';
import { afterEach, describe, expect, test } from 'vitest';
import { type BalancedStepOptions, compileBalancedStep } from '../balanced-step.js';
import { type LinearStep, linearStep, lossNamesOf } from './linear-step.test.helper.js';
import { LOSSES, lossesOf, makeNet, optimizerOf } from './small-net.test.helper.js';
import { createStepMethod } from './step-method.js';

const compiled: LinearStep[] = [];
afterEach(() => {
  for (const { step } of compiled.splice(0)) step.release();
});

async function made(...given: Parameters<typeof linearStep>): Promise<LinearStep> {
  const step = await linearStep(...given);
  compiled.push(step);
  return step;
}

function compileSmall(name: string, options: BalancedStepOptions) {
  const { method, stage } = createStepMethod(name);
  const net = makeNet();
  const graph = { losses: lossesOf(net, 4), optimizer: optimizerOf(net) };
  return compileBalancedStep(graph, new Balancer(method, { tasks: LOSSES }), { ...options, stage });
}

describe('what cannot be is one line', () => {
  test.each(['representation', 'last-layer', 'output'] as const)('the boundary %s', async (boundary) => {
    await expect(compileSmall('grad-drop', { boundary })).rejects.toThrow(
      `"boundary" must be parameters with grad-drop, which works on whole gradients, got ${boundary}`,
    );
  });

  test('measuring all gradients where one is computed', async () => {
    await expect(compileSmall('m-config', { measureGradients: true })).rejects.toThrow(
      '"measureGradients" does not go with m-config, which computes one gradient per step',
    );
  });

  test('normalising what is kept in the graph', () => {
    for (const name of ['moco', 'excess-mtl', 'm-config']) {
      expect(() => createStepMethod(name, {}, { normalize: ema() })).toThrow(
        `"normalize" does not go with ${name}: it`,
      );
    }
    expect(() => createStepMethod('db-mtl', {}, { normalize: ema() })).not.toThrow();
    expect(() => createStepMethod('grad-drop', {}, { normalize: ema() })).not.toThrow();
  });

  test('a state of another shape, or without what is in use: nothing is loaded', async () => {
    const { stage, run } = await made('moco', [2, 3]);
    await run(
      [
        [1, 2, 3],
        [1, 0, 0],
      ],
      [1, 1],
    );
    const before = [...stage!.state.stateDict()].map(([, { data }]) => [...data]);
    const wrong = new Map([
      ['theta.moco.l1', { shape: [3], data: new Float32Array(3) }],
      ['theta.moco.l2', { shape: [2], data: new Float32Array(2) }],
    ]);
    expect(() => stage!.state.loadStateDict(wrong)).toThrow('"theta.moco.l2" must have shape [3], got [2]');
    expect(() => stage!.state.loadStateDict(new Map())).toThrow('missing "theta.moco.l1" [3]');
    expect([...stage!.state.stateDict()].map(([, { data }]) => [...data])).toEqual(before);
    const { method, stage: other } = createStepMethod('moco');
    other!.state.loadStateDict(wrong);
    await expect(linearStep({ method, stage: other }, [2, 3])).rejects.toThrow(
      '"theta.moco.l2" must have shape [3], got [2]',
    );
  });
});

const ROWS = [
  [1, -2, 3, 0],
  [-4, 5, 6, 0],
  [7, 8, -9, 0],
];

test('wrappers round the method are about its weights', async () => {
  const { run } = await made('grad-drop', [3, 4], {}, { normalize: ema() });
  const { weights } = await run(ROWS, [2, 4, 5]);
  for (const [k, loss] of [2, 4, 5].entries()) expect(weights[k]).toBeCloseTo(1 / loss, 6);
});

test('grad-drop keeps one sign per entry, with its probability', async () => {
  const { run } = await made('grad-drop', [3, 4]);
  const counts = [0, 0, 0, 0];
  for (let step = 1; step <= 400; step++) {
    const { update } = await run(ROWS, [1, 1, 1]);
    for (const [i, value] of update.entries()) {
      const column = ROWS.map((row) => row[i]!);
      const positive = column.filter((x) => x > 0).reduce((a, b) => a + b, 0);
      const negative = column.filter((x) => x < 0).reduce((a, b) => a + b, 0);
      expect([positive, negative]).toContain(value);
      if (value > 0) counts[i]! += 1;
    }
  }
  // P = 8 / 12, 13 / 15, 9 / 18; within four standard deviations of 400 draws.
  for (const [i, p] of [8 / 12, 13 / 15, 9 / 18, 0].entries()) {
    expect(Math.abs(counts[i]! / 400 - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 400));
  }
});

test('trimmed-mean of the losses that are there', async () => {
  const { run } = await made('trimmed-mean', [5, 2], { trim: 2 });
  const rows = [9, 1, 5, 3, 7].map((x) => [x, -x]);
  expect((await run(rows, [1, 1, 1, 1, 1])).update).toEqual([expect.closeTo(5, 5), expect.closeTo(-5, 5)]);
  // Of 9, 5, 3, 7 one is left out at either end; of 3 and 7 none.
  const without = (...absent: number[]) => Object.fromEntries(absent.map((k) => [lossNamesOf(5)[k]!, false]));
  expect((await run(rows, [1, 1, 1, 1, 1], { mask: without(1) })).update[0]).toBeCloseTo(6, 5);
  expect((await run(rows, [1, 1, 1, 1, 1], { mask: without(0, 1, 2) })).update[0]).toBeCloseTo(5, 5);
  expect((await run(rows, [1, 1, 1, 1, 1], { mask: without(0, 1, 2, 3, 4) })).update).toEqual([0, 0]);
});

test('m-config turns to the next loss that is there, and gives nothing before all have been seen', async () => {
  const { run, stage } = await made('m-config', [3, 4]);
  const counts = () => [...stage!.state.stateDict().get('m_config.counts')!.data];
  const none = [0, 0, 0, 0];
  expect((await run(ROWS, [1, 1, 1])).update).toEqual(none);
  expect((await run(ROWS, [1, 1, 1], { mask: { l2: false } })).update).toEqual(none);
  expect(counts()).toEqual([1, 0, 1, 0]);
  expect((await run(ROWS, [1, 1, 1])).update).toEqual(none);
  expect((await run(ROWS, [1, 1, 1])).update).toEqual(none);
  const { update } = await run(ROWS, [1, 1, 1]);
  expect(counts()).toEqual([2, 1, 2, 1]);
  // As Adam's first step: the sign of each entry. The last entry has no gradient at all.
  for (const value of update.slice(0, 3)) expect(Math.abs(value)).toBeCloseTo(1, 4);
  expect(update[3]).toBe(0);
});
