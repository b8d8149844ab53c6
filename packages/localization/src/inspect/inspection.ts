/** What there is in a data set, before anything is trained on it. */
import { oneLine } from '@counterpoise/training';
import { type LocalizationDataset, type LocalizationItem, type RejectedItem, unitBox } from '../dataset.js';
import {
  checkSplit,
  type DataFolder,
  type DatasetOptions,
  naming,
  nothingUsable,
  openDataFolder,
} from '../folder/read-dataset.js';
import { splitItems } from '../folder/splits.js';
import { type FormatName, reasonOf } from '../formats/annotated-set.js';
import { lackOf } from '../training-data.js';
import { differenceHash, HASH_SIZE, type HashedItem, type NearDuplicate, nearDuplicates } from './near-duplicates.js';

export interface ClassCount {
  readonly class: string;
  readonly pictures: number;
}

export interface SplitSummary {
  readonly name: string;
  /** By the seed: the folder does not say which pictures are of it, or a share or a fold is asked for. */
  readonly drawn: boolean;
  /** That can be used. */
  readonly pictures: number;
  /** Of those. */
  readonly withoutClass: number;
  readonly withoutBox: number;
  /** In the order of the labels. */
  readonly classes: readonly ClassCount[];
}

export interface Quantiles {
  readonly min: number;
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
  readonly max: number;
}

/** Plain JSON. */
export interface Inspection {
  readonly data: string;
  readonly format: FormatName;
  readonly pictures: number;
  /** Pictures that can be trained on. */
  readonly usable: number;
  /** Of those; with `partlyLabelled` drop none. */
  readonly withoutClass: number;
  readonly withoutBox: number;
  /** In the order of the labels. */
  readonly classes: readonly ClassCount[];
  /** Pictures of the most frequent class over those of the least frequent one that has any; `null` without pictures. */
  readonly imbalance: number | null;
  readonly splits: readonly SplitSummary[];
  /** In units of the picture, each in (0, 1]; `null` without pictures. */
  readonly boxes: Readonly<Record<'width' | 'height' | 'area', Quantiles>> | null;
  /** Across splits, the closest first; at most 10 000. */
  readonly nearDuplicates: readonly NearDuplicate[];
  /** How many there are in all. */
  readonly nearDuplicatePairs: number;
  readonly notices: readonly string[];
  readonly rejected: readonly RejectedItem[];
}

/** As of the training whose splits are to be seen. */
export type InspectOptions = Pick<DatasetOptions, 'format' | 'partlyLabelled' | 'seed' | 'valFraction' | 'fold'>;

/**
 * Reads the folder as a training would and decodes every picture once. That a split cannot be had is a notice, in the words of
 * the error that ends a training.
 * @returns also the set of all usable pictures, empty if there is none.
 * @throws Error if the folder as a whole cannot be read, or if it cannot be divided as the options say.
 */
export async function inspectFolder(
  path: string,
  { format, partlyLabelled, ...options }: InspectOptions = {},
): Promise<{ inspection: Inspection; dataset: LocalizationDataset }> {
  const folder = await openDataFolder(path, { format, partlyLabelled });
  const dataset = await checkSplit(folder, { imageSize: HASH_SIZE });
  const { items, classes, rejected } = dataset;
  const notices = new Set(dataset.notices);
  const splits = await naming(path, async () => splitsOf(folder, options, notices));
  const indices = new Map(items.map(({ id }, index) => [id, index]));
  const labels = items.map(({ label }) => label);

  const hashed: HashedItem[] = [];
  const summaries = splits.map(({ name, drawn, ids }): SplitSummary => {
    const ofSplit = ids.flatMap((id) => indices.get(id) ?? []);
    const counts = countClasses(
      classes,
      ofSplit.map((index) => labels[index]!),
    );
    if (ofSplit.length === 0 && items.length > 0) {
      const names = new Set(ids.map(oneLine));
      notices.add(`split ${name}: ${nothingUsable(rejected.filter(({ item }) => names.has(item)))}`);
    }
    const own = ofSplit.map((index) => items[index]!);
    const lack = own.length > 0 ? lackOf(name, own) : undefined;
    if (lack !== undefined) notices.add(lack);
    const missing = missingIn(own);
    return { name, drawn, pictures: ofSplit.length, ...missing, classes: counts };
  });
  for (const { name, ids } of splits) {
    for (const id of ids) {
      const index = indices.get(id);
      if (index !== undefined)
        hashed.push({ id, split: name, hash: differenceHash(await dataset.load(index, HASH_SIZE)) });
    }
  }

  const alike = nearDuplicates(hashed);
  const counts = countClasses(classes, labels);
  const present = counts.map(({ pictures }) => pictures).filter((pictures) => pictures > 0);
  const sizes = items.flatMap((item) => {
    const box = unitBox(item);
    if (!box) return [];
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    return [{ width, height, area: width * height }];
  });
  const inspection: Inspection = {
    data: path,
    format: folder.set.format,
    pictures: folder.set.pictures.size,
    usable: items.length,
    ...missingIn(items),
    classes: counts,
    imbalance:
      present.length === 0 ? null : present.reduce((a, b) => Math.max(a, b)) / present.reduce((a, b) => Math.min(a, b)),
    splits: summaries,
    boxes:
      sizes.length === 0
        ? null
        : {
            width: quantiles(sizes.map(({ width }) => width)),
            height: quantiles(sizes.map(({ height }) => height)),
            area: quantiles(sizes.map(({ area }) => area)),
          },
    nearDuplicates: alike.closest,
    nearDuplicatePairs: alike.pairs,
    notices: [...notices],
    rejected,
  };
  return { inspection, dataset };
}

/** As a training would have them; `test` where the folder has it. */
function splitsOf(
  { set }: DataFolder,
  options: Omit<InspectOptions, 'format' | 'partlyLabelled'>,
  notices: Set<string>,
) {
  const { valFraction, fold } = options;
  const drawn = valFraction !== undefined || fold !== undefined || !(set.lists.has('train') || set.lists.has('val'));
  return ['train', 'val', 'test'].flatMap((name) => {
    if (name === 'test' && !set.lists.has(name)) return [];
    try {
      const { ids, notices: said } = splitItems(set, { ...options, split: name });
      for (const notice of said) notices.add(notice);
      return [{ name, drawn: drawn && name !== 'test', ids }];
    } catch (error) {
      if (error instanceof RangeError) throw error;
      notices.add(reasonOf(error));
      return [];
    }
  });
}

function missingIn(items: readonly LocalizationItem[]): Pick<Inspection, 'withoutClass' | 'withoutBox'> {
  return {
    withoutClass: items.filter(({ label }) => label === null).length,
    withoutBox: items.filter(({ box }) => box === null).length,
  };
}

function countClasses(classes: readonly string[], labels: readonly (number | null)[]): ClassCount[] {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) if (label !== null) counts[label]!++;
  return classes.map((name, label) => ({ class: name, pictures: counts[label]! }));
}

/** Linear between the two nearest values (Hyndman and Fan 1996, type 7; NumPy's default). */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    return low + (position - below) * ((sorted[below + 1] ?? low) - low);
  };
  return { min: at(0), p5: at(0.05), p25: at(0.25), median: at(0.5), p75: at(0.75), p95: at(0.95), max: at(1) };
}
