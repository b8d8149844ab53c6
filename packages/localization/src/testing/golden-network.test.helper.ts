/** A golden network and its batch, run by the engine. */
import { add, avgPool2d, compile, gradients, Input, mul, type Results, tanh } from '@counterpoise/engine';
import { Adam, type Optimizer, type ResNetOptions, resnet18, resnet50, SGD, type StateTensor } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';
import { hashFill, hashIntegers, hashParameter } from '../../../nn/src/testing/hash-fill.js';
import { FRAME, trainingLosses } from '../losses.js';
import { TwoHeadResNet } from '../model.js';
import {
  type Comparison,
  compareScalars,
  compareSketched,
  compareWhole,
  type Golden,
  type GoldenName,
  type GoldenNet,
  readGolden,
  type Variant,
} from './resnet-goldens.test.helper.js';

const MAKERS = { resnet18, resnet50 };

const VARIANTS: Readonly<Record<Variant, ResNetOptions>> = {
  kinked: {},
  smooth: { activation: tanh, pool: (x) => avgPool2d(x, 3, { stride: 2, padding: 1 }) },
};

/** The result of a sum depends on the number of threads; one is also the quickest while other tests run. */
const THREADS = { threads: 1 };

export class GoldenNetwork {
  readonly #name: GoldenName;
  readonly #golden: Golden;
  /** By state-dict key. Made once: these are up to 24 million hashes. */
  readonly #weights = new Map<string, StateTensor>();

  constructor(name: GoldenName) {
    this.#name = name;
    this.#golden = readGolden(name);
    for (const [key, { shape }] of this.#model('kinked').stateDict()) {
      this.#weights.set(key, { shape, data: hashParameter(key, shape, this.#golden.biasChoices[key]) });
    }
  }

