/** Predictions for picture files. */
import type { Box } from './dataset.js';
import { Evaluator, type Prediction } from './evaluator.js';
import { readPicture } from './images.js';
import { drawBoxes } from './pictures.js';
import type { TrainedLocalizer } from './trained.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

export interface FilePrediction {
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

/** A localizer compiled for one picture at a time. Call `release` when done. */
export class Predictor {
  readonly #trained: TrainedLocalizer;
  readonly #evaluator: Evaluator;

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
   * @param path a JPEG or PNG file of any size; grey, transparent and EXIF-turned pictures are read as they look.
   * @throws Error that names the file if it cannot be read.
   */
  async predict(path: string): Promise<FilePrediction> {
    const { imageSize, classes } = this.#trained;
    const { pixels, originalWidth: width, originalHeight: height } = await readPicture(path, imageSize);
    const images = new Float32Array(3 * imageSize ** 2);
    writeImage(pixels, imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, 0);
    const [prediction] = await this.#evaluator.predict(images, 1);
    const { label, score, box } = prediction!;
    return { image: path, width, height, class: classes[label]!, score, box: inPixels(box, { width, height }) };
  }

  release(): void {
    this.#evaluator.release();
  }
}

/** The picture of a prediction with its box, as a PNG file. */
export async function drawPrediction(prediction: FilePrediction): Promise<Buffer> {
  const { image, width, height, box, score } = prediction;
  const picture = await readPicture(image, { fit: DRAWING_SIZE });
  return drawBoxes({
    picture,
    frame: { width, height },
    prediction: { box, label: prediction.class, score },
    width: Math.max(32, picture.width),
  });
}

/** A box in units of the picture, in its pixels. */
export function inPixels(
  [x1, y1, x2, y2]: Prediction['box'],
  { width, height }: { width: number; height: number },
): Box {
  return [x1 * width, y1 * height, x2 * width, y2 * height];
}
