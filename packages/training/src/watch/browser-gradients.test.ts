/** Gradients and times, in a real browser. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHROMIUM, chromiumOrSkipped } from '../testing/browser.js';
import { epochLine, makeRun, writeLines, writeMeasuredSteps, writeSteps } from './run-folder.test.helper.js';
import { texts, waitForState, watchInBrowser } from './watch-page.test.helper.js';

describe.skipIf(!CHROMIUM)(`in Chromium${chromiumOrSkipped}`, () => {
  const watching = watchInBrowser();

  test('the cosine matrix: the latest, at the cursor of the charts, and by its slider', async () => {
    const run = makeRun(watching.root, 'run');
    writeMeasuredSteps(run, 1, 31);
    const page = await watching.open({ height: 3000 });
    await page.waitFor("document.querySelector('.map caption')?.textContent === 'latest, step 30'");
    const cells = () => texts(page, '.map tbody td');
    const [one, dash] = ['1', '−'];
    expect(await texts(page, '.map th')).toEqual(['class', 'box', 'aux', 'class', 'box', 'aux']);
    const latest = [one, `${dash}0.60`, '0.25', `${dash}0.60`, one, `${dash}0.30`, '0.25', `${dash}0.30`, one];
    expect(await cells()).toEqual(latest);
    const slider = "document.querySelector('.map input')";
    const said = () => page.evaluate<string>(`${slider}.getAttribute('aria-valuetext')`);
    expect(await said()).toBe(`step 30, lowest: class and box ${dash}0.60`);

    await page.evaluate(`${slider}.focus()`);
    await page.press('ArrowLeft');
    await page.waitFor("document.querySelector('.map caption').textContent === 'step 27'");
    await page.press('Home');
    await page.waitFor("document.querySelector('.map caption').textContent === 'step 3'");
    expect(await said()).toBe(`step 3, lowest: box and aux ${dash}0.03`);
    expect((await cells()).slice(0, 3)).toEqual([one, '0.75', '0.25']);
    // The charts of the gradients read the same step; every third of them is measured, and their lines have no gaps.
    expect(await texts(page, '[aria-label="Gradient norms"] .value')).toEqual(['0.5000', '83.00', '0.02000']);
    await page.evaluate(`${slider}.blur()`);
    await page.waitFor("document.querySelector('.map caption').textContent === 'latest, step 30'");
    expect(await cells()).toEqual(latest);

    const [x, y] = await page.evaluate<[number, number]>(
      "(() => { const b = document.querySelector('.plot').getBoundingClientRect(); return [b.x + 50, b.y + 50]; })()",
    );
    await page.moveMouse(x, y);
    await page.waitFor("document.querySelector('.map caption').textContent === 'step 3'");
    expect(await page.evaluate(`${slider}.value`)).toBe('0');
    writeMeasuredSteps(run, 32, 34);
    await waitForState(page, 'step 34');
    expect(await page.evaluate(`[${slider}.max, ${slider}.value]`)).toEqual(['10', '0']);
    expect(page.errors).toEqual([]);
  });

  test('several runs have a matrix each, hostile names are text, many losses scroll by keyboard', async () => {
    const evil = '<img src=x onerror="window.hacked=1">';
    const losses = ['a', 'b', 'c', 'd', 'e', 'f', 'g', evil];
    const many = makeRun(watching.root, 'many');
    const cosines = losses.flatMap((a, i) => losses.slice(i + 1).map((b) => [`cosine/${a}:${b}`, 0.5] as const));
    const values = Object.fromEntries([...losses.map((loss) => [`train/loss/${loss}`, 1] as const), ...cosines]);
    writeLines(many, [JSON.stringify({ kind: 'step', step: 1, ...values })]);
    writeMeasuredSteps(makeRun(watching.root, 'other'), 1, 9);
    writeSteps(makeRun(watching.root, 'plain'), 1, 9);
    const page = await watching.open({ height: 8000 });
    await page.waitFor("document.querySelectorAll('.map').length === 2");
    await page.waitFor("document.querySelectorAll('.map caption')[1].textContent !== ''");
    expect(await texts(page, '.map h3')).toEqual(['many', 'other']);
    expect(await texts(page, '.map caption')).toEqual(['latest, step 1', 'latest, step 9']);
    expect((await texts(page, '.map:first-child tbody th')).at(-1)).toBe(evil);
    expect(await page.evaluate('window.hacked === undefined')).toBe(true);
    const focusable = "[...document.querySelectorAll('.map .scroll')].map((one) => one.tabIndex)";
    expect(await page.evaluate(focusable)).toEqual([0, -1]);
    expect(page.errors).toEqual([]);
  });

  test('the axis of times: of every run that has some, and which have none is said', async () => {
    const timed = makeRun(watching.root, 'timed');
    writeMeasuredSteps(timed, 1, 30);
    writeLines(timed, [epochLine(1, 15), epochLine(2, 30)]);
    const timing = [15, 30].map((step, at) =>
      JSON.stringify({ epoch: at + 1, step, trainSeconds: 50, valSeconds: 10 }),
    );
    writeLines(timed, timing, 'timing.jsonl');
    writeSteps(makeRun(watching.root, 'untimed'), 1, 9);
    const page = await watching.open({ height: 3000 });
    await waitForState(page, 'step 30');
    const choose = (unit: string) =>
      page.evaluate(
        `(() => { const u = document.getElementById('unit'); u.value = '${unit}'; u.dispatchEvent(new Event('change')); })()`,
      );
    const note = () => page.evaluate<string>("document.getElementById('untimed').textContent");
    expect(await note()).toBe('');
    await choose('time');
    await page.waitFor("document.getElementById('untimed').textContent !== ''");
    expect(await note()).toBe('1 of 2 runs: no times yet, they come at the end of an epoch.');
    const spoken = () => page.evaluate<string>("document.getElementById('spoken').textContent");
    // A chart that has just been drawn anew, on a slow machine, has lost the focus: both keys may be pressed again.
    const pressUntil = async (key: 'Home' | 'End', start: string) => {
      const isSpoken = `document.getElementById('spoken').textContent.startsWith('${start}')`;
      for (let attempt = 0; attempt < 10; attempt++) {
        await page.evaluate("document.querySelector('.plot canvas:last-child').focus()");
        await page.press(key);
        await page.waitFor(isSpoken, 2000).catch(() => {});
        if ((await spoken()).startsWith(start)) return;
      }
      expect(await spoken()).toContain(start);
    };
    await pressUntil('End', 'time 2:00: ');
    expect(await spoken()).toContain('untimed, training –');
    // The first of fifteen steps in sixty seconds.
    await pressUntil('Home', 'time 4 s: ');
    writeLines(join(watching.root, 'untimed'), ['{"step":9,"trainSeconds":5}'], 'timing.jsonl');
    await page.waitFor("document.getElementById('untimed').textContent === ''");
    await choose('epoch');
    await pressUntil('End', 'epoch 2: ');
    expect(page.errors).toEqual([]);
  });
});
