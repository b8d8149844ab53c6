/** The page for browsers in headless Chromium: with a runtime of our own that shows what it is asked, and with the real one. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, CHROMIUM, chromiumOrSkipped } from '../../../training/src/testing/browser.js';
import type { BrowserPage } from '../../../training/src/testing/browser-page.js';
import { type ExportedLocalizer, exportedLocalizer } from '../testing/exported-localizer.js';

const RUNTIME = findRuntime();
const MODEL = 'my model #1.onnx';
const HOSTILE = '</script><img src=x onerror="document.title=1">';
const TYPES: Record<string, string> = { '.mjs': 'text/javascript', '': 'text/html', '.wasm': 'application/wasm' };

/** Answers with class 0, a box, and remembers the picture. */
const STUB = `
export const env = { wasm: {} };
export class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
export const InferenceSession = { async create(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error('no model');
  return { async run({ images }) {
    globalThis.asked = { type: images.type, dims: images.dims, data: [...images.data] };
    return { boxes: { data: [2, 3, 8, 9] }, labels: { data: [0n] }, scores: { data: [0.875] } };
  } };
} };`;

function findRuntime(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  } catch {
    return undefined;
  }
}

let made: ExportedLocalizer;
let server: Server;
let browser: Browser;
let runtime: 'none' | 'stub' | 'real' = 'none';

describe.skipIf(!CHROMIUM)(`index.html in a browser${chromiumOrSkipped}`, () => {
  beforeAll(async () => {
    made = await exportedLocalizer(MODEL, [HOSTILE, 'two', 'three', 'four', 'five', 'six']);
    server = createServer(async (request, response) => {
      const body = await answer(decodeURIComponent(new URL(request.url!, 'http://x').pathname));
      response.writeHead(body ? 200 : 404, { 'content-type': TYPES[extname(request.url!)] ?? 'image/jpeg' });
      response.end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    browser = await Browser.launch();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
    await made.remove();
  });

  /** Only what the page needs; the runtime as the test says. */
  async function answer(path: string): Promise<string | Buffer | undefined> {
    const name = basename(path);
    if (path.startsWith('/node_modules/onnxruntime-web/dist/')) {
      if (runtime === 'stub') return STUB;
      return runtime === 'real' ? readFile(join(RUNTIME!, name)) : undefined;
    }
    const file = join(made.folder.path, path === '/' ? 'index.html' : name);
    return existsSync(file) ? readFile(file) : undefined;
  }

  async function openPage(): Promise<BrowserPage> {
    const page = await browser.newPage();
    await page.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return page;
  }

  const status = (page: BrowserPage) => page.evaluate<string>(`document.querySelector('[role=status]').textContent`);

  /** As a user chooses a file. @returns what the page then says. */
  async function choose(page: BrowserPage, name: string): Promise<string> {
    await page.waitFor(`!document.querySelector('input').disabled`);
    await page.evaluate(`(async () => {
      const files = new DataTransfer();
      files.items.add(new File([await (await fetch('${name}')).blob()], '${name}', { type: 'image/jpeg' }));
      const input = document.querySelector('input');
      input.files = files.files;
      input.dispatchEvent(new Event('change'));
    })()`);
    await page.waitFor(`!document.querySelector('input').disabled`);
    return status(page);
  }

  test('without the runtime it says how to get it', async () => {
    runtime = 'none';
    const page = await openPage();
    await page.waitFor(`document.querySelector('[role=status]').textContent !== 'Loading the model'`);
    expect(await status(page)).toBe('The runtime is not here. In the folder of this page: npm install onnxruntime-web');
  });

  test('a picture reaches the model upright, on white, as RGB; a hostile class is text', async () => {
    runtime = 'stub';
    const [width, height] = [6, 4];
    const rgba = Uint8Array.from({ length: width * height * 4 }, (_, at) => (at % 4 === 3 ? 255 : (at * 5) % 251));
    rgba[3] = 0;
    const source = sharp(rgba, { raw: { width, height, channels: 4 } });
    await made.folder.write('corner.png', await source.clone().png().toBuffer());
    await made.folder.write('tall.png', await source.removeAlpha().png().withMetadata({ orientation: 6 }).toBuffer());
    const page = await openPage();
    expect(await choose(page, 'corner.png')).toBe(`${HOSTILE} 87.5 %, box 2.0 3.0 8.0 9.0`);
    const asked = await page.evaluate<{ type: string; dims: number[]; data: number[] }>('asked');
    const rgb = [...rgba].filter((_, at) => at % 4 !== 3);
    expect(asked).toEqual({ type: 'uint8', dims: [1, 4, 6, 3], data: [255, 255, 255, ...rgb.slice(3)] });
    await choose(page, 'tall.png');
    expect(await page.evaluate('asked.dims')).toEqual([1, 6, 4, 3]);
    expect(await page.evaluate('document.querySelectorAll("img, script").length')).toBe(1);
    expect(await page.evaluate('document.title')).toBe('What is it, and where?');
    expect(await page.evaluate('document.querySelector("canvas").getAttribute("aria-label")')).toContain('tall.png: ');

    await made.folder.write('broken.png', 'not a picture');
    expect(await choose(page, 'broken.png')).toMatch(/decoded/);
    expect(page.errors).toEqual([]);
  });

  test('nothing can be sent to another server', async () => {
    const page = await openPage();
    const sent = await page.evaluate<string>(
      `fetch('http://127.0.0.2:8080/', { mode: 'no-cors' }).then(() => 'sent', (error) => error.message)`,
    );
    expect(sent).not.toBe('sent');
    expect(page.errors.join()).toContain('Content Security Policy');
  });

  const title = `with onnxruntime-web the page answers as predict does${RUNTIME ? '' : ' (skipped: npm package onnxruntime-web is not installed)'}`;
  test.skipIf(!RUNTIME)(title, async () => {
    runtime = 'real';
    const page = await openPage();
    for (const name of ['large.png', 'small.png', 'transparent.png', 'photo.jpg', 'turned.jpg', 'grey.jpg']) {
      const expected = await made.predictor.predict(join(made.folder.path, name));
      const text = await choose(page, name);
      const [, label, score, box] = text.match(/^(.*) ([\d.]+) %, box (.*)$/)!;
      expect([name, label]).toEqual([name, expected.class]);
      const tolerance = name.endsWith('.png') ? 0.012 : 0.03;
      expect(Math.abs(Number(score) / 100 - expected.score)).toBeLessThan(tolerance);
      for (const [at, side] of box!.split(' ').map(Number).entries()) {
        const length = at % 2 === 0 ? expected.width : expected.height;
        // The page shows a tenth of a pixel.
        expect(Math.abs(side - expected.box[at]!)).toBeLessThan(tolerance * length + 0.05);
      }
    }
    expect(page.errors).toEqual([]);
  });
});
