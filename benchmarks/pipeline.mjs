/**
 * The data pipeline against torchvision's: pictures per second alone, and what data from disk add to a training step.
 *
 *     npm run build && node benchmarks/pipeline.mjs [--only 64] [--rounds 2] [--pictures 192] [--side 512] [--json]
 *
 * Both sides read the same JPEG files, made for this run, in batches of 8 on two cores. Ours: a random crop that keeps the
 * object, flip, colours; theirs: RandomResizedCrop, flip, ColorJitter in an ImageFolder with a DataLoader of two workers. All
 * variants take turns, and each figure is a median over the rounds. PyTorch's threads sleep while they wait (OMP_WAIT_POLICY):
 * spinning, they take the cores from its own DataLoader and whatever else runs, up to twenty times the time per step. Needs Debian's python3-torch and python3-torchvision.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Input } from '@counterpoise/engine';
import {
  batches,
  createModel,
  DEFAULT_AUGMENTATION,
  generatedDataset,
  MAIN_THREAD,
  PixelWorkers,
  readDataset,
  trainingLosses,
} from '@counterpoise/localization';
import { initialise, Random, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { createBalancer } from 'counterpoise';
import sharp from 'sharp';
import { startPeer } from './peer.mjs';
import { median } from './turns.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    pictures: { type: 'string', default: '192' },
    side: { type: 'string', default: '512' },
    python: { type: 'string', default: '/usr/bin/python3' },
    json: { type: 'boolean', default: false },
  },
});
const BATCH = 8;
const THREADS = 2;
/** Steps before the timed ones: they use up what was prepared while another variant ran. */
const UNTIMED = 5;
const rounds = Number(values.rounds);
const print = (text) => values.json || process.stdout.write(`${text}\n`);

/** A folder for each class, as ImageFolder wants it, and a CSV with the boxes. */
async function makeFolder(count, side) {
  const folder = await mkdtemp(join(tmpdir(), 'counterpoise-bench-'));
  const { train } = generatedDataset({ train: count, val: 1, frame: side, cacheBytes: 0 });
  const rows = ['file,class,xmin,ymin,xmax,ymax,split'];
  for (const [index, { className, box }] of train.items.entries()) {
    const file = `${className}/${index}.jpg`;
    await mkdir(join(folder, className), { recursive: true });
    const raw = { width: side / 2, height: side / 2, channels: 3 };
    const picture = sharp(await train.load(index, side / 2), { raw }).resize(side, side);
    await writeFile(join(folder, file), await picture.jpeg({ quality: 90 }).toBuffer());
    rows.push([file, className, ...box, 'train'].join(','));
  }
  await writeFile(join(folder, 'labels.csv'), `${rows.join('\n')}\n`);
  return folder;
}

async function* endless(dataset, options) {
  for (let epoch = 0; ; epoch++) yield* batches(dataset, { ...options, epoch });
}

async function compileStep(classes, size) {
  const model = initialise(createModel('resnet18', classes), new Random(0));
  const images = new Input('images', [BATCH, 3, size, size]);
  const targets = { labels: new Input('labels', [BATCH], 'int32'), boxes: new Input('boxes', [BATCH, 4]) };
  const settings = { boxLosses: ['mse'], boxUnits: 'pixels', smoothL1Beta: 0.1 };
  const losses = trainingLosses(model.forward(images), targets, settings, model.boxCoding);
  const optimizer = new SGD(model.namedParameters(), { momentum: 0.9 });
  const balancer = createBalancer('static', { options: { weights: { class: 0.7, box: 1e-4 } } });
  return compileBalancedStep({ losses, updates: model.takeUpdates(), optimizer }, balancer, { threads: THREADS });
}

