/**
 * Our side of the benchmark of per-loss gradients: one balanced step, run on demand by another process.
 *
 *     node benchmarks/our_gradients.mjs resnet50 --losses 2 --balance mgda --boundary parameters --size 64 --threads 2
 *
 * `--balance` is a method with its options behind it: "gradvac per=layer".
 * The protocol and the network are those of torch_gradients.py: a ResNet with one linear head per loss, in turn a
 * cross-entropy of ten classes and a mean squared error of a box.
 */
import { parseArgs } from 'node:util';
import { crossEntropy, Input, mseLoss, sigmoid } from '@counterpoise/engine';
import { initialise, Linear, Module, Random, resnet18, resnet50, SGD } from '@counterpoise/nn';
import { BOUNDARIES, compileBalancedStep, createStepMethod, parseMethod } from '@counterpoise/training';
import { Balancer } from 'counterpoise';
import { parseComposition, parseOptions } from 'counterpoise/catalog';
import { serveStep } from './serve-step.mjs';

const CLASSES = 10;
const LEARNING_RATE = 1e-3;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    losses: { type: 'string', default: '2' },
    balance: { type: 'string', default: 'sum' },
    boundary: { type: 'string', default: BOUNDARIES[0] },
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
  },
});
const [count, size, batch, threads] = [values.losses, values.size, values.batch, values.threads].map(Number);

class ManyHeads extends Module {
  constructor() {
    super();
    this.backbone = { resnet18, resnet50 }[positionals[0]]({ numClasses: 0 });
    const { numFeatures } = this.backbone;
    this.heads = Array.from({ length: count }, (_, k) => new Linear(numFeatures, k % 2 ? 4 : CLASSES));
  }
}

const random = new Random(0);
const model = initialise(new ManyHeads(), random.fork('weights'));
const feeds = { images: Float32Array.from({ length: batch * 3 * size * size }, () => random.normal()) };
const losses = {};
const features = model.backbone.forward(new Input('images', [batch, 3, size, size]));
for (const [k, head] of model.heads.entries()) {
  const output = head.forward(features);
  const target = `target ${k}`;
  if (k % 2) {
    losses[`box ${k}`] = mseLoss(sigmoid(output), new Input(target, [batch, 4]));
    feeds[target] = Float32Array.from({ length: batch * 4 }, () => random.uniform());
  } else {
    losses[`class ${k}`] = crossEntropy(output, new Input(target, [batch], 'int32'));
    feeds[target] = Int32Array.from({ length: batch }, () => random.integer(CLASSES));
  }
}

const started = performance.now();
const graph = { losses, updates: model.takeUpdates(), optimizer: new SGD(model.namedParameters(), { momentum: 0.9 }) };
const { method: name, options, wraps } = parseMethod(values.balance);
const { method, stage } = createStepMethod(name, parseOptions(name, options), parseComposition(wraps));
const step = await compileBalancedStep(graph, new Balancer(method), { threads, boundary: values.boundary, stage });
const compileMs = performance.now() - started;
await serveStep(step, { feeds, learningRate: LEARNING_RATE, threads, compileMs });
