/** Who makes the network's numbers of a picture's pixels: this thread, or workers. */
import { setImmediate } from 'node:timers/promises';
import { type Normalization, type SampleTransform, writeImage } from './transforms.js';

/** The arguments of `writeImage`. */
export interface WriteJob {
  readonly picture: Uint8Array;
  readonly size: number;
  readonly transform: SampleTransform;
  readonly normalization: Normalization;
  readonly out: Float32Array;
  readonly offset: number;
}

export interface ImageWriter {
  /** Jobs that it should be given at a time. */
  readonly parallel: number;
  /** An array for `out`, in memory that all who write can reach. */
  newArray(length: number): Float32Array;
  /** @throws Error if `writeImage` does. */
  write(job: WriteJob): Promise<void>;
}

export const MAIN_THREAD: ImageWriter = {
  parallel: 1,
  newArray: (length) => new Float32Array(length),
  async write(job) {
    runJob(job);
    // A step in progress needs the event loop between its phases.
    await setImmediate();
  },
};

export function runJob({ picture, size, transform, normalization, out, offset }: WriteJob): void {
  writeImage(picture, size, transform, normalization, out, offset);
}
