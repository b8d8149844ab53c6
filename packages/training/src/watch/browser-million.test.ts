/** A long run, in a real browser. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHROMIUM, chromiumOrSkipped } from '../testing/browser.js';
import { makeRun } from './run-folder.test.helper.js';
import { waitForColor, waitForState, watchInBrowser } from './watch-page.test.helper.js';

describe.skipIf(!CHROMIUM)(`in Chromium${chromiumOrSkipped}`, () => {
  const watching = watchInBrowser();

  test('a million steps are drawn and stay fluid', async () => {
    const run = makeRun(watching.root, 'long');
    const file = openSync(join(run, 'metrics.jsonl'), 'a');
    for (let first = 1; first <= 1e6; first += 20_000) {
      const lines = Array.from({ length: 20_000 }, (_, index) => {
        const step = first + index;
        return `{"kind":"step","step":${step},"train/loss/a":${3 + Math.sin(step / 1e5)},"weight/a":0.5}\n`;
      });
      writeSync(file, lines.join(''));
    }
    closeSync(file);
    const page = await watching.open();
    await waitForState(page, 'step 1000000', 60_000);
    await waitForColor(page, [0, 114, 178]);
    // Milliseconds between frames while something is done in every frame. Far from the bound, unless a frame looks at every point
    // several times; a machine that is busy with other things may be ten times slower than usual.
    const median = (action: string) =>
      page.evaluate<number>(`new Promise((resolve) => {
        const times = [];
        let last = performance.now();
        const next = () => {
          times.push(performance.now() - last);
          last = performance.now();
          if (times.length > 20) return resolve(times.sort((a, b) => a - b)[10]);
          (${action})(times.length);
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      })`);
    const canvas = "document.querySelector('.plot canvas:last-child')";
    const zoom = await median(
      `(n) => ${canvas}.dispatchEvent(new KeyboardEvent('keydown', { key: n % 10 < 5 ? '+' : '-' }))`,
    );
    const hover = await median(
      `(n) => ${canvas}.dispatchEvent(new PointerEvent('pointermove', { clientX: 300 + 9 * n, clientY: 300 }))`,
    );
    const smoothing = await median(
      "(n) => { const s = document.getElementById('smoothing'); s.value = n; s.dispatchEvent(new Event('input')); }",
    );
    for (const [name, time] of Object.entries({ zoom, hover, smoothing })) {
      expect([name, time < 250]).toEqual([name, true]);
    }
    expect(page.errors).toEqual([]);
  }, 120_000);
});
