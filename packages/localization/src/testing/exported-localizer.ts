/** A localizer that answers differently to different pictures, exported with all that serves it, and pictures to ask it. */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { exportLocalizer } from '../export.js';
import { Predictor } from '../predict.js';
import { writeExamples } from '../serving/examples.js';
import { openTrained, type TrainedLocalizer } from '../trained.js';
import { testRun, train } from './training-run.js';
import { type TestFolder, testFolder } from './voc-folder.js';

const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

export interface ExportedLocalizer {
  readonly folder: TestFolder;
  readonly trained: TrainedLocalizer;
  readonly model: Uint8Array;
  readonly predictor: Predictor;
  remove(): Promise<void>;
}

/** Its folder holds `modelName`, the examples, the pictures of `PICTURES`, and what the examples import. */
export async function exportedLocalizer(modelName: string, classes?: readonly string[]): Promise<ExportedLocalizer> {
  const made = await testRun({ epochs: 1, imageSize: 32 });
  await train(made.run);
  const opened = await openTrained(made.run.path);
  const trained = { ...opened, classes: classes ?? opened.classes };
  // So short a training leaves every answer near the middle; steeper heads tell the pictures apart.
  for (const { weight } of [trained.model.classifier, trained.model.box]) {
    for (const [at, value] of weight.data.entries()) weight.data[at] = value * 5;
  }
  const folder = await testFolder();
  const model = exportLocalizer(trained.model, trained.classes, trained.imageSize, { processing: true });
  await folder.write(modelName, model);
  await writeExamples(join(folder.path, modelName), trained.classes);
  await symlink(MODULES, join(folder.path, 'node_modules'));
  for (const [name, bytes] of Object.entries(await pictures())) await folder.write(name, bytes);
  const predictor = await Predictor.compile(trained, 1);
  const remove = async () => {
    predictor.release();
    await folder.remove();
    await made.remove();
  };
  return { folder, trained, model, predictor, remove };
}

/** Of all sizes and kinds: larger than the network's 32 x 32, smaller, narrow, turned, grey, of 16 bits, transparent. */
export const PICTURES = [
  'large.png',
  'small.png',
  'narrow.png',
  'photo.jpg',
  'turned.jpg',
  'grey.jpg',
  'grey16.png',
  'transparent.png',
] as const;

async function pictures(): Promise<Record<(typeof PICTURES)[number], Buffer>> {
  const grey16 = Uint16Array.from({ length: 90 * 70 }, (_, at) => 700 * (at % 90));
  return {
    'large.png': await scene(403, 307, 1).png().toBuffer(),
    'small.png': await scene(23, 17, 2).png().toBuffer(),
    'narrow.png': await scene(300, 20, 3).png().toBuffer(),
    'photo.jpg': await scene(250, 190, 4).jpeg().toBuffer(),
    'turned.jpg': await scene(120, 80, 5).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    'grey.jpg': await scene(64, 90, 6).greyscale().jpeg().toBuffer(),
    'grey16.png': await sharp(grey16, { raw: { width: 90, height: 70, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer(),
    'transparent.png': await scene(80, 80, 7).ensureAlpha(0.3).png().toBuffer(),
  };
}

/** A bright ellipse on soft waves; where and in which colours follows from `kind`. */
function scene(width: number, height: number, kind: number) {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const channel = at % 3;
    const x = (Math.floor(at / 3) % width) / width;
    const y = Math.floor(at / 3 / width) / height;
    const inside = ((x - 0.2 - 0.08 * kind) / 0.2) ** 2 + ((y - 0.9 + 0.08 * kind) / 0.15) ** 2 < 1;
    if (inside) return (kind * 67 + channel * 90) % 256;
    return 110 + 70 * Math.sin(5 * x + kind * y + channel * kind);
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
