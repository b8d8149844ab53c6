/** The page of a server in a real browser, for tests. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Browser } from '../testing/browser.js';
import type { BrowserPage, PageOptions } from '../testing/browser-page.js';
import { epochLine, makeRun, PNG, temporaryFolder, writeLines, writeSteps } from './run-folder.test.helper.js';
import { type WatchServer, watchRuns } from './server.js';

export interface Watching {
  /** An empty folder for every test. */
  root: string;
  /** Of that folder. */
  server: WatchServer;
  open(options?: PageOptions): Promise<BrowserPage>;
}

/** One browser for the tests of a suite; call it in its `describe`. */
export function watchInBrowser(): Watching {
  let browser: Browser;
  const watching = {
    async open(options: PageOptions = {}) {
      const page = await browser.newPage(options);
      await page.open(watching.server.url);
      return page;
    },
  } as Watching;
  beforeAll(async () => {
    browser = await Browser.launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    watching.root = temporaryFolder();
    watching.server = await watchRuns(watching.root);
  });
  afterEach(async () => {
    await watching.server.close();
    rmSync(watching.root, { recursive: true });
  });
  return watching;
}

/** Two finished runs with a picture each; the losses of the second are twice those of the first. */
export function makeTwoRuns(root: string): void {
  for (const [index, name] of ['first', 'second'].entries()) {
    const run = makeRun(root, name, { epochs: 2, balance: name, seed: 0 });
    writeSteps(run, 1, 40, index + 1);
    writeLines(run, [epochLine(1, 20), epochLine(2, 40)]);
    writeFileSync(join(run, 'samples', 'a.png'), PNG);
  }
}

export function texts(page: BrowserPage, selector: string): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('${selector}')].map((one) => one.textContent)`);
}

/** Waits until the list of runs says this about one of them. */
export function waitForState(page: BrowserPage, text: string, timeoutMs?: number): Promise<void> {
  return page.waitFor(
    `[...document.querySelectorAll('.state')].some((one) => one.textContent.includes('${text}'))`,
    timeoutMs,
  );
}

/** Waits until the canvas of the first chart has pixels of about this colour. */
export function waitForColor(page: BrowserPage, [r, g, b]: readonly [number, number, number]): Promise<void> {
  return page.waitFor(`(() => {
    const canvas = document.querySelector('.plot canvas:first-child');
    if (!canvas?.width) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      const distance = Math.abs(data[at] - ${r}) + Math.abs(data[at + 1] - ${g}) + Math.abs(data[at + 2] - ${b});
      if (data[at + 3] > 200 && distance < 24) return true;
    }
    return false;
  })()`);
}
