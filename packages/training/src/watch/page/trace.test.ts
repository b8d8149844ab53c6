import { expect, test } from 'vitest';
import { Table } from './table.js';
import { trace } from './trace.js';

type Command = readonly ['move' | 'line' | 'dot', number, number];

function drawn(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  { width = 100, to = steps.length, isLog = false } = {},
) {
  const table = new Table();
  table.append(Float64Array.from(steps), [['x', Float32Array.from(values)]]);
  const commands: Command[] = [];
  const add = (kind: Command[0]) => (x: number, y: number) => void commands.push([kind, x, y]);
  const y = (value: number) => (isLog ? (value > 0 ? Math.log10(value) : Number.NaN) : value);
  const frame = {
    x: (step: number) => (step * width) / to,
    step: (x: number) => (x * to) / width,
    width,
    y,
    floor: -99,
  };
  trace({ moveTo: add('move'), lineTo: add('line'), dot: add('dot') }, table, table.columns.get('x')!, frame);
  return commands;
}

test('few values are joined one by one', () => {
  expect(drawn([0, 5, 10], [1, 2, 3], { to: 10 })).toEqual([
    ['move', 0, 1],
    ['line', 50, 2],
    ['line', 100, 3],
  ]);
});

test('a gap parts the line, and a value alone is a dot', () => {
  const gap = Number.NaN;
  expect(drawn([0, 1, 2, 3, 4, 5, 6], [1, 2, gap, 4, gap, 6, 7], { to: 10 })).toEqual([
    ['move', 0, 1],
    ['line', 10, 2],
    ['dot', 30, 4],
    ['move', 50, 6],
    ['line', 60, 7],
  ]);
  expect(drawn([0, 1], [0, 1], { isLog: true, to: 10 })).toEqual([['dot', 10, 0]]);
});

test('a million values: few points, no peak lost, every pixel from its lowest to its highest', () => {
  const n = 1e6;
  const values = Float32Array.from({ length: n }, (_, row) => Math.sin(row * 12.9898));
  values[123_456] = 50;
  values[654_321] = -50;
  const commands = drawn(
    Float64Array.from({ length: n }, (_, row) => row),
    values,
  );
  expect(commands.length).toBe(400);
  expect(commands.filter(([kind]) => kind === 'move').length).toBe(1);
  expect(commands.find(([, , y]) => y === 50)?.[1]).toBe(12.5);
  expect(commands.find(([, , y]) => y === -50)?.[1]).toBe(65.5);
  for (let pixel = 0; pixel < 100; pixel++) {
    const stretch = values.subarray(pixel * 10_000, (pixel + 1) * 10_000);
    const ys = commands.slice(4 * pixel, 4 * pixel + 4).map(([, , y]) => y);
    const [low, high] = stretch.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [9, -9] as [number, number]);
    expect(ys).toEqual([stretch[0], low, high, stretch.at(-1)]);
  }
});

test('a pixel full of gaps parts the line; what a log axis cannot show goes to its floor', () => {
  const rows = Array.from({ length: 10_000 }, (_, row) => row);
  const values = rows.map((row) => (row >= 3000 && row < 4000 ? Number.NaN : row % 2));
  const parted = drawn(rows, values);
  expect(parted.filter(([kind]) => kind === 'move').length).toBe(2);
  expect(parted.some(([, x]) => x > 30 && x < 40)).toBe(false);
  const onLog = drawn(rows, values, { isLog: true });
  expect(new Set(onLog.map(([, , y]) => y))).toEqual(new Set([0, -99]));
});

test('zoomed in, the line leaves the frame on both sides', () => {
  const table = new Table();
  table.append(Float64Array.of(0, 10, 20, 30), [['x', Float32Array.of(0, 1, 2, 3)]]);
  const xs: number[] = [];
  const add = (x: number) => void xs.push(x);
  trace({ moveTo: add, lineTo: add, dot: add }, table, table.columns.get('x')!, {
    x: (step) => (step - 12) / 0.1,
    step: (x) => 12 + x * 0.1,
    width: 100,
    y: (value) => value,
    floor: 0,
  });
  expect(xs).toEqual([-20, 80, 180]);
});
