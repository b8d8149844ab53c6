/** Batches for training and evaluation, prepared ahead of the step that uses them. */
import { setImmediate } from 'node:timers/promises';
import { Random } from '@counterpoise/nn';
import { type Box, checkInteger, type LocalizationDataset, unitBox } from './dataset.js';
import { inTurns, mapLimited, PARALLEL } from './files.js';
import { reasonOf } from './formats/annotated-set.js';
import { type ImageWriter, MAIN_THREAD } from './image-writer.js';
import {
  type Augmentation,
  checkAugmentation,
  drawTransform,
  IMAGENET_NORMALIZATION,
  NO_TRANSFORM,
  type Normalization,
  transformBox,
} from './transforms.js';

/** The arrays are used again: a batch is valid until the next one is asked for. */
export interface Batch {
  /** Number of pictures, n. */
  readonly size: number;
  /** Normalised pictures, (n, 3, imageSize, imageSize). */
  readonly images: Float32Array;
  /** Class indices, (n); 0 where the class is not known. */
  readonly labels: Int32Array;
  /** x1, y1, x2, y2 in units of the picture: in [0, 1], (n, 4); the whole picture where the box is not known. */
  readonly boxes: Float32Array;
  /** 1 where the class is known, 0 where it is not, (n). */
  readonly hasClass: Float32Array;
  /** The same for the box. */
  readonly hasBox: Float32Array;
  /** Which items of the data set, (n). */
  readonly indices: Int32Array;
}

export interface BatchOptions {
  /** Side of the pictures that the network sees, in pixels. */
  readonly imageSize: number;
  readonly batchSize: number;
  /** Seed of the order and of the augmentation. Default 0. */
  readonly seed?: number | string;
  /** Counted from 0; with the seed it gives the order and the augmentation. Default 0. */
  readonly epoch?: number;
  /** Default false: the order of the data set. */
  readonly shuffle?: boolean;
  /** Leaves out what does not fill a batch, so that all batches have one shape. Default false. */
  readonly dropLast?: boolean;
  /** Default: none, as for evaluation. */
  readonly augmentation?: Augmentation;
  /** Default: ImageNet's. */
  readonly normalization?: Normalization;
  /** The batch to begin with, counted from 0: resumes in the middle of an epoch. Default 0. */
  readonly start?: number;
  /** Batches that are prepared ahead of the one in use, at least 1. Default 1. */
  readonly prefetch?: number;
  /** `PixelWorkers`, or by default this thread; the bits are the same. */
  readonly writer?: ImageWriter;
}

/**
 * Number of batches of an epoch. With `dropLast`, fewer items than one batch still make one (smaller) batch: the set is
 * not left out altogether.
 */
export function batchCount(items: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.max(Math.floor(items / batchSize), Math.min(items, 1)) : Math.ceil(items / batchSize);
}

/** The order of an epoch: a permutation of the items that depends on (seed, epoch) only. */
export function epochOrder(items: number, seed: number | string, epoch: number): Int32Array {
  return new Random(seed).fork('order', epoch).permutation(items);
}

/**
 * The batches of one epoch. What each picture looks like depends on (seed, epoch, index of the item) only: not on the order,
 * the batch size, who writes it, or where the epoch was resumed. While the consumer works on a batch, the next ones are decoded
 * and transformed; memory is `prefetch + 1` batches.
 * @throws RangeError that names the option. What the generator throws names the item; of several, the first of the batch.
 */
