/**
 * Our side of the speed benchmark: the balanced training step of the two-head ResNet, run on demand by another process.
 *
 *     node benchmarks/our_step.mjs resnet50 --size 224 --batch 8 --threads 2 [--balance static|running-max]
 *
 * The protocol, one line of JSON per line of input, is that of torch_step.py; `ready` also tells the time to compile.
 */
import { parseArgs } from 'node:util';
import { Input } from '@counterpoise/engine';
import { createModel, trainingLosses } from '@counterpoise/localization';
import { initialise, Random, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';
import { serveStep } from './serve-step.mjs';

const CLASSES = 10;
const LEARNING_RATE = 1e-3;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
    balance: { type: 'string', default: 'static' },
  },
});
const [size, batch, threads] = [values.size, values.batch, values.threads].map(Number);
const random = new Random(0);
const model = initialise(createModel(positionals[0], CLASSES), random.fork('weights'));
const feeds = {
  images: Float32Array.from({ length: batch * 3 * size * size }, () => random.normal()),
  labels: Int32Array.from({ length: batch }, () => random.integer(CLASSES)),
  boxes: Float32Array.from({ length: batch * 4 }, () => random.uniform()),
};

const started = performance.now();
const images = new Input('images', [batch, 3, size, size]);
const targets = { labels: new Input('labels', [batch], 'int32'), boxes: new Input('boxes', [batch, 4]) };
const settings = { boxLosses: ['mse'], boxUnits: 'pixels', smoothL1Beta: 0.1 };
const losses = trainingLosses(model.forward(images), targets, settings, model.boxCoding);
const optimizer = new SGD(model.namedParameters(), { momentum: 0.9 });
const balancer =
  values.balance === 'static'
    ? createBalancer('static', { options: { weights: { class: 0.7, box: 1e-4 } } })
    : createBalancer(values.balance);
const graph = { losses, updates: model.takeUpdates(), optimizer };
const step = await compileBalancedStep(graph, balancer, { threads });
const compileMs = performance.now() - started;

await serveStep(step, { feeds, learningRate: LEARNING_RATE, threads, compileMs });
