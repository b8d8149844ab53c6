import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { methods } from './catalog.js';
import { createMethod, type MethodName } from './create-method.js';
import type { Property } from './method-row.js';
import type { AnyMethodRow } from './registry.js';
import { type AnyMethod, measureProperties } from './testing/measure.test.helper.js';
import { methodVariants } from './testing/variants.test.helper.js';

const rows = Object.values(methods) as unknown as readonly AnyMethodRow[];
const measured = new Map<string, readonly Property[]>();

function measure({ name }: AnyMethodRow): readonly Property[] {
  const properties =
    measured.get(name) ?? measureProperties(createMethod(name, methodVariants[name as MethodName][0]!) as AnyMethod);
  measured.set(name, properties);
  return properties;
}

describe('what a method claims is what a search finds: no counterexample where it claims, one where it does not', () => {
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    expect([...measure(row)].sort()).toEqual([...row.properties].sort());
  });
});

const page = new URL('../../../docs/methods/properties.md', import.meta.url);

const columns: readonly (readonly [Property, string])[] = [
  ['scaleFree', 'scale-free'],
  ['linear', 'linear'],
  ['nonConflicting', 'non-conflicting'],
  ['stationary', 'stops only where stationary'],
  ['symmetric', 'order-free'],
  ['stateless', 'stateless'],
  ['signed', 'negative losses'],
];

function table(): string {
  const lines = [
    ['method', 'family', ...columns.map(([, title]) => title)],
    ...rows.map((row) => {
      const found = measure(row);
      return [`\`${row.name}\``, row.family, ...columns.map(([property]) => (found.includes(property) ? 'yes' : ''))];
    }),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const text = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [lines[0]!, rule, ...lines.slice(1)].map(text).join('\n');
}

const text = () => `# Properties of the methods

Measured, not claimed: \`packages/counterpoise/src/properties.test.ts\` searches for a counterexample to each property of each
method with its default options and writes this page (\`PROPERTIES=write npx vitest run packages/counterpoise/src/properties\`);
it fails where a method claims something else. "yes" means that none was found, an empty cell that one was.

- **scale-free**: a loss in another unit (L -> c L, and so its gradient, for the whole run) leaves all terms w L as they are, once the scale is known (no reason \`no-scale\`).
- **linear**: the update sum w g is linear in the lengths of the gradients.
- **non-conflicting**: to first order the update raises no loss, also with opposed, dependent, equal and zero gradients and one up to 10^6 times
  longer; steps with the reason \`fallback\`, whose equations have no solution, aside.
- **stops only where stationary**: the update vanishes only where some convex combination of the gradients does.
- **order-free**: the order of the tasks does not matter.
- **stateless**: the weights depend on the current step alone.
- **negative losses**: taken without an option.

${table()}
`;

test('docs/methods/properties.md is what was measured', () => {
  if (process.env.PROPERTIES === 'write') {
    mkdirSync(new URL('.', page), { recursive: true });
    writeFileSync(page, text());
  }
  expect(readFileSync(page, 'utf8')).toBe(text());
});
