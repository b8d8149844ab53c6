/** A golden network and its batch, run by the engine. */
import { add, avgPool2d, compile, gradients, Input, mul, tanh } from '@counterpoise/engine';
import { Adam, type Optimizer, resnet18, resnet50, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';
import { hashFill, hashIntegers, hashParameter } from '../../../nn/src/testing/hash-fill.js';
import { FRAME, trainingLosses } from '../losses.js';
import { TwoHeadResNet } from '../model.js';
import {
  type Comparison,
  compareAll,
  compareWhole,
  type Golden,
  type GoldenName,
  readGolden,
  type Variant,
} from './resnet-goldens.test.helper.js';

const MAKERS = { resnet18, resnet50 };

const SMOOTH = {
  activation: tanh,
  pool: (x: Parameters<typeof avgPool2d>[0]) => avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: true }),
};

export class GoldenNetwork {
  readonly golden: Golden;
  readonly #name: GoldenName;
  /** Filled once: 25 million hashes take a while. */
  readonly #weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  readonly #feeds: { images: Float32Array; labels: Int32Array; boxes: Float32Array };

  constructor(name: GoldenName) {
    this.#name = name;
    this.golden = readGolden(name);
    const { biasChoices, classes } = this.golden;
    for (const [key, { shape }] of new TwoHeadResNet(MAKERS[name]({ numClasses: 0 }), classes).stateDict()) {
      this.#weights.set(key, { shape, data: hashParameter(key, shape, biasChoices[key]) });
    }
    this.#feeds = goldenBatch(this.golden);
  }

  /** Outputs, losses, every gradient, running statistics, and the outputs on those. */
  async oneStep(variant: Variant): Promise<Comparison[]> {
    const golden = this.golden[variant];
    const { model, outputs, losses } = this.#build(variant);
    const { class: classWeight, box: boxWeight } = this.golden.weights;
    const total = add(mul(losses.class, classWeight), mul(losses.box, boxWeight));
    const named = model.namedParameters();
    const gradientOf = gradients(
      total,
      named.map(([, parameter]) => parameter),
    );
    const program = await compile([
      { name: 'forward', outputs: { ...outputs, class: losses.class, box: losses.box, total } },
      { name: 'backward', outputs: Object.fromEntries(named.map(([key], i) => [key, gradientOf[i]!])) },
      { name: 'update', updates: model.takeUpdates() },
    ]);
    const comparisons: Comparison[] = [];
    try {
      const forward = await program.run('forward', this.#feeds);
      for (const output of ['logits', 'boxes'] as const) {
        comparisons.push(compareWhole(`output ${output}`, forward[output]!, golden.outputs[output]));
      }
      for (const loss of ['class', 'box', 'total'] as const) {
        const whole = { values: [golden.losses[loss]], float32Errors: golden.lossesFloat32Errors[loss] };
        comparisons.push(compareWhole(`loss ${loss}`, forward[loss]!, whole));
      }
      const backward = await program.run('backward');
      comparisons.push(...compareAll('gradient', new Map(Object.entries(backward)), golden.gradients));
      await program.run('update');
      const statistics = new Map(model.namedBuffers().map(([key, { data }]) => [key, data]));
      comparisons.push(...compareAll('statistic', statistics, golden.runningStatistics));
    } finally {
      program.release();
    }
    return [...comparisons, ...(await this.#evaluate(model, variant))];
  }

  /** The total before each of the ten steps, and the parameters after them. */
  async tenSteps(variant: Variant, kind: 'sgd' | 'adam'): Promise<Comparison[]> {
    const { model, losses } = this.#build(variant);
    const golden = this.golden[variant][kind];
    const { sgd, adam } = this.golden[variant];
    const optimizer: Optimizer =
      kind === 'sgd'
        ? new SGD(model.namedParameters(), { momentum: sgd.momentum, weightDecay: sgd.weight_decay })
        : new Adam(model.namedParameters(), { betas: adam.betas, eps: adam.eps });
    const balancer = createBalancer('static', { options: { weights: this.golden.weights } });
    const step = await compileBalancedStep({ losses, updates: model.takeUpdates(), optimizer }, balancer);
    const comparisons: Comparison[] = [];
    try {
      for (let i = 0; i < golden.steps; i++) {
        const { total } = await step.run(this.#feeds, { step: i + 1, learningRate: golden.lr });
        const float32Errors = golden.totalsFloat32Errors.map((path) => path[i]!);
        comparisons.push(compareWhole(`total ${i}`, [total], { values: [golden.totals[i]!], float32Errors }));
      }
    } finally {
      step.release();
    }
    const parameters = new Map(model.namedParameters().map(([key, { data }]) => [key, data]));
    return [...comparisons, ...compareAll(kind, parameters, golden.parameters)];
  }

  async #evaluate(model: TwoHeadResNet, variant: Variant): Promise<Comparison[]> {
    const { batch, imageSize } = this.golden;
    const { logits, boxes } = model.eval().forward(new Input('images', [batch, 3, imageSize, imageSize]));
    const program = await compile([{ name: 'evaluate', outputs: { logits, boxes } }]);
    try {
      const results = await program.run('evaluate', { images: this.#feeds.images });
      const golden = this.golden[variant].evaluation;
      return (['logits', 'boxes'] as const).map((output) =>
        compareWhole(`evaluation ${output}`, results[output]!, golden[output]),
      );
    } finally {
      program.release();
    }
  }

  #build(variant: Variant) {
    const { batch, imageSize, classes } = this.golden;
    const options = variant === 'smooth' ? SMOOTH : {};
    const model = new TwoHeadResNet(MAKERS[this.#name]({ numClasses: 0, ...options }), classes);
    model.loadStateDict(this.#weights);
    const outputs = model.forward(new Input('images', [batch, 3, imageSize, imageSize]));
    const targets = { labels: new Input('labels', [batch], 'int32'), boxes: new Input('boxes', [batch, 4]) };
    const losses = trainingLosses(outputs, targets, { boxLoss: 'mse', boxUnits: 'pixels' });
    return { model, outputs, losses };
  }
}

/** As `batch` in tools/goldens/resnet_case.py; the boxes, there in pixels of the frame, in units of it. */
function goldenBatch({ batch, imageSize, classes }: Golden) {
  const topLeft = hashFill('batch.topLeft', 2 * batch, 0.2 * FRAME, 0.25 * FRAME);
  const bottomRight = hashFill('batch.bottomRight', 2 * batch, 0.2 * FRAME, 0.75 * FRAME);
  return {
    images: hashFill('batch.image', batch * 3 * imageSize * imageSize, Math.sqrt(3)),
    labels: hashIntegers('batch.label', batch, classes),
    boxes: Float32Array.from({ length: 4 * batch }, (_, i) => {
      const [row, column] = [Math.floor(i / 4), i % 4];
      return (column < 2 ? topLeft[2 * row + column]! : bottomRight[2 * row + column - 2]!) / FRAME;
    }),
  };
}
