import { XMLValidator } from 'fast-xml-parser';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type DrawOptions, drawBoxes, overlaySvg } from './pictures.js';

const GREY = { pixels: new Uint8Array(16 * 16 * 3).fill(128), width: 16, height: 16 };
const OPTIONS: DrawOptions = {
  picture: GREY,
  frame: { width: 400, height: 200 },
  truth: { box: [100, 50, 200, 150], label: 'card' },
  prediction: { box: [250, 50, 350, 150], label: 'board', score: 0.934 },
};

describe('drawBoxes', () => {
  it('draws the true box solid, the predicted one dashed, in the shape of the frame', async () => {
    const file = await drawBoxes({ ...OPTIONS, width: 400 });
    expect((await sharp(file).metadata()).format).toBe('png');
    const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([400, 200]);
    // Along the left edge of each box, between the labels.
    const column = (x: number) =>
      Array.from({ length: 80 }, (_, row) => [...data.subarray(((60 + row) * 400 + x) * 3).subarray(0, 3)]);
    const green = column(100).filter(([r, g]) => g! > r! + 60).length;
    const orange = column(250).filter(([r, , b]) => r! > b! + 100).length;
    expect(green).toBe(80);
    expect(orange).toBeGreaterThan(30);
    expect(orange).toBeLessThan(70);
    expect([...data.subarray((100 * 400 + 150) * 3).subarray(0, 3)]).toEqual([128, 128, 128]);
  });

  it('makes JPEG when asked, and draws neither box when there is none', async () => {
    const file = await drawBoxes({ picture: GREY, frame: { width: 30, height: 60 }, width: 50, format: 'jpeg' });
    expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', width: 50, height: 100 });
    const { channels } = await sharp(file).stats();
    for (const { stdev } of channels) expect(stdev).toBeLessThan(1);
  });

  it('refuses an impossible width', async () => {
    await expect(drawBoxes({ ...OPTIONS, width: 3 })).rejects.toThrow(
      '"width" must be an integer in [32, 8192], got 3',
    );
  });
});

describe('overlaySvg', () => {
  it('writes label, score and IoU', () => {
    const svg = overlaySvg(OPTIONS, 400, 200);
    expect(svg).toContain('>card</text>');
    expect(svg).toContain('>board 93 % · IoU 0.00</text>');
  });

  it('escapes any text', async () => {
    const label = `<script>&"'\u0000\ud800]]>`;
    const options = { ...OPTIONS, truth: { box: [1, 1, 9, 9], label }, prediction: { box: [1, 1, 9, 9], label } };
    const svg = overlaySvg(options, 800, 400);
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toContain('&lt;script&gt;&amp;&quot;&#39;\ufffd\ufffd]]&gt;');
    expect((await drawBoxes({ ...options, width: 800 })).length).toBeGreaterThan(100);
  });

  it('cuts a long name, never the numbers', () => {
    const svg = overlaySvg({ ...OPTIONS, prediction: { ...OPTIONS.prediction!, label: 'x'.repeat(500) } }, 200, 100);
    expect(svg).toMatch(/>x+… 93 % · IoU 0\.00</);
    expect(/>(x+…[^<]*)</.exec(svg)![1]!.length).toBeLessThan(40);
  });

  it.each([
    [[Number.NaN, 0, 5, 5]],
    [[300, 100, 20, 10]],
    [[-1e9, -1e9, 1e9, 1e9]],
    [[Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 5]],
    [[5, 5, 5, 5]],
  ])('keeps the odd box %j inside the picture', (box) => {
    const svg = overlaySvg({ ...OPTIONS, prediction: { box, label: 'a' } }, 400, 200);
    expect(svg).not.toMatch(/NaN|Infinity|="-/);
    for (const [, x, width] of svg.matchAll(/<rect x="([\d.e-]+)" y="[^"]+" width="([\d.e-]+)"/g)) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(400);
    }
  });
});
