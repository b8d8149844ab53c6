import { describe, expect, it } from 'vitest';
import { type Batch, type BatchOptions, batchCount, batches, epochOrder } from './batches.js';
import type { Box, LocalizationDataset } from './dataset.js';
import { type ImageWriter, MAIN_THREAD } from './image-writer.js';
import { DEFAULT_AUGMENTATION } from './transforms.js';

/** Items whose pixels all have the value of their index; frames of 10 x 20 pixels. */
function numbered(count: number, load?: LocalizationDataset['load']): LocalizationDataset {
  return {
    classes: ['even', 'odd'],
    items: Array.from({ length: count }, (_, index) => ({
      id: `${index}`,
      width: 10,
      height: 20,
      box: [1, 2, 5, 10] as Box,
      label: index % 2,
      className: index % 2 ? 'odd' : 'even',
    })),
    notices: [],
    rejected: [],
    load: load ?? ((index, size) => Promise.resolve(new Uint8Array(size * size * 3).fill(index))),
  };
}

async function collect(set: LocalizationDataset, options: Partial<BatchOptions>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches(set, { imageSize: 2, batchSize: 4, ...options })) all.push(structuredClone(batch));
  return all;
}

const TRAIN = { shuffle: true, dropLast: true, seed: 3, epoch: 2, augmentation: DEFAULT_AUGMENTATION };

