/**
 * tsc -b && node tools/bundle.mjs [--files]: what the core weighs in a browser, minified and gzipped (level 9).
 *
 * One line for the whole package, one for all methods that need no gradients, one for `counterpoise/catalog` (all methods and the texts about them), then one for each
 * method imported alone, with `Balancer`. --files lists the files of the whole package by their size before minifying.
 */
import { parseArgs } from 'node:util';
import { methods } from '../packages/counterpoise/dist/catalog.js';
import * as core from '../packages/counterpoise/dist/index.js';
import { bundle } from '../packages/counterpoise/dist/testing/bundle.js';

const { values } = parseArgs({ options: { files: { type: 'boolean', default: false } } });
const print = (name, ...bytes) =>
  process.stdout.write(`${name.padEnd(24)}${bytes.map((count) => String(count).padStart(8)).join('')}\n`);
const names = new Map(Object.entries(core).map(([name, value]) => [value, name]));

const whole = await bundle('*');
process.stdout.write(`${''.padEnd(24)}   bytes    gzip\n`);
print('everything', whole.code.length, whole.gzipped);
if (values.files) for (const [file, bytes] of whole.files) print(`  ${file}`, bytes);
const fromLosses = Object.values(methods).filter(({ needs }) =>
  needs.every((need) => need === 'losses' || need === 'epoch'),
);
const part = await bundle(`{ Balancer, ${fromLosses.map(({ create }) => names.get(create)).join(', ')} }`);
print('all from losses alone', part.code.length, part.gzipped);
const catalog = await bundle('*', 'catalog.ts');
print('catalog', catalog.code.length, catalog.gzipped);
for (const row of Object.values(methods)) {
  const { code, gzipped } = await bundle(`{ ${names.get(row.create)}, Balancer }`);
  print(row.name, code.length, gzipped);
}
