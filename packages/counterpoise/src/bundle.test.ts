import { describe, expect, test } from 'vitest';
import type { AnyMethodRow } from './catalog.js';
import * as core from './index.js';
import { bundle } from './testing/bundle.js';
import { eachMethod } from './testing/sample-run.js';

/** Of one method, whichever it is, with `Balancer`. */
const SINGLE = 7.5 * 1024;

/** Of all methods that need no gradients, with `Balancer`. */
const FROM_LOSSES = 15 * 1024;

/** Of all methods at once, wrappers and ranks too: what it is now and a little more, so that growth is seen. */
const WHOLE = 25 * 1024;

/** Methods that are made of others. */
const parts: Readonly<Record<string, readonly string[]>> = { imtl: ['imtl-g', 'imtl-l'] };

/** The name under which the package exports the factory of a method. */
function factoryOf(row: AnyMethodRow): string | undefined {
  return Object.entries(core).find(([, value]) => value === row.create)?.[0];
}

/** Names of the methods whose factory is in a bundle. */
function methodsIn(kept: readonly string[]): string[] {
  const isIn = (row: AnyMethodRow) =>
    kept.some((entry) => entry.startsWith('methods/') && entry.endsWith(` ${factoryOf(row)}`));
  return eachMethod()
    .filter(isIn)
    .map(({ name }) => name)
    .sort();
}

test(`the whole core is below ${WHOLE} bytes, minified and gzipped`, async () => {
  const { gzipped, kept } = await bundle('*');
  // Else a bundle that lost half of the core would pass.
  expect(methodsIn(kept)).toHaveLength(eachMethod().length);
  expect(gzipped).toBeLessThan(WHOLE);
});

test(`all methods that need no gradients are below ${FROM_LOSSES} bytes`, async () => {
  const rows = eachMethod().filter(({ needs }) => needs.every((need) => need === 'losses' || need === 'epoch'));
  expect(rows.length).toBeGreaterThan(20);
  const { gzipped, kept } = await bundle(`{ Balancer, ${rows.map(factoryOf).join(', ')} }`);
  expect(methodsIn(kept)).toHaveLength(rows.length);
  expect(gzipped).toBeLessThan(FROM_LOSSES);
});

describe('a bundle holds only what is imported', () => {
  test('a balancer without a method has none', async () => {
    const { kept } = await bundle('{ Balancer }');
    expect(kept).toContain('balancer.ts Balancer');
    expect(methodsIn(kept)).toEqual([]);
  });

  const rows = eachMethod().map((row) => [row.name, row] as const);
  test.each(rows)('%s', async (name, row) => {
    const factory = factoryOf(row);
    expect(factory, `index.ts does not export the factory of ${name}`).toBeDefined();
    const { kept, code, gzipped } = await bundle(`{ ${factory}, Balancer }`);
    expect(methodsIn(kept)).toEqual([name, ...(parts[name] ?? [])].sort());
    expect(gzipped).toBeLessThan(SINGLE);
    // Nor does it hold what is only there to be read, not even its own.
    for (const { summary } of eachMethod()) expect(code).not.toContain(summary);
  });
});
