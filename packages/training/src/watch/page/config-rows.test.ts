import { expect, test } from 'vitest';
import { configRows } from './config-rows.js';

test('options side by side: nested ones with dots, those that differ or are missing marked', () => {
  const rows = configRows([
    { seed: 0, name: 'a', priorities: { box: 2, class: 1 }, list: [1, 2], nothing: null },
    { seed: 0, name: 'b', priorities: { box: 2 }, list: [1, 3], nothing: {} },
  ]);
  expect(rows).toEqual([
    { option: 'seed', values: ['0', '0'], differs: false },
    { option: 'name', values: ['a', 'b'], differs: true },
    { option: 'priorities.box', values: ['2', '2'], differs: false },
    { option: 'priorities.class', values: ['1', ''], differs: true },
    { option: 'list', values: ['[1,2]', '[1,3]'], differs: true },
    { option: 'nothing', values: ['null', '{}'], differs: true },
  ]);
});
