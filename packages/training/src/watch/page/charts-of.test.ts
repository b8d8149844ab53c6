import { expect, test } from 'vitest';
import { sectionsOf } from './charts-of.js';
import { Run, Store, withShares } from './store.js';

function makeRun(
  name: string,
  color: number,
  step: readonly string[],
  epoch: readonly string[] = [],
  gradient: readonly string[] = [],
): Run {
  const run = new Run({ id: name, name, config: {}, samples: [], updated: 1, problems: [] }, color);
  for (const [table, fields] of [
    ['step', step],
    ['epoch', epoch],
    ['gradient', gradient],
  ] as const) {
    const columns = fields.map((field) => [field, Float32Array.of(1)] as const);
    if (fields.length > 0) run.table(table).append(Float64Array.of(10), columns);
  }
  return run;
}

const STEP = ['epoch', 'learningRate', 'train/loss/class', 'train/loss/box', 'weight/class', 'weight/box'];
const MEASURED = ['gradientNorm/class', 'gradientNorm/box', 'cosine/class:box'];
const EPOCH = ['epoch', 'train/loss/class', 'val/loss/class', 'weight/class', 'metric/accuracy'];

const outline = (runs: readonly Run[]) =>
  sectionsOf(runs).map(({ title, charts }) => [
    title,
    ...charts.map(
      (chart) => `${chart.title}: ${chart.lines.map(({ label, color }) => `${label} ${color}`).join(', ')}`,
    ),
  ]);

test('one run: a chart per loss, and families of curves in one chart', () => {
  expect(outline([makeRun('a', 3, [...STEP, 'temperature'], EPOCH, MEASURED)])).toEqual([
    ['Losses', 'class: training 0, validation 0', 'box: training 1'],
    ['Validation', 'accuracy: a 0'],
    ['Weights', 'Weights: class 0, box 1'],
    ['Gradient norms', 'Gradient norms: class 0, box 1'],
    ['Gradient cosines', 'class:box: a 0'],
    ['Learning rate', 'learning rate: a 0'],
    ['Other values', 'temperature: a 0'],
  ]);
});

test('a run of reinforcement learning: returns first, a chart for each value', () => {
  const fields = ['charts/episodes', 'charts/episodic_return', 'losses/value_loss', 'weight/policy', 'weight/value'];
  expect(outline([makeRun('a', 3, fields, [], ['gradientNorm/total'])])).toEqual([
    ['Returns', 'episodes: a 0', 'episodic_return: a 1'],
    ['Policy and critic', 'value_loss: a 0'],
    ['Weights', 'Weights: policy 0, value 1'],
    ['Gradient norms', 'total: a 0'],
  ]);
});

test('several runs: a chart per curve, a colour per run', () => {
  expect(outline([makeRun('a', 3, STEP, EPOCH), makeRun('b', 5, STEP.slice(0, 3))])).toEqual([
    ['Losses', 'class: a, training 3, a, validation 3, b, training 5', 'box: a, training 3'],
    ['Validation', 'accuracy: a 3'],
    ['Weights', 'class: a 3', 'box: a 3'],
    ['Learning rate', 'learning rate: a 3, b 5'],
  ]);
});

test('cosines have a matrix per run that has measured them', () => {
  const maps = (...runs: Run[]) => sectionsOf(runs).flatMap((section) => section.maps);
  const a = makeRun('a', 0, ['train/loss/class', 'train/loss/alone', 'train/loss/box'], [], MEASURED);
  const b = makeRun('b', 1, [], [], ['gradientNorm/x', 'gradientNorm/y', 'cosine/y:x']);
  const c = makeRun('c', 2, STEP, [], ['gradientNorm/class', 'cosine/of:others']);
  const outlines = (...runs: Run[]) => maps(...runs).map(({ title, matrix }) => [title, ...matrix.names]);
  expect(outlines(a)).toEqual([['Cosine matrix', 'class', 'box']]);
  expect(outlines(a, b, c)).toEqual([
    ['a', 'class', 'box'],
    ['b', 'x', 'y'],
  ]);
  const cells = maps(b)[0]!.matrix.cells;
  expect(cells.map((row) => row.map((line) => line?.label))).toEqual([
    [undefined, 'y:x'],
    ['y:x', undefined],
  ]);
});

test("someone else's run that has epochs alone", () => {
  expect(outline([makeRun('a', 0, [], ['epoch', 'train/loss/x', 'bleu'])])).toEqual([
    ['Losses', 'x: training 0'],
    ['Other values of epochs', 'bleu: a 0'],
  ]);
});

test('shares are the weighted losses over their sum; a loss that is absent has none', () => {
  const columns = withShares([
    ['train/loss/a', Float32Array.of(2, 2, 0)],
    ['train/loss/b', Float32Array.of(-30, Number.NaN, 0)],
    ['train/loss/no-weight', Float32Array.of(1, 1, 1)],
    ['weight/a', Float32Array.of(1, 1, 1)],
    ['weight/b', Float32Array.of(0.2, 0.2, 0.2)],
  ]);
  const shares = new Map(columns.filter(([name]) => name.startsWith('share/')));
  expect([...shares.keys()]).toEqual(['share/a', 'share/b']);
  expect(shares.get('share/a')![0]).toBeCloseTo(0.25);
  expect(shares.get('share/b')![0]).toBeCloseTo(0.75);
  expect([shares.get('share/a')![1], shares.get('share/b')![1]]).toEqual([1, Number.NaN]);
  expect(shares.get('share/a')![2]).toBeNaN();
  const written = [
    ['share/a', Float32Array.of(0.5)] as const,
    ...columns.filter(([name]) => !name.startsWith('share/')),
  ];
  expect(withShares(written).filter(([name]) => name === 'share/a')).toEqual([written[0]]);
});

test('a run keeps its colour when others go, and a new one takes a free colour', () => {
  const info = (id: string) => ({ id, name: id, config: {}, samples: [], updated: 0, problems: [] });
  const store = new Store();
  const colors = () => store.runs.map((run) => [run.info.id, run.color]);
  store.setRuns(['a', 'b', 'c'].map(info));
  store.setRuns(['b', 'c'].map(info));
  expect(colors()).toEqual([
    ['b', 1],
    ['c', 2],
  ]);
  store.setRuns(['b', 'c', 'd'].map(info));
  expect(colors().at(-1)).toEqual(['d', 0]);
});

test('a run has times from its rows of timing, until they begin anew', () => {
  const store = new Store();
  store.setRuns([{ id: 'a', name: 'a', config: {}, samples: [], updated: 0, problems: [] }]);
  const base64 = (values: Float64Array | Float32Array) => btoa(String.fromCharCode(...new Uint8Array(values.buffer)));
  const columns = [
    ['trainSeconds', base64(Float32Array.of(3, 4))],
    ['valSeconds', base64(Float32Array.of(1, Number.NaN))],
    ['memoryMiB', base64(Float32Array.of(900, 900))],
  ] as const;
  store.addRows({ run: 'a', tables: [{ table: 'timing', steps: base64(Float64Array.of(10, 20)), columns }] });
  const [run] = store.runs;
  expect([5, 10, 20].map((step) => run!.clock.secondsAt(step))).toEqual([2, 4, 8]);
  store.reset({ run: 'a', tables: ['step', 'gradient', 'epoch'] });
  expect(run!.clock.isRunning).toBe(true);
  store.reset({ run: 'a', tables: ['timing'] });
  expect(run!.clock.isRunning).toBe(false);
});
