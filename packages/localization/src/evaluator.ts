/** Runs a trained or half-trained network in evaluation mode: running statistics, no augmentation. */
import { compile, Input, type Program } from '@counterpoise/engine';
import { batchCount, batches } from './batches.js';
import { type Box, type LocalizationDataset, truthOf } from './dataset.js';
import { type LossSettings, lossesPerImage, lossNames } from './losses.js';
import { type LocalizationMetrics, localizationMetrics } from './metrics.js';
import { inference, type TwoHeadResNet } from './model.js';

export interface Prediction {
  /** Index of the most probable class. */
  readonly label: number;
  /** Its probability, in [0, 1]. */
  readonly score: number;
  /** Corners in order, in units of the picture. */
  readonly box: Box;
}

export interface Evaluation {
  readonly metrics: LocalizationMetrics;
  /** By the names of `lossNames`: means over all pictures that have what the loss needs, in the units of the training. */
  readonly losses: Readonly<Record<string, number>>;
  /** In the order of the data set. */
  readonly predictions: readonly Prediction[];
}

export interface EvaluatorOptions extends LossSettings {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly threads: number;
}

/** A compiled network for batches of one size. It reads the model's variables, so it always sees their present values. */
export class Evaluator {
  readonly #program: Program;
  readonly #options: EvaluatorOptions;

  private constructor(program: Program, options: EvaluatorOptions) {
    this.#program = program;
    this.#options = options;
  }

  static async compile(model: TwoHeadResNet, options: EvaluatorOptions): Promise<Evaluator> {
    const { batchSize, imageSize, threads } = options;
    const images = new Input('images', [batchSize, 3, imageSize, imageSize]);
    const targets = { labels: new Input('labels', [batchSize], 'int32'), boxes: new Input('boxes', [batchSize, 4]) };
    const wasTraining = model.training;
    model.eval();
    try {
      const heads = model.forward(images);
      const phases = [
        { name: 'infer', outputs: { ...inference(heads) } },
        { name: 'losses', outputs: lossesPerImage(heads, targets, options, model.boxCoding) },
      ];
      return new Evaluator(await compile(phases, { threads }), options);
    } finally {
      model.train(wasTraining);
    }
  }

  /**
   * Predictions for up to `batchSize` pictures.
   * @param images normalised, (count, 3, imageSize, imageSize).
   */
  async predict(images: Float32Array, count: number): Promise<Prediction[]> {
    const { probabilities, boxes } = await this.#program.run('infer', { images: this.#fill(images, 3 * this.#area()) });
    const classes = probabilities!.length / this.#options.batchSize;
    return Array.from({ length: count }, (_, at) => {
      const row = probabilities!.subarray(at * classes, (at + 1) * classes);
      const score = Math.max(...row);
      const [x1, y1, x2, y2] = boxes!.subarray(at * 4, at * 4 + 4);
      return { label: row.indexOf(score), score, box: [x1!, y1!, x2!, y2!] };
    });
  }

  /**
   * @param onBatch called after each batch: how many are done, and of how many.
   * @returns `undefined` when `signal` is aborted before the end.
   */
  async evaluate(
    dataset: LocalizationDataset,
    signal?: AbortSignal,
    onBatch?: (done: number, total: number) => void,
  ): Promise<Evaluation | undefined> {
    const { batchSize, imageSize } = this.#options;
    const predictions: Prediction[] = [];
    const batchTotal = batchCount(dataset.items.length, batchSize, false);
    let done = 0;
    const names = lossNames(this.#options.boxLosses);
    const sums = names.map(() => ({ loss: 0, images: 0 }));
    for await (const batch of batches(dataset, { imageSize, batchSize })) {
      if (signal?.aborted) return undefined;
      predictions.push(...(await this.predict(batch.images, batch.size)));
      const labels = new Int32Array(batchSize);
      labels.set(batch.labels);
      const losses = await this.#program.run('losses', { labels, boxes: this.#fill(batch.boxes, 4) });
      for (const [at, name] of names.entries()) {
        const has = at === 0 ? batch.hasClass : batch.hasBox;
        has.forEach((known, image) => {
          if (known === 0) return;
          sums[at]!.loss += losses[name]![image]!;
          sums[at]!.images++;
        });
      }
      onBatch?.(++done, batchTotal);
    }
    return {
      metrics: localizationMetrics(predictions, dataset.items.map(truthOf)),
      losses: Object.fromEntries(names.map((name, at) => [name, sums[at]!.loss / sums[at]!.images])),
      predictions,
    };
  }

  release(): void {
    this.#program.release();
  }

  #area(): number {
    return this.#options.imageSize ** 2;
  }

  /** A last batch that is not full is filled up with zeros, whose results nobody looks at. */
  #fill(values: Float32Array, perImage: number): Float32Array {
    const length = this.#options.batchSize * perImage;
    if (values.length === length) return values;
    const filled = new Float32Array(length);
    filled.set(values);
    return filled;
  }
}