describe('batches', () => {
  it('gives pictures, labels and unit boxes in order', async () => {
    const normalization = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } as const;
    const all = await collect(numbered(6), { normalization });
    expect(all.map(({ size, indices }) => [size, ...indices])).toEqual([
      [4, 0, 1, 2, 3],
      [2, 4, 5],
    ]);
    expect([...all[1]!.labels]).toEqual([0, 1]);
    expect([...all[1]!.boxes].slice(4)).toEqual([...Float32Array.from([0.1, 0.1, 0.5, 0.5])]);
    expect(all[1]!.images).toHaveLength(2 * 3 * 4);
    all[1]!.images.forEach((value, at) => {
      expect(value).toBeCloseTo(at < 12 ? 4 : 5, 4);
    });
  });

  it('drops what does not fill a batch, but never the whole set', async () => {
    expect((await collect(numbered(11), { dropLast: true })).map(({ size }) => size)).toEqual([4, 4]);
    expect((await collect(numbered(3), { dropLast: true })).map(({ size }) => size)).toEqual([3]);
    expect(await collect(numbered(0), { dropLast: true })).toEqual([]);
    expect(batchCount(8, 4, true)).toBe(2);
    expect(batchCount(9, 4, false)).toBe(3);
  });

  it('is the same every time, another in another epoch, and covers the set', async () => {
    const set = numbered(40);
    const first = await collect(set, TRAIN);
    expect(await collect(set, TRAIN)).toEqual(first);
    const other = await collect(set, { ...TRAIN, epoch: 3 });
    expect(other.map(({ indices }) => [...indices])).not.toEqual(first.map(({ indices }) => [...indices]));
    expect(first.flatMap(({ indices }) => [...indices]).sort((a, b) => a - b)).toEqual(
      set.items.map((_, index) => index),
    );
    expect([...epochOrder(40, 3, 2)]).toEqual(first.flatMap(({ indices }) => [...indices]));
  });

  it('augments a picture the same in any order and batch size', async () => {
    const set = numbered(12);
    const shuffled = samples(await collect(set, TRAIN));
    const straight = samples(await collect(set, { ...TRAIN, shuffle: false, batchSize: 5, dropLast: false }));
    expect(straight).toEqual(shuffled);
    // The same box in all of them, and every crop its own.
    expect(new Set([...straight.values()].map(({ box }) => box.join())).size).toBe(12);
    expect(samples(await collect(set, { ...TRAIN, epoch: 4 }))).not.toEqual(shuffled);
  });

  it('resumes at any batch', async () => {
    const set = numbered(20);
    const whole = await collect(set, TRAIN);
    for (const start of [0, 1, 3, 5]) expect(await collect(set, { ...TRAIN, start })).toEqual(whole.slice(start));
  });

  it('prepares the next batch while the consumer works, and no further', async () => {
    const loaded: number[] = [];
    const set = numbered(12, async (index, size) => {
      loaded.push(index);
      return new Uint8Array(size * size * 3);
    });
    const generator = batches(set, { imageSize: 2, batchSize: 4 });
    await generator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(loaded).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await generator.return();
    expect(loaded).toHaveLength(8);
  });

  it.each([1, 2, 4])('never has more than %i batches decoded ahead of the one in use', async (prefetch) => {
    const started = new Set<number>();
    const set = numbered(40, async (index, size) => {
      started.add(index);
      return new Uint8Array(size * size * 3);
    });
    let used = 0;
    for await (const batch of batches(set, { imageSize: 2, batchSize: 4, prefetch })) {
      used += batch.size;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(started.size).toBe(Math.min(40, used + 4 * prefetch));
    }
    expect(used).toBe(40);
  });

  it('keeps the batch in use as it is while others are prepared', async () => {
    const set = numbered(40);
    const expected = await collect(set, TRAIN);
    let position = 0;
    for await (const batch of batches(set, { imageSize: 2, batchSize: 4, ...TRAIN, prefetch: 3 })) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(batch).toEqual(expected[position++]);
    }
    expect(position).toBe(10);
  });

  it('reads no more than four pictures of a batch at a time', async () => {
    let [now, most] = [0, 0];
    const set = numbered(32, async (_, size) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      return new Uint8Array(size * size * 3);
    });
    await collect(set, { batchSize: 32 });
    expect(most).toBe(4);
  });

  it('writes a picture while others of its batch are still read, and no more at a time than the writer asks for', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const load: LocalizationDataset['load'] = async (index, size) => {
      if (index === 0) await held;
      return new Uint8Array(size * size * 3).fill(index);
    };
    let [writing, most] = [0, 0];
    const written: number[] = [];
    const writer: ImageWriter = {
      ...MAIN_THREAD,
      parallel: 2,
      async write(job) {
        most = Math.max(most, ++writing);
        await MAIN_THREAD.write(job);
        written.push(job.picture[0]!);
        writing--;
        // The first can only come when all others are done.
        if (written.length === 7) release();
      },
    };
    await collect(numbered(8, load), { batchSize: 8, writer });
    expect([written.length, written.at(-1), most]).toEqual([8, 0, 2]);
  });

  it('passes a failed picture on with the batch it belongs to', async () => {
    const set = numbered(8, async (index, size) => {
      if (index === 5) throw new Error('item "5": gone');
      return new Uint8Array(size * size * 3);
    });
    const generator = batches(set, { imageSize: 2, batchSize: 4 });
    expect((await generator.next()).value?.size).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(generator.next()).rejects.toThrow('item "5": gone');
    expect((await generator.next()).done).toBe(true);
  });

  it('names an impossible option', () => {
    const set = numbered(8);
    expect(() => batches(set, { imageSize: 2, batchSize: 0 })).toThrow(
      '"batchSize" must be an integer of at least 1, got 0',
    );
    expect(() => batches(set, { imageSize: 1.5, batchSize: 1 })).toThrow(
      '"imageSize" must be an integer in [1, 8192], got 1.5',
    );
    expect(() => batches(set, { imageSize: 2, batchSize: 4, start: 3 })).toThrow(
      '"start" must be an integer in [0, 2], got 3',
    );
    expect(() => batches(set, { imageSize: 2, batchSize: 4, epoch: -1 })).toThrow(/"epoch"/);
    expect(() => batches(set, { imageSize: 2, batchSize: 4, prefetch: 0 })).toThrow(
      '"prefetch" must be an integer of at least 1, got 0',
    );
  });
});

/** Every sample by its item. */
function samples(all: Batch[]): Map<number, { image: number[]; box: number[] }> {
  const entries = all.flatMap(({ size, images, boxes, indices }) =>
    Array.from({ length: size }, (_, at) => {
      const image = [...images.subarray(at * 12, (at + 1) * 12)];
      return [indices[at]!, { image, box: [...boxes.subarray(at * 4, at * 4 + 4)] }] as [
        number,
        { image: number[]; box: number[] },
      ];
    }),
  );
  return new Map(entries.sort(([a], [b]) => a - b));
}
