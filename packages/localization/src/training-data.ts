/** The data sets that a config asks for. */
import { createHash } from 'node:crypto';
import type { LocalizerConfig } from './config.js';
import type { LocalizationDataset } from './dataset.js';
import { generatedDataset } from './generated.js';
import { readVoc } from './voc.js';

export interface TrainingData {
  readonly train: LocalizationDataset;
  readonly val: LocalizationDataset;
}

/** @param onNotice called with what was left out or changed, as the folder is read. */
export async function openTrainingData(
  config: LocalizerConfig,
  onNotice: (notice: string) => void = () => {},
): Promise<TrainingData> {
  const { data, seed, imageSize } = config;
  const classes = config.classes === null ? {} : { classes: config.classes };
  if (data === null) {
    return generatedDataset({ seed, train: config.generatedTrain, val: config.generatedVal, ...classes });
  }
  const train = await readVoc(data, { split: 'train', seed, imageSize, onNotice, ...classes });
  const val = await readVoc(data, { split: 'val', seed, imageSize, onNotice, classes: train.classes });
  return { train, val };
}

/** SHA-256 of what is in the sets: a run that is resumed must see the same items in the same order. */
export function dataFingerprint({ train, val }: TrainingData): string {
  const hash = createHash('sha256');
  for (const { classes, items } of [train, val]) {
    hash.update(
      JSON.stringify([classes, items.map(({ id, label, width, height, box }) => [id, label, width, height, box])]),
    );
  }
  return hash.digest('hex');
}