export function batches(dataset: LocalizationDataset, options: BatchOptions): AsyncGenerator<Batch, void, void> {
  const {
    seed = 0,
    epoch = 0,
    shuffle = false,
    dropLast = false,
    start = 0,
    prefetch = 1,
    writer = MAIN_THREAD,
  } = options;
  const imageSize = checkInteger('imageSize', options.imageSize, 1, 8192);
  const batchSize = checkInteger('batchSize', options.batchSize, 1);
  checkInteger('epoch', epoch, 0);
  const count = batchCount(dataset.items.length, batchSize, dropLast);
  checkInteger('start', start, 0, count);
  checkInteger('prefetch', prefetch, 1);
  const { normalization = IMAGENET_NORMALIZATION } = options;
  const augmentation = options.augmentation && checkAugmentation(options.augmentation);
  const order = shuffle
    ? epochOrder(dataset.items.length, seed, epoch)
    : Int32Array.from(dataset.items, (_, index) => index);
  const samples = new Random(seed).fork('augment', epoch);
  // A picture is written as soon as it is decoded: neither waits for the rest of the batch.
  const turn = inTurns(writer.parallel);
  const largest = Math.min(batchSize, dataset.items.length);
  // More than there are batches would never be used.
  const ahead = Math.min(prefetch, Math.max(1, count - start));
  const slots = Array.from({ length: ahead + 1 }, () => newBatch(largest, imageSize, writer));

  async function prepare(position: number): Promise<Batch> {
    const indices = order.subarray(position * batchSize, (position + 1) * batchSize);
    const batch = firstOf(slots[position % slots.length]!, indices.length, imageSize);
    // The consumer shall start its step on the batch before this one first.
    await setImmediate();
    await mapAll(indices, Math.max(PARALLEL, writer.parallel), async (index, at) => {
      const item = dataset.items[index]!;
      // What is not known might be anywhere: the whole picture is kept.
      const box = unitBox(item) ?? WHOLE_PICTURE;
      const transform = augmentation
        ? drawTransform(samples.fork(index), augmentation, box, item.width / item.height)
        : NO_TRANSFORM;
      batch.labels[at] = item.label ?? 0;
      batch.boxes.set(item.box ? transformBox(box, transform) : box, at * 4);
      batch.hasClass[at] = Number(item.label !== null);
      batch.hasBox[at] = Number(item.box !== null);
      batch.indices[at] = index;
      const picture = await dataset.load(index, imageSize);
      const place = { out: batch.images, offset: at * 3 * imageSize ** 2 };
      try {
        await turn(() => writer.write({ picture, size: imageSize, transform, normalization, ...place }));
      } catch (error) {
        throw new Error(`item ${JSON.stringify(item.id)}: ${reasonOf(error)}`, { cause: error });
      }
    });
    return batch;
  }

  return prefetched(prepare, start, count, ahead);
}

const WHOLE_PICTURE: Box = [0, 0, 1, 1];

/** As `mapLimited`, but ends when all is done, and then fails with the first in order: nothing goes on in the background. */
async function mapAll(
  indices: Int32Array,
  limit: number,
  work: (index: number, at: number) => Promise<void>,
): Promise<void> {
  const results = await mapLimited([...indices], limit, (index, at) =>
    work(index, at).then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
  );
  const failed = results.find((result) => result !== undefined);
  if (failed) throw failed.error;
}

async function* prefetched(
  prepare: (position: number) => Promise<Batch>,
  start: number,
  count: number,
  ahead: number,
): AsyncGenerator<Batch, void, void> {
  const upcoming: Promise<Batch>[] = [];
  let position = start;
  const fill = () => {
    while (upcoming.length < ahead && position < count) {
      const next = prepare(position++);
      // If it fails, it is reported when it is awaited; until then it must not count as unhandled.
      next.catch(() => {});
      upcoming.push(next);
    }
  };
  try {
    fill();
    while (upcoming.length > 0) {
      const batch = await upcoming.shift()!;
      fill();
      yield batch;
    }
  } finally {
    // The consumer may have left early; nothing goes on in the background after that.
    await Promise.allSettled(upcoming);
  }
}

function newBatch(size: number, imageSize: number, writer: ImageWriter): Batch {
  return {
    size,
    images: writer.newArray(size * 3 * imageSize * imageSize),
    labels: new Int32Array(size),
    boxes: new Float32Array(size * 4),
    hasClass: new Float32Array(size),
    hasBox: new Float32Array(size),
    indices: new Int32Array(size),
  };
}

function firstOf(batch: Batch, size: number, imageSize: number): Batch {
  if (size === batch.size) return batch;
  return {
    size,
    images: batch.images.subarray(0, size * 3 * imageSize * imageSize),
    labels: batch.labels.subarray(0, size),
    boxes: batch.boxes.subarray(0, size * 4),
    hasClass: batch.hasClass.subarray(0, size),
    hasBox: batch.hasBox.subarray(0, size),
    indices: batch.indices.subarray(0, size),
  };
}
