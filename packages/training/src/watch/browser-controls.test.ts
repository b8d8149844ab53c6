/** Keyboard, pointer and theme, in a real browser. */
import { describe, expect, test } from 'vitest';
import { CHROMIUM, chromiumOrSkipped } from '../testing/browser.js';
import { makeTwoRuns, texts, waitForColor, watchInBrowser } from './watch-page.test.helper.js';

describe.skipIf(!CHROMIUM)(`in Chromium${chromiumOrSkipped}`, () => {
  const watching = watchInBrowser();

  test('with the keyboard alone: every control is reached, values are said, the chart zooms', async () => {
    makeTwoRuns(watching.root);
    const page = await watching.open();
    await page.waitFor("document.querySelector('.legend .value')?.textContent");
    const focused = () => page.evaluate<string>("document.activeElement.tagName + '#' + document.activeElement.id");
    const reached: string[] = [];
    for (let count = 0; count <= 10; count++) {
      await page.press('Tab');
      reached.push(await focused());
    }
    expect(reached.slice(0, 10)).toEqual([
      'A#',
      'BUTTON#theme',
      'BUTTON#all',
      'INPUT#filter',
      'INPUT#',
      'INPUT#',
      'INPUT#smoothing',
      'INPUT#log',
      'SELECT#unit',
      'BUTTON#reset',
    ]);
    expect(reached[10]).toBe('CANVAS#');
    await page.press('End');
    await page.press('ArrowLeft');
    const spoken = () => page.evaluate<string>("document.getElementById('spoken').textContent");
    await page.waitFor("document.getElementById('spoken').textContent.startsWith('step 40: first, training 1.0')");
    await page.press('Home');
    expect(await spoken()).toMatch(
      /^step 1: first, training 2\.000, first, validation 2\.000, second, training 4\.000/,
    );
    const label = await page.evaluate<string>("document.querySelector('.plot canvas:last-child').ariaLabel");
    expect(label).toMatch(/^class, last values: first, training 1\.0/);
    const picture = async () => page.evaluate<string>("document.querySelector('.plot canvas').toDataURL()");
    const before = await picture();
    await page.press('+');
    await page.waitFor(`document.querySelector('.plot canvas').toDataURL() !== '${before}'`);
    await page.press('0');
    await page.waitFor(`document.querySelector('.plot canvas').toDataURL() === '${before}'`);
    await page.evaluate("document.getElementById('smoothing').focus()");
    await page.press('ArrowRight');
    expect(await page.evaluate("document.getElementById('smoothing-text').textContent")).toBe('1 step');
  });

  test('the pointer: values in all charts, a frame to zoom, a double click to reset; a filter for runs', async () => {
    makeTwoRuns(watching.root);
    const page = await watching.open();
    await page.waitFor("document.querySelector('.legend .value')?.textContent");
    const plot = (index: number) =>
      page.evaluate<number[]>(
        `(() => { const box = document.querySelectorAll('.plot')[${index}].getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })()`,
      );
    const values = () => texts(page, '.legend .value');
    const last = await values();
    const [x, y, width, height] = (await plot(0)) as [number, number, number, number];
    await page.moveMouse(x + 60, y + height / 2);
    await page.waitFor("document.querySelector('.legend .value').textContent.startsWith('1.')");
    const read = await values();
    for (const index of [0, 4]) expect([index, read[index]]).not.toEqual([index, last[index]]);
    const pictures = () =>
      page.evaluate<string[]>(
        "[...document.querySelectorAll('.plot canvas:first-child')].slice(0, 2).map((one) => one.toDataURL())",
      );
    const before = await pictures();
    await page.drag([x + width / 2, y + 40], [x + width - 20, y + height - 60]);
    await page.waitFor(`document.querySelectorAll('.plot canvas:first-child')[1].toDataURL() !== '${before[1]}'`);
    await page.evaluate("document.querySelector('.plot canvas:last-child').dispatchEvent(new MouseEvent('dblclick'))");
    await page.waitFor(`document.querySelectorAll('.plot canvas:first-child')[1].toDataURL() === '${before[1]}'`);
    expect(await pictures()).toEqual(before);
    await page.evaluate(
      "(() => { const box = document.getElementById('filter'); box.value = 'SECOND'; box.dispatchEvent(new Event('input')); })()",
    );
    await page.waitFor("document.querySelectorAll('#runs li').length === 1");
    await page.waitFor("[...document.querySelectorAll('.chart h3')].some((one) => one.textContent === 'Weights')");
    expect(await texts(page, '.chart:first-child .legend .name')).toContain('training');
    expect(page.errors).toEqual([]);
  });

  test('light and dark: as the system says, until the button says otherwise', async () => {
    makeTwoRuns(watching.root);
    const page = await watching.open({ theme: 'dark' });
    await page.waitFor("document.querySelector('.legend .value')?.textContent");
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await ground()).toBe('rgb(16, 20, 24)');
    await waitForColor(page, [86, 180, 233]);
    await page.setTheme('light');
    await page.waitFor("getComputedStyle(document.body).backgroundColor === 'rgb(246, 247, 249)'");
    const click = () =>
      page.evaluate<string>(
        "(() => { const b = document.getElementById('theme'); b.click(); return b.textContent; })()",
      );
    expect([await click(), await ground()]).toEqual(['Theme: light', 'rgb(246, 247, 249)']);
    expect([await click(), await ground()]).toEqual(['Theme: dark', 'rgb(16, 20, 24)']);
    await page.waitFor('document.querySelectorAll(".chart").length > 0');
    await page.open(watching.server.url);
    expect(await ground()).toBe('rgb(16, 20, 24)');
    expect(await click()).toBe('Theme: auto');
  });
});
