/** What one optimiser step is fed: a batch, or several that it averages or compares. */
import type { Batch } from './batches.js';

export interface StepBatches {
  /** Of the graph's inputs, batch by batch. */
  readonly feeds: readonly Pick<Batch, 'images' | 'labels' | 'boxes'>[];
  /** Number of pictures in all. */
  readonly size: number;
}

/** The batches by `perStep`; what does not fill a step at the end is left out. As a batch, valid until the next is asked for. */
export async function* stepBatches(
  batches: AsyncIterable<Batch>,
  perStep: number,
): AsyncGenerator<StepBatches, void, void> {
  let waiting: Batch[] = [];
  for await (const batch of batches) {
    waiting.push(perStep === 1 ? batch : copyOf(batch));
    if (waiting.length < perStep) continue;
    const feeds = waiting.map(({ images, labels, boxes }) => ({ images, labels, boxes }));
    yield { feeds, size: waiting.reduce((total, { size }) => total + size, 0) };
    waiting = [];
  }
}

/** The arrays of a batch are used again for the next one. */
function copyOf(batch: Batch): Batch {
  const { images, labels, boxes, indices } = batch;
  return { ...batch, images: images.slice(), labels: labels.slice(), boxes: boxes.slice(), indices: indices.slice() };
}
