/** PopArt on the targets of the box head. */
import { type Linear, PopArt, type PopArtState } from '@counterpoise/nn';
import { type BoxHead, SMALLEST_STD } from './box-head.js';
import { type BoxScale, linearCoordinates } from './box-scale.js';
import type { Box } from './dataset.js';

/** Boxes of a batch, [N, 4] in units of the picture; where a share is 0 there is none. */
export interface ObservedBoxes {
  readonly boxes: Float32Array;
  readonly boxShares: Float32Array;
}

/**
 * Keeps the statistics of the boxes seen so far, and with them the scale of the box head. When the scale moves, what the head says in
 * units of the picture stays (`PopArt.rescale`); but before the first boxes it has said nothing: it begins at their mean.
 */
export class BoxPopArt {
  readonly #statistics = new PopArt(4, { stdRange: [SMALLEST_STD, 1] });
  readonly #head: BoxHead;
  readonly #scale: BoxScale;
  readonly #layers: readonly Linear[];

  /** @param layers the linear layers that are read at this scale: of the network, and of its moving average. */
  constructor(head: BoxHead, scale: BoxScale, layers: readonly Linear[]) {
    this.#head = head;
    this.#scale = scale;
    this.#layers = layers;
  }

  /** To be told of the boxes of a step before it learns from them. */
  observe(batches: readonly ObservedBoxes[]): void {
    const targets = batches.flatMap(({ boxes, boxShares }) =>
      Array.from(boxShares, (share, at) => {
        const [x1, y1, x2, y2] = boxes.subarray(at * 4, at * 4 + 4);
        const box: Box = [x1!, y1!, x2!, y2!];
        return share > 0 ? linearCoordinates(box, this.#head) : [];
      }).flat(),
    );
    if (targets.length === 0) return;
    const isFirst = this.#statistics.isEmpty;
    const before = this.#statistics.update(targets);
    if (!isFirst) {
      for (const { weight, bias } of this.#layers) this.#statistics.rescale(weight.data, bias!.data, before);
    }
    const { mean, std } = this.#statistics.scale;
    this.#scale.mean.data.set(mean);
    this.#scale.std.data.set(std);
  }

  save(): PopArtState {
    return this.#statistics.save();
  }

  /** The scale of the head is among the tensors of a checkpoint. @throws TypeError if it is no such state. */
  load(state: PopArtState): void {
    this.#statistics.load(state);
  }
}
