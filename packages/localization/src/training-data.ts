/** The data sets that a config asks for. */
import { createHash } from 'node:crypto';
import type { LocalizerConfig } from './config.js';
import { isWhole, type LocalizationDataset, type LocalizationItem } from './dataset.js';
import { loadSplit, openDataFolder } from './folder/read-dataset.js';
import { parseFold } from './folder/splits.js';
import { generatedDataset } from './generated.js';

export interface TrainingData {
  readonly train: LocalizationDataset;
  readonly val: LocalizationDataset;
}

/** @param onNotice called with what was left out or changed, as the folder is read. */
export async function openTrainingData(
  config: LocalizerConfig,
  onNotice: (notice: string) => void = () => {},
): Promise<TrainingData> {
  const { data, format, partlyLabelled, seed, imageSize, valFraction, fold, resize } = config;
  const classes = config.classes === null ? {} : { classes: config.classes };
  if (data === null) {
    return generatedDataset({ seed, train: config.generatedTrain, val: config.generatedVal, ...classes });
  }
  const folder = await openDataFolder(data, { format: format ?? undefined, partlyLabelled });
  const options = {
    seed,
    imageSize,
    resize,
    valFraction: valFraction ?? undefined,
    fold: fold === null ? undefined : parseFold(fold),
    onNotice: eachOnce(onNotice),
  };
  const train = await loadSplit(folder, { ...options, ...classes, split: 'train' });
  requireWhole(data, lackOf('train', train.items));
  const val = await loadSplit(folder, { ...options, classes: train.classes, split: 'val' });
  requireWhole(data, lackOf('val', val.items));
  return { train, val };
}

function requireWhole(data: string, lack: string | undefined): void {
  if (lack !== undefined) throw new Error(`data set ${data}: ${lack}`);
}

/** Every loss needs a sample, and every measure of the validation too. @returns what is missing, in words. */
export function lackOf(split: string, items: readonly LocalizationItem[]): string | undefined {
  const without = (what: string) => `split ${split} must have a picture with ${what}, got none`;
  if (split === 'train' && items.every(({ label }) => label === null)) return without('a class');
  if (split === 'train' && items.every(({ box }) => box === null)) return without('a box');
  if (split === 'val' && !items.some(isWhole)) return without('both a class and a box');
  return undefined;
}

/** What is said of the folder as a whole is said for both splits. */
function eachOnce(onNotice: (notice: string) => void): (notice: string) => void {
  const said = new Set<string>();
  return (notice) => {
    if (said.has(notice)) return;
    said.add(notice);
    onNotice(notice);
  };
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
