/** What the page shows, in a real browser. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHROMIUM, chromiumOrSkipped } from '../testing/browser.js';
import { epochLine, makeRun, PNG, stepLine, writeLines, writeSteps } from './run-folder.test.helper.js';
import { watchRuns } from './server.js';
import { makeTwoRuns, texts, waitForColor, waitForState, watchInBrowser } from './watch-page.test.helper.js';

describe.skipIf(!CHROMIUM)(`in Chromium${chromiumOrSkipped}`, () => {
  const watching = watchInBrowser();

  test('two runs: all charts, their colours, pictures, options that differ, and not one error', async () => {
    makeTwoRuns(watching.root);
    const page = await watching.open({ height: 3000 });
    await page.waitFor("document.querySelectorAll('.chart').length === 8");
    expect(await texts(page, 'section h2')).toEqual([
      'Losses',
      'Validation',
      'Weights',
      'Shares of the total',
      'Learning rate',
      'Samples',
      'Options',
    ]);
    await page.waitFor("document.querySelector('.legend .value').textContent !== ''");
    expect(await texts(page, '#runs .state')).toEqual(Array(2).fill('finished, epoch 2 of 2, step 40'));
    await waitForColor(page, [0, 114, 178]);
    await waitForColor(page, [213, 94, 0]);
    await page.waitFor("document.querySelector('.pictures img').naturalWidth === 1");
    expect(await texts(page, 'tbody tr')).toEqual(['balancefirstsecond']);
    expect(page.errors).toEqual([]);
  });

  test('a run that begins and is written while the page is open; its pictures are renewed', async () => {
    const page = await watching.open();
    await page.waitFor("!document.querySelector('#empty').hidden");
    const run = makeRun(watching.root, 'live');
    writeSteps(run, 1, 5);
    await waitForState(page, 'running, step 5');
    for (let step = 6; step <= 30; step++) {
      writeSteps(run, step, step);
      if (step % 10 === 0) await waitForState(page, `step ${step}`);
    }
    const picture = join(run, 'samples', 'a.png');
    writeFileSync(picture, PNG);
    await page.waitFor("document.querySelector('.pictures img')");
    const address = () => page.evaluate<string>("document.querySelector('.pictures img').getAttribute('src')");
    const before = await address();
    utimesSync(picture, 1, 1);
    await page.waitFor(`document.querySelector('.pictures img').getAttribute('src') !== '${before}'`);
    writeLines(run, [epochLine(2, 30)]);
    await waitForState(page, 'finished, epoch 2 of 2');
    expect(page.errors).toEqual([]);
  });

  test('names are text, whatever stands in them', async () => {
    const evil = '<img src=x onerror="window.hacked=1">';
    const run = makeRun(watching.root, evil.replaceAll('/', ''), {
      classes: [`${evil}</td><script>window.hacked=1</script>`],
      [evil]: evil,
    });
    mkdirSync(join(watching.root, 'other'));
    writeSteps(join(watching.root, 'other'), 1, 2);
    writeLines(
      run,
      [1, 2].map((step) => stepLine(step, { losses: [evil, '__proto__', 'constructor'] })),
    );
    writeFileSync(join(run, 'samples', `${evil}.png`), PNG);
    const page = await watching.open({ height: 3000 });
    await page.waitFor("document.querySelectorAll('.chart').length > 5 && document.querySelector('.pictures img')");
    const all = await page.evaluate<string>('document.body.innerText');
    expect(all.split(evil).length).toBeGreaterThan(6);
    expect(all).toContain('<script>window.hacked=1</script>');
    expect(await texts(page, '.chart h3')).toEqual(expect.arrayContaining([evil, '__proto__', 'constructor']));
    expect(await page.evaluate("document.querySelectorAll('img[src=x], body script').length")).toBe(0);
    expect(await page.evaluate('window.hacked === undefined')).toBe(true);
    expect(page.errors).toEqual([]);
  });

  test('the policy holds: neither inline scripts nor HTML from text nor other hosts', async () => {
    const page = await watching.open();
    const attempt = (code: string) =>
      page.evaluate<string>(`(async () => { try { ${code} } catch (error) { return error.name; } })()`);
    expect(await attempt("document.body.innerHTML = '<p>'; return 'done'")).toBe('TypeError');
    expect(await attempt("await fetch('http://localhost:1/'); return 'done'")).toBe('TypeError');
    expect(await attempt("const s = document.createElement('script'); s.text = '1'; return 'done'")).toBe('TypeError');
    expect(page.errors.join()).toMatch(/Content Security Policy/);
  });

  test('a server that ends and comes back: the page says so, and begins anew', async () => {
    makeTwoRuns(watching.root);
    const page = await watching.open();
    await page.waitFor("document.querySelectorAll('.chart').length === 8");
    const port = Number(new URL(watching.server.url).port);
    await watching.server.close();
    await page.waitFor("document.getElementById('connection').textContent.includes('lost')");
    writeSteps(join(watching.root, 'first'), 41, 45);
    watching.server = await watchRuns(watching.root, { port });
    await page.waitFor("document.getElementById('connection').textContent === 'live'");
    await waitForState(page, 'step 45');
  });
});
