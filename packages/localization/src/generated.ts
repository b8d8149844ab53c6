/** The built-in data set: drawn shapes on noisy backgrounds, as many as wanted, without any file. */
import { Random } from '@counterpoise/nn';
import { DEFAULT_CACHE_BYTES, PictureCache } from './cache.js';
import { type Box, checkInteger, itemAt, type LocalizationDataset, type WholeItem } from './dataset.js';
import { renderScene } from './render.js';
import { drawScene, type Scene } from './scene.js';
import { SHAPE_NAMES, type ShapeName } from './shapes.js';

export interface GeneratedOptions {
  /** Default 0. */
  readonly seed?: number | string;
  /** Numbers of pictures. */
  readonly train: number;
  readonly val: number;
  /** Some of circle, square, triangle, star, cross, ring, in the order of the labels. Default: all. */
  readonly classes?: readonly string[];
  /**
   * Side of the pictures in which the boxes are told, in pixels; `load` renders at any size. Default 640, as a photo: the
   * squared error of a box in pixels then begins near 10^5.
   */
  readonly frame?: number;
  /** Memory for rendered pictures, in bytes, for each of the two sets. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/**
 * Pictures of one shape each: turned, squeezed, patterned, some partly covered, on structured noisy backgrounds with clutter.
 * The box is tight around the whole shape. Classes take turns: picture i is of class i mod K. Picture i depends on the seed,
 * the set, its class and i only, so a larger set begins with the pictures of a smaller one.
 * @throws RangeError that names the option.
 */
export function generatedDataset(options: GeneratedOptions): {
  train: LocalizationDataset<WholeItem>;
  val: LocalizationDataset<WholeItem>;
} {
  const { seed = 0, classes = SHAPE_NAMES, frame = 640, cacheBytes = DEFAULT_CACHE_BYTES } = options;
  const shapes = checkShapes(classes);
  checkInteger('frame', frame, 1);
  const random = new Random(seed).fork('generated');
  const make = (split: 'train' | 'val', count: number) =>
    generatedSplit(random.fork(split), checkInteger(split, count, 1), shapes, frame, new PictureCache(cacheBytes));
  return { train: make('train', options.train), val: make('val', options.val) };
}

function generatedSplit(
  random: Random,
  count: number,
  classes: readonly ShapeName[],
  frame: number,
  cache: PictureCache,
): LocalizationDataset<WholeItem> {
  // Drawing a scene takes microseconds and keeping it some kilobytes: it is drawn anew for rendering.
  const sceneOf = (index: number): Scene => drawScene(random.fork(index), classes[index % classes.length]!);
  const items: WholeItem[] = Array.from({ length: count }, (_, index) => {
    const { shape, box } = sceneOf(index);
    const [x1, y1, x2, y2] = box;
    const pixels: Box = [x1 * frame, y1 * frame, x2 * frame, y2 * frame];
    const id = `${shape}_${index}`;
    return { id, width: frame, height: frame, box: pixels, label: index % classes.length, className: shape };
  });
  const load = async (index: number, size: number) => {
    itemAt(items, index);
    const kept = cache.get(index, checkInteger('size', size, 1, 8192));
    if (kept) return kept;
    const pixels = renderScene(sceneOf(index), size);
    cache.add(index, size, pixels);
    return pixels;
  };
  return { classes, items, notices: [], rejected: [], load };
}

function checkShapes(classes: readonly string[]): readonly ShapeName[] {
  if (classes.length === 0) throw new RangeError('"classes" must name at least one class, got none');
  return classes.map((name, index) => {
    const shape = SHAPE_NAMES.find((known) => known === name);
    if (shape === undefined) throw new RangeError(`"classes" must be of ${SHAPE_NAMES.join(', ')}, got "${name}"`);
    if (classes.indexOf(name) !== index)
      throw new RangeError(`"classes" must name each class once, got "${name}" twice`);
    return shape;
  });
}