  /** Outputs, losses, the gradient of every parameter, running statistics, and the outputs in evaluation on those. */
  async oneStep(variant: Variant): Promise<Comparison[]> {
    const golden = this.#golden[variant];
    const { model, images, heads, losses } = this.#graph(variant);
    const { class: classWeight, box: boxWeight } = this.#golden.weights;
    const total = add(mul(losses.class!, classWeight), mul(losses.box!, boxWeight));
    const named = model.namedParameters();
    const slopes = gradients(
      total,
      named.map(([, parameter]) => parameter),
    );
    const feeds = goldenBatch(this.#golden);
    const program = await compile(
      [
        { name: 'forward', outputs: { ...heads, ...losses, total } },
        { name: 'backward', outputs: Object.fromEntries(named.map(([key], i) => [key, slopes[i]!])) },
        { name: 'statistics', updates: model.takeUpdates() },
      ],
      THREADS,
    );
    const evaluation = await compile([{ name: 'forward', outputs: { ...model.eval().forward(images) } }], THREADS);
    try {
      const forward = await program.run('forward', feeds);
      const trained = compareHeads('output', forward, golden.outputs);
      const lossValues = compareLosses(forward, golden);
      const backward = await program.run('backward');
      const gradientValues = compareSketched('gradient', new Map(Object.entries(backward)), golden.gradients);
      await program.run('statistics');
      const buffers = new Map(model.namedBuffers().map(([key, { data }]) => [key, data]));
      const statistics = compareSketched('statistic', buffers, golden.runningStatistics);
      const evaluated = await evaluation.run('forward', { images: feeds.images });
      const inEvaluation = compareHeads('evaluation', evaluated, golden.evaluation);
      return [...trained, lossValues, ...gradientValues, ...statistics, ...inEvaluation];
    } finally {
      program.release();
      evaluation.release();
    }
  }

  /**
   * The totals before each of the ten steps, and the parameters after them.
   * @param order of the images in the batch: it changes how sums are rounded, and nothing else. Default: that of the file.
   */
  async tenSteps(variant: Variant, kind: 'sgd' | 'adam', order?: readonly number[]) {
    const golden = this.#golden[variant];
    const { lr, steps, totals, totalsFloat32Errors, parameters } = golden[kind];
    const { model, losses } = this.#graph(variant);
    const optimizer = createOptimizer(kind, model, golden);
    const balancer = createBalancer('static', { options: { weights: this.#golden.weights } });
    const step = await compileBalancedStep({ losses, updates: model.takeUpdates(), optimizer }, balancer, THREADS);
    const feeds = goldenBatch(this.#golden, order);
    const ours: number[] = [];
    try {
      for (let i = 1; i <= steps; i++) ours.push((await step.run(feeds, { step: i, learningRate: lr })).total);
    } finally {
      step.release();
    }
    const trained = new Map(model.namedParameters().map(([key, { data }]) => [key, data]));
    return [
      compareScalars('totals', ours, totals, totalsFloat32Errors),
      ...compareSketched('parameter', trained, parameters),
    ];
  }

  #model(variant: Variant): TwoHeadResNet {
    const backbone = MAKERS[this.#name]({ numClasses: 0, ...VARIANTS[variant] });
    return new TwoHeadResNet(backbone, this.#golden.classes);
  }

  #graph(variant: Variant) {
    const { batch, imageSize } = this.#golden;
    const model = this.#model(variant);
    model.loadStateDict(this.#weights);
    const images = new Input('images', [batch, 3, imageSize, imageSize]);
    const targets = { labels: new Input('labels', [batch], 'int32'), boxes: new Input('boxes', [batch, 4]) };
    const heads = model.forward(images);
    const losses = trainingLosses(
      heads,
      targets,
      { boxLosses: ['mse'], boxUnits: 'pixels', smoothL1Beta: 0.1 },
      model.boxCoding,
    );
    return { model, images, heads, losses };
  }
}

function compareHeads(stage: string, ours: Results, golden: GoldenNet['outputs']): Comparison[] {
  return (['logits', 'boxes'] as const).map((head) => compareWhole(`${stage} ${head}`, ours[head]!, golden[head]));
}

function compareLosses(ours: Results, { losses, lossesFloat32Errors }: GoldenNet): Comparison {
  const names = ['class', 'box', 'total'] as const;
  const paths = lossesFloat32Errors.total.map((_, path) => names.map((name) => lossesFloat32Errors[name][path]!));
  return compareScalars(
    'losses',
    names.map((name) => ours[name]![0]!),
    names.map((name) => losses[name]),
    paths,
  );
}

function createOptimizer(kind: 'sgd' | 'adam', model: TwoHeadResNet, { sgd, adam }: GoldenNet): Optimizer {
  const parameters = model.namedParameters();
  return kind === 'sgd'
    ? new SGD(parameters, { momentum: sgd.momentum, weightDecay: sgd.weight_decay })
    : new Adam(parameters, { betas: adam.betas, eps: adam.eps });
}

/** As `batch` in tools/goldens/resnet_case.py; the boxes, there in pixels of the frame, are here in units of it. */
export function goldenBatch(
  { batch, imageSize, classes }: Pick<Golden, 'batch' | 'imageSize' | 'classes'>,
  order: readonly number[] = [...Array(batch).keys()],
) {
  const image = hashFill('batch.image', batch * 3 * imageSize ** 2, Math.sqrt(3));
  const label = hashIntegers('batch.label', batch, classes);
  const topLeft = hashFill('batch.topLeft', 2 * batch, 0.2 * FRAME, 0.25 * FRAME);
  const bottomRight = hashFill('batch.bottomRight', 2 * batch, 0.2 * FRAME, 0.75 * FRAME);
  const rows = (values: Float32Array, i: number) => {
    const size = values.length / batch;
    return values.subarray(i * size, (i + 1) * size);
  };
  const box = (i: number) => [...rows(topLeft, i), ...rows(bottomRight, i)].map((pixels) => pixels / FRAME);
  const images = new Float32Array(image.length);
  for (const [place, i] of order.entries()) images.set(rows(image, i), (place * image.length) / batch);
  return {
    images,
    labels: Int32Array.from(order, (i) => label[i]!),
    boxes: Float32Array.from(order.flatMap(box)),
  };
}
