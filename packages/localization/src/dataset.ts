/** What every data set of this package is: pictures with one labelled box each. */

/**
 * `[x1, y1, x2, y2]` with x1 < x2 and y1 < y2, in continuous pixels of the upright picture: the origin is the outer corner
 * of the top-left pixel, so a box around the whole picture is `[0, 0, width, height]` and its width is x2 - x1.
 */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** One picture and its object. */
export interface LocalizationItem {
  /** Unique in the set. */
  readonly id: string;
  /** Of the upright picture (EXIF orientation applied), in its pixels; of a letterboxed set, with the bars. */
  readonly width: number;
  readonly height: number;
  readonly box: Box;
  /** Index into `classes`. */
  readonly label: number;
  readonly className: string;
}

/** An item that the set leaves out, and why. */
export interface RejectedItem {
  readonly item: string;
  readonly reason: string;
}

export interface LocalizationDataset {
  readonly classes: readonly string[];
  readonly items: readonly LocalizationItem[];
  /** What was changed or looked odd, one line each; the items concerned are in the set. */
  readonly notices: readonly string[];
  readonly rejected: readonly RejectedItem[];
  /**
   * The picture of `items[index]`, upright, stretched or letterboxed to `size` x `size`: `size * size * 3` bytes, RGB, row by row
   * (height, width, channel). The bytes may be shared with a cache: do not change them.
   * @throws Error that names the item if its file has become unreadable.
   */
  load(index: number, size: number): Promise<Uint8Array>;
}

/** The box in units of the picture: x divided by its width, y by its height, so each number is in [0, 1]. */
export function unitBox(item: Pick<LocalizationItem, 'box' | 'width' | 'height'>): Box {
  const [x1, y1, x2, y2] = item.box;
  return [x1 / item.width, y1 / item.height, x2 / item.width, y2 / item.height];
}

/** @throws RangeError that names the argument unless `value` is an integer in [minimum, maximum]. */
export function checkInteger(
  name: string,
  value: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `in [${minimum}, ${maximum}]`;
  throw new RangeError(`"${name}" must be an integer ${range}, got ${value}`);
}

/** The item at `index`. @throws RangeError if there is none. */
export function itemAt(items: readonly LocalizationItem[], index: number): LocalizationItem {
  const item = items[index];
  if (!item) throw new RangeError(`"index" must be an integer in [0, ${items.length}), got ${index}`);
  return item;
}
