// Names and frames the object of pictures, with the model beside this file. Written by `counterpoise export`; it is yours
// to change, and needs nothing but these two packages:
//
//     npm install onnxruntime-node sharp
//     node infer.mjs a.jpg b.png
//
// prints a line of JSON for each picture: the class, its probability, and the box x1, y1, x2, y2 in pixels of the upright
// picture.
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const MODEL = 'model.onnx';
/** In the order of the model's probabilities. */
const CLASSES = ['first', 'second'];
/** A picture of more pixels is not decoded. */
const MAX_PIXELS = 100_000_000;

// Files of other formats than JPEG and PNG can make the decoder open other files.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng'] });

/** Upright 8-bit RGB as [1, height, width, 3], at its full size: the model resizes it as in training. */
async function readPicture(file) {
  const { data, info } = await sharp(file, { failOn: 'error', limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return new ort.Tensor('uint8', data, [1, info.height, info.width, 3]);
}

async function infer(session, file) {
  const { boxes, labels, scores } = await session.run({ images: await readPicture(file) });
  return { image: file, class: CLASSES[Number(labels.data[0])], score: scores.data[0], box: [...boxes.data] };
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node infer.mjs picture...');
  process.exit(2);
}
const session = await ort.InferenceSession.create(join(import.meta.dirname, MODEL));
for (const file of files) {
  try {
    console.log(JSON.stringify(await infer(session, file)));
  } catch (error) {
    // One bad file does not keep the others from their answer.
    console.error(`error: ${file}: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
  }
}
