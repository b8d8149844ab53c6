import { readFileSync } from 'node:fs';
import * as jax from '@jax-js/jax';
import * as counterpoise from 'counterpoise';
import { expect, test } from 'vitest';
import * as adapter from './index.js';

jax.defaultDevice('wasm');

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
const modules = { '@jax-js/jax': jax, '@counterpoise/jax': adapter, counterpoise };

test('the examples of the README run', async () => {
  expect(blocks).toHaveLength(2);
  const [first, second] = blocks.map((code) =>
    code.replace(
      /^import (.*) from (.*);$/gm,
      (_, names, from) => `const ${names.replace(' as ', ': ')} = modules[${from}];`,
    ),
  );
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...values: unknown[]) => Promise<unknown>;
  const printed: unknown[][] = [];
  const console = { log: (...values: unknown[]) => printed.push(values) };
  // The second goes on where the first ends.
  const program = new AsyncFunction('modules', 'console', `${first}{${second} return { gradientNorms, gramian }; }`);
  expect(await program(modules, console)).toEqual({
    gradientNorms: { class: expect.any(Number), box: expect.any(Number) },
    gramian: Array(2).fill([expect.any(Number), expect.any(Number)]),
  });
  expect(printed).toEqual([Array(3).fill(expect.any(Number)), [Array(3).fill(Array(4).fill(expect.any(Number)))]]);
});