/** Every variant answers `alone()`, pictures per second, `train(steps)`, milliseconds per step, or both. */
async function ourVariants(folder, size, pools) {
  const common = {
    imageSize: size,
    batchSize: BATCH,
    shuffle: true,
    dropLast: true,
    augmentation: DEFAULT_AUGMENTATION,
  };
  const kept = await readDataset(folder, { split: 'train', imageSize: size });
  const decoded = await readDataset(folder, { split: 'train', imageSize: size, cacheBytes: 0 });
  const step = await compileStep(kept.classes.length, size);
  let count = 0;
  const one = async ({ images, labels, boxes }) =>
    step.run({ images, labels, boxes }, { step: ++count, learningRate: 1e-4 });

  const first = structuredClone((await batches(kept, common).next()).value);
  const sources = [];
  async function timed(next, steps) {
    for (let i = 0; i < UNTIMED; i++) await one(await next());
    const begin = performance.now();
    for (let i = 0; i < steps; i++) await one(await next());
    return (performance.now() - begin) / steps;
  }
  const pipeline = (dataset, writer, prefetch, trains) => {
    const options = { ...common, writer, prefetch };
    const source = endless(dataset, options);
    sources.push(source);
    let epoch = 0;
    return {
      async alone() {
        const begin = performance.now();
        let pictures = 0;
        for await (const { size: n } of batches(dataset, { ...options, epoch: epoch++ })) pictures += n;
        return (1000 * pictures) / (performance.now() - begin);
      },
      ...(trains && { train: (steps) => timed(async () => (await source.next()).value, steps) }),
    };
  };
  return {
    variants: {
      'in memory': { train: (steps) => timed(async () => first, steps) },
      cached: pipeline(kept, MAIN_THREAD, 1, true),
      'cached, 1 worker': pipeline(kept, pools[0], 2, false),
      'cached, 2 workers': pipeline(kept, pools[1], 2, true),
      decoded: pipeline(decoded, MAIN_THREAD, 2, true),
      'decoded, 1 worker': pipeline(decoded, pools[0], 2, true),
      'decoded, 2 workers': pipeline(decoded, pools[1], 2, false),
    },
    async release() {
      for (const source of sources) await source.return();
      step.release();
    },
  };
}

async function measure(folder, size, pools) {
  const python = [new URL('pipeline_torch.py', import.meta.url).pathname, folder];
  const options = { size, batch: BATCH, threads: THREADS, workers: 2, untimed: UNTIMED };
  process.env.OMP_WAIT_POLICY ??= 'PASSIVE';
  const peer = await startPeer(values.python, [
    ...python,
    ...Object.entries(options).flatMap(([k, v]) => [`--${k}`, String(v)]),
  ]);
  const ours = await ourVariants(folder, size, pools);
  const steps = size > 100 ? 3 : 8;
  const runs = {
    ...ours.variants,
    'torch in memory': { train: async (n) => (await peer.ask(`memory ${n}`)).ms },
    torch: { alone: async () => (await peer.ask('alone')).rate, train: async (n) => (await peer.ask(`disk ${n}`)).ms },
  };
  const rates = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  const ms = structuredClone(rates);
  for (let round = 0; round <= rounds; round++) {
    for (const [name, { alone, train }] of Object.entries(runs)) {
      const rate = await alone?.();
      // The first round warms up; the steps have their own, untimed ones.
      if (round === 0) continue;
      const time = await train?.(steps);
      if (alone) rates[name].push(rate);
      if (train) ms[name].push(time);
    }
  }
  await ours.release();
  await peer.quit();
  const ratios = (list, base) => median(list.map((value, i) => value / base[i]));
  return Object.entries(runs).map(([name, { alone, train }]) => ({
    size,
    name,
    ...(alone && { picturesPerSecond: median(rates[name]), overTorch: ratios(rates[name], rates.torch) }),
    ...(train && {
      stepMs: median(ms[name]),
      overMemory: ratios(ms[name], ms[name.startsWith('torch') ? 'torch in memory' : 'in memory']),
    }),
  }));
}

const folder = await makeFolder(Number(values.pictures), Number(values.side));
const pools = [new PixelWorkers(1), new PixelWorkers(2)];
const results = [];
try {
  print(
    `${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} before; ${values.pictures} JPEG of ${values.side} pixels`,
  );
  print('size  data                  pictures/s   / torch    step ms   / in memory');
  for (const size of [64, 224].filter((side) => !values.only || side === Number(values.only))) {
    for (const row of await measure(folder, size, pools)) {
      results.push(row);
      const rate = [row.picturesPerSecond?.toFixed(0) ?? '', row.overTorch?.toFixed(2) ?? ''];
      const cells = [
        rate[0].padStart(12),
        rate[1].padStart(10),
        (row.stepMs?.toFixed(1) ?? '').padStart(11),
        (row.overMemory?.toFixed(3) ?? '').padStart(14),
      ];
      print(`${String(size).padEnd(6)}${row.name.padEnd(20)}${cells.join('')}`);
    }
  }
  print(`load ${loadavg()[0].toFixed(1)} after`);
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
} finally {
  await Promise.all(pools.map((pool) => pool.close()));
  await rm(folder, { recursive: true, force: true });
}
