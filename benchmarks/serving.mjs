/**
 * node benchmarks/serving.mjs RUN FOLDER: how close an exported model with processing comes to `counterpoise predict`, and how
 * long both take, on the pictures of a folder as they are and at other sizes. Prints one row per form of the pictures.
 */
import { readFile } from 'node:fs/promises';
import { exportLocalizer, openTrained, Predictor, pictureSources } from '@counterpoise/localization';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const [path, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node benchmarks/serving.mjs RUN FOLDER');
const THREADS = 2;
const COUNT = 60;

const resized = (width, height) => (file) => sharp(file).autoOrient().resize(width, height, { fit: 'fill' });
const FORMS = {
  'as they are': (file) => file,
  png: (file) => sharp(file).autoOrient().png().toBuffer(),
  'png 40 x 30': (file) => resized(40, 30)(file).png().toBuffer(),
  'png 1600 x 1200': (file) => resized(1600, 1200)(file).png({ compressionLevel: 1 }).toBuffer(),
  'jpeg 1600 x 1200': (file) => resized(1600, 1200)(file).jpeg({ quality: 90 }).toBuffer(),
  'jpeg 4000 x 3000': (file) => resized(4000, 3000)(file).jpeg({ quality: 90 }).toBuffer(),
};

const trained = await openTrained(path);
const predictor = await Predictor.compile(trained, THREADS);
const model = exportLocalizer(trained.model, trained.classes, trained.imageSize, { processing: true });
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: THREADS });

async function throughModel(bytes) {
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return session.run({ images: new ort.Tensor('uint8', data, [1, info.height, info.width, 3]) });
}

const files = [];
for await (const source of pictureSources([folder], process.stdin)) {
  if (source instanceof Error) throw source;
  files.push(source);
}
const every = Math.max(1, Math.floor(files.length / COUNT));
const chosen = files.filter((_, at) => at % every === 0).slice(0, COUNT);

async function timed(work) {
  const start = performance.now();
  return [await work(), performance.now() - start];
}

const summary = (values, digits) =>
  [values.reduce((a, b) => a + b, 0) / values.length, Math.max(...values)]
    .map((value) => value.toFixed(digits))
    .join(' / ');

console.log(
  'pictures | other class | score: mean / largest difference | box, in sides: the same | predict ms | model ms',
);
for (const [form, encode] of Object.entries(FORMS)) {
  const [scores, sides, times, modelTimes] = [[], [], [], []];
  let others = 0;
  for (const file of chosen) {
    const bytes = await encode(await readFile(file));
    const [expected, time] = await timed(() => predictor.predict({ name: file, bytes }));
    const [answer, modelTime] = await timed(() => throughModel(bytes));
    const label = trained.classes.indexOf(expected.class);
    if (Number(answer.labels.data[0]) !== label) others++;
    scores.push(Math.abs(answer.probabilities.data[label] - expected.score));
    const lengths = [expected.width, expected.height, expected.width, expected.height];
    sides.push(Math.max(...expected.box.map((side, at) => Math.abs(side - answer.boxes.data[at]) / lengths[at])));
    times.push(time);
    modelTimes.push(modelTime);
  }
  const row = [form, `${others} of ${chosen.length}`, summary(scores, 4), summary(sides, 4)];
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(1);
  console.log([...row, median(times), median(modelTimes)].join(' | '));
}
predictor.release();
await session.release();
