import { spawnSync } from 'node:child_process';
import { Random } from '@counterpoise/nn';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAugmentation } from './augment-list.js';
import { type BatchOptions, batches } from './batches.js';
import type { LocalizationDataset } from './dataset.js';
import { generatedDataset } from './generated.js';
import { MAIN_THREAD, type WriteJob } from './image-writer.js';
import { PixelWorkers } from './pixel-workers.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM } from './transforms.js';

const SIZE = 24;
const pools = new Map([1, 2, 3].map((count) => [count, new PixelWorkers(count)]));
afterAll(() => Promise.all([...pools.values()].map((pool) => pool.close())));
const writerOf = (count: number) => pools.get(count) ?? MAIN_THREAD;

const { train } = generatedDataset({ train: 22, val: 1 });
const TRAIN: BatchOptions = {
  imageSize: SIZE,
  batchSize: 4,
  seed: 5,
  epoch: 1,
  shuffle: true,
  augmentation: parseAugmentation('crop,flip,colour,rotate,blur=0.05,erase=0.5')!,
};

/** Images, boxes and indices of every batch, copied: their memory is shared and used again. */
async function collect(set: LocalizationDataset, options: Partial<BatchOptions>): Promise<unknown[]> {
  const all = [];
  for await (const { images, boxes, indices } of batches(set, { ...TRAIN, ...options })) {
    all.push({ images: images.slice(), boxes: boxes.slice(), indices: indices.slice() });
  }
  return all;
}

describe('PixelWorkers', () => {
  it.each([1, 2, 3])(
    '%i give the bits of the main thread, also resumed and with any number of batches ahead',
    async (count) => {
      const expected = await collect(train, {});
      expect(expected).toHaveLength(6);
      const writer = writerOf(count);
      expect(await collect(train, { writer })).toEqual(expected);
      expect(await collect(train, { writer, prefetch: 3 })).toEqual(expected);
      expect(await collect(train, { writer, prefetch: 2, start: 4 })).toEqual(expected.slice(4));
    },
  );

  it.each([0, 1, 2, 3])(
    '%i: a picture that cannot be written fails its batch, by the name of the first such item',
    async (count) => {
      const load: LocalizationDataset['load'] = async (index, size) =>
        index === 6 || index === 5 ? new Uint8Array(7) : train.load(index, size);
      const upcoming = batches({ ...train, load }, { ...TRAIN, shuffle: false, writer: writerOf(count) });
      expect((await upcoming.next()).value?.size).toBe(4);
      await expect(upcoming.next()).rejects.toThrow(
        `item "${train.items[5]!.id}": internal: 7 bytes for 24 x 24 pixels`,
      );
      expect((await upcoming.next()).done).toBe(true);
    },
  );

  it('fails the jobs that it does not get to, and those that come after its end', async () => {
    const pool = new PixelWorkers(1);
    const job = jobOf(pool);
    const pending = Array.from({ length: 20 }, () => pool.write(job).catch((error: Error) => error.message));
    await pool.close();
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['a picture worker ended: it was closed']));
    await expect(pool.write(job)).rejects.toThrow('a picture worker ended: it was closed');
    await pool.close();
  });

  it('leaves an epoch early without work in the background', async () => {
    const upcoming = batches(train, { ...TRAIN, writer: writerOf(2), prefetch: 2 });
    const { value } = await upcoming.next();
    await upcoming.return();
    const kept = value!.images.slice();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(value!.images).toEqual(kept);
  });

  it('does not keep a process alive that has forgotten it', () => {
    const file = new URL('../dist/pixel-workers.js', import.meta.url);
    const script = `import { PixelWorkers } from ${JSON.stringify(file)}; new PixelWorkers(2); console.log('started');`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 });
    expect([status, String(stdout)]).toEqual([0, 'started\n']);
  });

  it('refuses an impossible number', () => {
    for (const count of [0, 65, 1.5]) {
      expect(() => new PixelWorkers(count)).toThrow(`"workers" must be an integer in [1, 64], got ${count}`);
    }
  });
});

function jobOf(pool: PixelWorkers): WriteJob {
  const random = new Random(1);
  const picture = Uint8Array.from({ length: 256 * 256 * 3 }, () => random.integer(256));
  const out = pool.newArray(picture.length);
  const transform = { ...NO_TRANSFORM, blur: 0.05 };
  return { picture, size: 256, transform, normalization: IMAGENET_NORMALIZATION, out, offset: 0 };
}
