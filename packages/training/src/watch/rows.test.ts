import { expect, test } from 'vitest';
import type { TableRows } from './protocol.js';
import { metricsTable, parseRows } from './rows.js';
import { epochLine, stepLine } from './run-folder.test.helper.js';

const parse = (...lines: string[]) => parseRows(lines.map((line) => `${line}\n`).join(''), metricsTable);

function decode(rows: TableRows | undefined) {
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64')).buffer;
  return {
    steps: [...new Float64Array(bytes(rows?.steps ?? ''))],
    columns: new Map(rows?.columns.map(([name, text]) => [name, [...new Float32Array(bytes(text))]])),
  };
}

test('steps and epochs become columns of their own', () => {
  const { tables, badLines } = parse(stepLine(1), stepLine(2), epochLine(1, 2), stepLine(3));
  expect(badLines).toBe(0);
  expect(tables.map(({ table }) => table)).toEqual(['step', 'epoch']);
  const step = decode(tables[0]);
  expect(step.steps).toEqual([1, 2, 3]);
  expect([...step.columns.keys()]).toEqual([
    'epoch',
    'learningRate',
    'train/loss/class',
    'train/loss/box',
    'weight/class',
    'weight/box',
  ]);
  expect(step.columns.get('train/loss/class')).toEqual([2, 1.5, Math.fround(4 / 3)]);
  expect(decode(tables[1]).columns.get('metric/accuracy')).toEqual([0.5]);
});

test('null and what a row lacks are gaps; words are no curve', () => {
  const { tables } = parse('{"kind":"step","step":1,"a":null,"word":"x"}', '{"kind":"step","step":2,"b":7}');
  const { columns } = decode(tables[0]);
  expect([...columns]).toEqual([
    ['a', [Number.NaN, Number.NaN]],
    ['b', [Number.NaN, 7]],
  ]);
});

test('gradients have rows of their own, for the steps that measured them', () => {
  const line = (step: number, more: object) => JSON.stringify({ kind: 'step', step, 'train/loss/a': step, ...more });
  const { tables } = parse(
    line(1, {}),
    line(2, { 'gradientNorm/a': 5, 'cosine/a:b': -0.5 }),
    line(3, {}),
    line(4, { 'gradientNorm/a': null, 'cosine/a:b': null }),
    line(5, { 'gradientNorm/a': 7 }),
  );
  expect(tables.map(({ table }) => table)).toEqual(['step', 'gradient']);
  expect(decode(tables[0])).toEqual({ steps: [1, 2, 3, 4, 5], columns: new Map([['train/loss/a', [1, 2, 3, 4, 5]]]) });
  expect(decode(tables[1])).toEqual({
    steps: [2, 4, 5],
    columns: new Map([
      ['gradientNorm/a', [5, Number.NaN, 7]],
      ['cosine/a:b', [-0.5, Number.NaN, Number.NaN]],
    ]),
  });
  expect(parse(line(1, {})).tables.map(({ table }) => table)).toEqual(['step']);
});

test.each([
  ['not JSON', 'nonsense'],
  ['two values in one line', '1,2'],
  ['a list', '[1]'],
  ['null', 'null'],
  ['no step', '{"kind":"step","a":1}'],
  ['a step that is no number', '{"kind":"step","step":"1"}'],
  ['another kind', '{"kind":"x","step":1}'],
  ['a bracket that closes the list', '{"kind":"step","step":1}],[{"kind":"step","step":9}'],
])('a bad line is counted and left out: %s', (_, line) => {
  const { tables, badLines } = parse(stepLine(1), line, stepLine(2));
  expect(badLines).toBe(1);
  expect(decode(tables[0]).steps).toEqual([1, 2]);
});

test('names that objects have anyway are names like others', () => {
  const { tables } = parse('{"kind":"step","step":1,"__proto__":5,"constructor":6}', '{"kind":"step","step":2}');
  expect([...decode(tables[0]).columns]).toEqual([
    ['__proto__', [5, Number.NaN]],
    ['constructor', [6, Number.NaN]],
  ]);
});

test('too many names are cut', () => {
  const fields = Array.from({ length: 5000 }, (_, index) => `"f${index}":1`);
  const { tables } = parse(`{"kind":"step","step":1,${fields.join(',')}}`);
  expect(tables[0]!.columns.length).toBe(256);
});
