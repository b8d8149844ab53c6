/** The same training on WebGL, in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, CHROMIUM, chromiumOrSkipped } from '../packages/training/src/testing/browser.js';
import type { BrowserPage } from '../packages/training/src/testing/browser-page.js';
import { bundlePage } from './browser/bundle.js';
import type { BackendFacts, PageRun } from './browser/page.js';
import { balancerFor, fewCases, labelOf } from './cases.js';
import { trainOurs } from './engines/ours.js';
import { LENGTH, threeLosses, twoLosses } from './problems.js';
import { expectSame } from './suite.js';

describe.skipIf(!CHROMIUM)(`tfjs webgl in Chromium${chromiumOrSkipped}`, () => {
  let browser: Browser;
  let page: BrowserPage;
  beforeAll(async () => {
    const script = await bundlePage();
    browser = await Browser.launch();
    page = await browser.newPage();
    await page.evaluate(`${script}; undefined`);
  }, 60_000);
  afterAll(() => browser?.close());

  test('computes in float32', async () => {
    const facts = await page.evaluate<BackendFacts>('conformance.start()');
    expect(facts).toEqual({ backend: 'webgl', float32: true });
  });

  test.each(
    [twoLosses, threeLosses].flatMap((problem) =>
      fewCases.map((one) => [`${problem.losses.length} losses, ${labelOf(one)}`, problem, one] as const),
    ),
  )('%s', async (_, problem, one) => {
    const reference = await trainOurs(problem, balancerFor(one, problem.losses), { ...LENGTH, boundary: one.boundary });
    const { trajectory, leaked } = await page.evaluate<PageRun>(
      `conformance.train(${[problem, one, LENGTH].map((argument) => JSON.stringify(argument)).join()})`,
    );
    expect(leaked).toBe(0);
    expectSame('webgl', trajectory, reference, problem);
    expect(page.errors).toEqual([]);
  });
});
