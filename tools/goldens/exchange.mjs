/**
 * Our side of the exchange of weight files, between the two commands of exchange.py: node exchange.mjs FOLDER.
 *
 * Loads torchvision's files and compares features and logits; writes weights of our own, and what we make of the batch.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, Input } from '@counterpoise/engine';
import {
  encodeSafetensors,
  initialise,
  loadResnetWeights,
  Random,
  readSafetensors,
  resnet18,
  resnet50,
} from '@counterpoise/nn';

const NETWORKS = { resnet18, resnet50 };
const TOLERANCE = 1e-4;
const folder = process.argv[2];

/** What the network makes of the images in evaluation. */
async function run(model, images) {
  const output = model.eval().forward(new Input('images', images.shape));
  const program = await compile([{ name: 'forward', outputs: { output } }], { threads: 1 });
  try {
    const results = await program.run('forward', { images: images.data });
    return { dtype: 'F32', shape: output.shape, data: results.output.slice() };
  } finally {
    program.release();
  }
}

function distance(ours, truth) {
  if (ours.length !== truth.length) throw new Error(`${truth.length} values expected, got ${ours.length}`);
  return Math.hypot(...truth.map((value, i) => ours[i] - value)) / Math.hypot(...truth);
}

/** Of each kind of key the range of its values: none at its first one, which would hide an exchange. */
const RANGES = [
  [/bn\d\.weight$|downsample\.1\.weight$/, 0.2, 0.6],
  [/running_mean$|bias$/, -0.1, 0.1],
  [/running_var$/, 0.5, 1.5],
];

function randomise(model, random) {
  initialise(model, random.fork('weights'));
  for (const [key, { data }] of model.stateDict()) {
    const [, low, high] = RANGES.find(([pattern]) => pattern.test(key)) ?? [];
    if (low === undefined) continue;
    const stream = random.fork(key);
    for (const i of data.keys()) data[i] = low + (high - low) * stream.uniform();
  }
  return model;
}

for (const [name, make] of Object.entries(NETWORKS)) {
  const truth = readSafetensors(join(folder, `torchvision-${name}-results.safetensors`)).tensors;
  const images = truth.get('images');
  for (const [output, numClasses, form] of [
    ['features', 0, 'safetensors'],
    ['features', 0, 'pth'],
    ['logits', 1000, 'safetensors'],
  ]) {
    const model = make({ numClasses });
    loadResnetWeights(model, join(folder, `torchvision-${name}.${form}`));
    const error = distance((await run(model, images)).data, truth.get(output).data);
    const good = error < TOLERANCE;
    if (!good) process.exitCode = 1;
    const verdict = good ? 'the same' : 'other';
    console.log(`torchvision's ${name}.${form} weights in ours: ${verdict} ${output}, ${error.toExponential(1)} apart`);
  }

  const own = randomise(make(), new Random(1));
  writeFileSync(join(folder, `counterpoise-${name}.safetensors`), encodeSafetensors(own.stateDict()));
  const results = new Map([
    ['images', images],
    ['logits', await run(own, images)],
  ]);
  writeFileSync(join(folder, `counterpoise-${name}-results.safetensors`), encodeSafetensors(results));
}
