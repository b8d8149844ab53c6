/** What every data set of this package is: pictures with one labelled box each; of some, one of the two may be unknown. */

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
  /** `null`: nobody has drawn it. Then there is a label. */
  readonly box: Box | null;
  /** Index into `classes`; `null`: nobody has named it. Then there is a box. */
  readonly label: number | null;
  readonly className: string | null;
}

/** An item whose class and box are known. */
export type WholeItem = LocalizationItem & {
  readonly [K in 'box' | 'label' | 'className']: NonNullable<LocalizationItem[K]>;
};

/** An item that the set leaves out, and why. */
export interface RejectedItem {
  readonly item: string;
  readonly reason: string;
}

export interface LocalizationDataset<Item extends LocalizationItem = LocalizationItem> {
  readonly classes: readonly string[];
  readonly items: readonly Item[];
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
export function unitBox(item: Pick<WholeItem, 'box' | 'width' | 'height'>): Box;
export function unitBox(item: Pick<LocalizationItem, 'box' | 'width' | 'height'>): Box | null;
export function unitBox({ box, width, height }: Pick<LocalizationItem, 'box' | 'width' | 'height'>): Box | null {
  if (box === null) return null;
  const [x1, y1, x2, y2] = box;
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

/** cx, cy, w, h of a box given by its corners. */
export function centerOf([x1, y1, x2, y2]: Box): readonly number[] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}

/** What is known of the object, as metrics take it. */
export function truthOf(item: LocalizationItem): { readonly label: number | null; readonly box: Box | null } {
  return { label: item.label, box: unitBox(item) };
}

export function isWhole(item: LocalizationItem): item is WholeItem {
  return item.box !== null && item.label !== null;
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
