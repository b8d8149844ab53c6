/** Predictions for pictures, from files or from memory. */
import type { Box } from './dataset.js';
import { Evaluator, type Prediction } from './evaluator.js';
import { type NamedPicture, nameOf, readPicture } from './images.js';
import { boxFromFrame, frameOf } from './letterbox.js';
import { drawBoxes } from './pictures.js';
import type { TrainedLocalizer } from './trained.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

export interface FilePrediction {
  /** The path, or the name of a picture that is no file. */
  readonly image: string;
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly class: string;
  /** Probability of the class, in [0, 1]. */
  readonly score: number;
  /** x1, y1, x2, y2 in continuous pixels of the upright picture. */
  readonly box: Box;
}

/** Longest side of the drawings, in pixels. */
const DRAWING_SIZE = 1024;

/**
 * A localizer compiled for one picture at a time; of several that are asked for at once, the decoding overlaps. Call `release`
 * when done.
 */
export class Predictor {
  readonly #trained: TrainedLocalizer;
  readonly #evaluator: Evaluator;
  /** The run that was asked for last: the network does one at a time. */
  #lastRun: Promise<unknown> = Promise.resolve();

  private constructor(trained: TrainedLocalizer, evaluator: Evaluator) {
    this.#trained = trained;
    this.#evaluator = evaluator;
  }

  /** @param threads per operator. */
  static async compile(trained: TrainedLocalizer, threads: number): Promise<Predictor> {
    const { model, config, imageSize } = trained;
    return new Predictor(trained, await Evaluator.compile(model, { ...config, batchSize: 1, imageSize, threads }));
  }

  /**
   * @param picture a JPEG or PNG of any size, by its path or its bytes; grey, transparent and EXIF-turned pictures are read
   *   as they look.
   * @throws Error that names the picture if it cannot be read.
   */
  async predict(picture: string | NamedPicture): Promise<FilePrediction> {
    const { imageSize, classes, config } = this.#trained;
    const { resize } = config;
    const { pixels, originalWidth: width, originalHeight: height } = await readPicture(picture, imageSize, resize);
    const images = new Float32Array(3 * imageSize ** 2);
    writeImage(pixels, imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, 0);
    const run = this.#lastRun.then(() => this.#evaluator.predict(images, 1));
    this.#lastRun = run.catch(() => undefined);
    const [prediction] = await run;
    const { label, score, box } = prediction!;
    const image = nameOf(picture);
    const frame = frameOf(resize, width, height, imageSize);
    return { image, width, height, class: classes[label]!, score, box: boxFromFrame(box, frame, { width, height }) };
  }

  release(): void {
    this.#evaluator.release();
  }
}

/**
 * The picture of a prediction with its box, as a PNG file.
 * @param picture default: the file of the prediction.
 */
export async function drawPrediction(
  prediction: FilePrediction,
  picture: string | NamedPicture = prediction.image,
): Promise<Buffer> {
  const { width, height, box, score } = prediction;
  const shown = await readPicture(picture, { fit: DRAWING_SIZE });
  return drawBoxes({
    picture: shown,
    frame: { width, height },
    prediction: { box, label: prediction.class, score },
    width: Math.max(32, shown.width),
  });
}

/** A box in units of the picture, in its pixels. */
export function inPixels(
  [x1, y1, x2, y2]: Prediction['box'],
  { width, height }: { width: number; height: number },
): Box {
  return [x1 * width, y1 * height, x2 * width, y2 * height];
}
