/** Which items of a folder belong to a split. */
import { checkInteger } from '../dataset.js';
import { type Annotated, type AnnotatedObject, type AnnotatedSet, largestObject } from '../formats/annotated-set.js';
import { show, some } from '../formats/fields.js';
import { type Drawable, drawFold, drawFraction, VAL_FRACTION } from './draw.js';

export interface Fold {
  /** From 1. */
  readonly index: number;
  /** At least 2. */
  readonly of: number;
}

export interface SplitOptions {
  /** `train`, `val`, or the name of a list that the folder has. Default: every item. */
  split?: string | undefined;
  /** Of everything drawn. Default 0. */
  seed?: number | undefined;
  /** Draws this share for `val`, in (0, 1), instead of going by the folder's lists. */
  valFraction?: number | undefined;
  /** k-fold cross-validation: this fold is `val`, the others are `train`. */
  fold?: Fold | undefined;
}

export interface SplitItems {
  /** In the order of the list, or of the set; each once. */
  readonly ids: readonly string[];
  readonly notices: readonly string[];
}

/**
 * The items of a split. `valFraction` and `fold` draw `train` and `val` from all items but those of the list `test`, class by
 * class, by the seed. Otherwise the folder's list counts; if only one of `train` and `val` has one, the other is what it leaves out (and
 * `test` does not list); if neither has, a fifth is drawn for `val`.
 * @throws RangeError if an option is wrong; Error if the split has no list, or is empty.
 */
export function splitItems(set: Pick<AnnotatedSet, 'pictures' | 'lists'>, options: SplitOptions = {}): SplitItems {
  const { split, seed = 0, valFraction, fold } = options;
  const { pictures, lists } = set;
  const held = new Set(lists.get('test'));
  const pool = () => [...pictures.keys()].filter((id) => !held.has(id));
  if (valFraction !== undefined && fold) throw new RangeError('"valFraction" and "fold" exclude each other: give one');
  if (valFraction !== undefined && !(valFraction > 0 && valFraction < 1)) {
    throw new RangeError(`"valFraction" must be in (0, 1), got ${valFraction}`);
  }
  if (split === undefined) {
    const notices = ['train', 'val', 'test'].flatMap((name) => repeats(name, lists.get(name) ?? []));
    return { ids: [...pictures.keys()], notices: [...leaks(lists), ...notices] };
  }
  const list = lists.get(split);
  const isTrainOrVal = split === 'train' || split === 'val';
  if (isTrainOrVal && (valFraction !== undefined || fold)) {
    const items = drawables(pictures, pool());
    const inVal = fold ? foldOf(items, fold, seed) : drawFraction(items, valFraction ?? VAL_FRACTION, seed);
    return { ids: drawn(split, items, inVal), notices: [] };
  }
  if (list) {
    if (list.length === 0) throw new Error(`split ${show(split)} is empty: its list names no item`);
    return { ids: [...new Set(list)], notices: [...leaks(lists), ...repeats(split, list)] };
  }
  if (!isTrainOrVal) {
    const names = [...new Set(['train', 'val', ...lists.keys()])].sort();
    throw new Error(`"split" must be one of ${names.join(', ')}, got ${show(split)}`);
  }
  const otherName = split === 'train' ? 'val' : 'train';
  const other = lists.get(otherName);
  if (!other) {
    const items = drawables(pictures, pool());
    const ids = drawn(split, items, drawFraction(items, VAL_FRACTION, seed));
    const notice = `the folder does not say what train and val are: ${ids.length} of ${items.length} items drawn for ${split}`;
    return { ids, notices: [notice] };
  }
  const listed = new Set(other);
  const ids = pool().filter((id) => !listed.has(id));
  if (ids.length > 0) return { ids, notices: [] };
  throw new Error(
    `split ${show(split)} is empty: ${otherName} lists every item and there is no list of ${split} ` +
      '(add one, or have both drawn by a ratio)',
  );
}

/** Items that cannot be used are drawn like a class of their own; so are those of a class without a box, and without a class. */
function drawables(pictures: ReadonlyMap<string, Annotated>, ids: readonly string[]): Drawable[] {
  return ids.map((id) => {
    const picture = pictures.get(id);
    const object = picture && !(picture instanceof Error) ? largestObject(picture) : undefined;
    return { id, stratum: object ? stratumOf(object) : '' };
  });
}

/** That of a whole object is its class, as ever: the same seed draws the same split. */
function stratumOf({ name, box }: AnnotatedObject): string {
  if (name === null) return '\0no class';
  return box ? name : `${name}\0no box`;
}

function foldOf(items: readonly Drawable[], { index, of }: Fold, seed: number): Set<string> {
  checkInteger('fold.of', of, 2, items.length);
  checkInteger('fold.index', index, 1, of);
  return drawFold(items, index, of, seed);
}

function drawn(split: 'train' | 'val', items: readonly Drawable[], inVal: ReadonlySet<string>): string[] {
  const ids = items.filter(({ id }) => inVal.has(id) === (split === 'val')).map(({ id }) => id);
  if (ids.length > 0) return ids;
  const there = items.length === 1 ? 'is 1 item' : `are ${items.length} items`;
  throw new Error(`split ${show(split)} is empty: there ${there} to draw from`);
}

function leaks(lists: AnnotatedSet['lists']): string[] {
  const train = new Set(lists.get('train'));
  const leaked = [...new Set(lists.get('val'))].filter((id) => train.has(id));
  return leaked.length > 0 ? [`${some(leaked)} listed in both train and val: validation is too kind`] : [];
}

function repeats(split: string, ids: readonly string[]): string[] {
  const seen = new Set<string>();
  const repeated = new Set(ids.filter((id) => seen.has(id) || !seen.add(id)));
  return repeated.size > 0 ? [`${some([...repeated])} listed more than once in ${split}: used once`] : [];
}

/** `2/5`: the second of five folds; undefined for anything else. */
export function parseFold(text: string): Fold | undefined {
  const [index, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).slice(1).map(Number);
  return index !== undefined && of !== undefined && of >= 2 && index >= 1 && index <= of ? { index, of } : undefined;
}
