/** What one optimiser step is fed: a batch, or several that it averages or compares. */
import type { Batch } from './batches.js';
import { type SampleShares, sampleShares } from './sample-shares.js';

export interface StepBatches {
  /** Of the graph's inputs, batch by batch. */
  readonly feeds: readonly Pick<Batch, 'images' | 'labels' | 'boxes'>[];
  /** Of its further inputs, where some pictures are labelled in part. */
  readonly shares: readonly SampleShares[];
  /** Number of pictures in all. */
  readonly size: number;
  /** `false`: no picture of the step has a class, or a box. */
  readonly present: { readonly class: boolean; readonly box: boolean };
}

export interface StepBatchesOptions {
  readonly perStep: number;
  /** Are they averaged, as if they had been one? Else each stands for itself. */
  readonly averages: boolean;
}

/** The batches by `perStep`; what does not fill a step at the end is left out. As a batch, valid until the next is asked for. */
export async function* stepBatches(
  batches: AsyncIterable<Batch>,
  { perStep, averages }: StepBatchesOptions,
): AsyncGenerator<StepBatches, void, void> {
  let waiting: Batch[] = [];
  for await (const batch of batches) {
    waiting.push(perStep === 1 ? batch : copyOf(batch));
    if (waiting.length < perStep) continue;
    const { shares, present } = sampleShares(waiting, averages);
    const feeds = waiting.map(({ images, labels, boxes }) => ({ images, labels, boxes }));
    yield { feeds, shares, size: waiting.reduce((total, { size }) => total + size, 0), present };
    waiting = [];
  }
}

/** The arrays of a batch are used again for the next one. */
function copyOf(batch: Batch): Batch {
  const { images, labels, boxes, hasClass, hasBox, indices } = batch;
  return {
    ...batch,
    images: images.slice(),
    labels: labels.slice(),
    boxes: boxes.slice(),
    hasClass: hasClass.slice(),
    hasBox: hasBox.slice(),
    indices: indices.slice(),
  };
}
