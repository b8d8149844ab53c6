/** The example page: it builds with Vite, and trains in a real browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { describe, expect, test } from 'vitest';
import { Browser, CHROMIUM, chromiumOrSkipped } from '../packages/training/src/testing/browser.js';
import { sources } from './browser/sources.js';

const root = fileURLToPath(new URL('../examples/tfjs/browser', import.meta.url));

describe.skipIf(!CHROMIUM)(`examples/tfjs/browser in Chromium${chromiumOrSkipped}`, () => {
  test('builds and trains', async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'counterpoise-page-'));
    const common = {
      root,
      configFile: false,
      logLevel: 'error',
      build: { outDir },
      resolve: { alias: sources },
    } as const;
    await build(common);
    const server = await preview({ ...common, preview: { port: 0, host: '127.0.0.1' } });
    const browser = await Browser.launch();
    try {
      const page = await browser.newPage();
      await page.open(server.resolvedUrls!.local[0]!);
      await page.waitFor(
        "[...document.querySelectorAll('.step')].every((step) => Number(step.textContent) >= 6)",
        50_000,
      );
      const shown = await page.evaluate<string[]>(
        "[...document.querySelectorAll('section p')].map((p) => p.textContent)",
      );
      const number = '\\d[\\d.e+-]*';
      for (const name of ['class', 'box']) {
        const lines = shown.filter((text) => new RegExp(`^${name} ${number}, weight ${number}$`).test(text));
        expect(lines, name).toHaveLength(2);
      }
      expect(shown.filter((text) => /sees a (disc|square|ring|cross)/.test(text))).toHaveLength(2);
      expect(page.errors).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true });
    }
  }, 150_000);
});
