/** From one annotated picture to one item: the object, its picture, and a box that fits the picture. */
import type { Box, LocalizationItem } from '../dataset.js';
import { pathInside, unsafeName } from '../files.js';
import { type AnnotatedObject, type AnnotatedPicture, largestObject } from '../formats/annotated-set.js';
import { quote } from '../formats/class-list.js';
import { show } from '../formats/fields.js';
import { decodeSquare, type PictureHeader, readPictureFile, readPictureHeader, uprightBox } from '../images.js';
import { boxInFrame, frameOf, type Resize } from '../letterbox.js';

/** What is needed to decode a picture again. */
export interface PictureSource {
  /** Real path. */
  readonly file: string;
  /** Of the upright picture. */
  readonly width: number;
  readonly height: number;
}

export interface CheckedItem {
  readonly item: LocalizationItem;
  readonly picture: PictureSource;
  /** The picture at the size asked for. */
  readonly pixels: Uint8Array;
  readonly notices: readonly string[];
}

/** Two sizes have the same shape if their ratios differ by no more than this. */
const SHAPE_TOLERANCE = 0.01;
/** What sticks out by no more than this, in pixels, is rounding: YOLO's six digits of a large picture, for one. */
const CLIP_TOLERANCE = 0.01;

/**
 * @param labels index of each class.
 * @param size side of the square that the picture is decoded to.
 * @param resize how it becomes a square; size and box of the item are those of the picture with its bars.
 * @throws Error that says why the item cannot be used.
 */
export async function checkItem(
  root: string,
  id: string,
  picture: AnnotatedPicture,
  labels: ReadonlyMap<string, number>,
  size: number,
  resize: Resize,
): Promise<CheckedItem> {
  const notices: string[] = [];
  const object = largestObject(picture);
  if (!object) throw new Error('there is no object in it');
  const label = object.name === null ? null : labels.get(object.name);
  if (label === undefined) throw new Error(`class ${show(object.name)} is not one of ${quote([...labels.keys()])}`);
  if (picture.objects.length > 1) {
    const taken = object.box ? 'largest' : 'first';
    notices.push(`${picture.objects.length} objects, the ${taken} is taken (${object.name ?? 'without a class'})`);
  }
  const { file, notice } = await findPicture(root, picture);
  if (notice !== undefined) notices.push(notice);
  const bytes = await readPictureFile(file);
  const header = await readPictureHeader(bytes);
  const { width, height } = header;
  const frame = frameOf(resize, width, height, size);
  const box = object.box && boxInFrame(fitBox({ ...object, box: object.box }, picture, header, notices), frame);
  const pixels = await decodeSquare(bytes, header, size, resize);
  const item = { id, width: frame.width, height: frame.height, box, label, className: object.name };
  return { item, picture: { file, width, height }, pixels, notices };
}

/** @throws Error if it is not there, or if its name or one of its links leaves the folder. */
async function findPicture(
  root: string,
  { name, files }: AnnotatedPicture,
): Promise<{ file: string; notice?: string }> {
  for (const given of [name ?? '', ...files]) {
    const unsafe = unsafeName(given);
    if (unsafe) throw new Error(`refused: the picture ${unsafe}`);
  }
  for (const candidate of files) {
    const file = await pathInside(root, candidate);
    if (file === undefined) continue;
    if (name === undefined || `/${candidate}`.endsWith(`/${name}`)) return { file };
    const taken = candidate.slice(candidate.lastIndexOf('/') + 1);
    return { file, notice: `${show(name)} is not there: ${taken} is taken` };
  }
  const others = files.length > 1 ? ` (nor in ${files.length - 1} other places)` : '';
  throw new Error(`there is no picture ${files[0]}${others}`);
}

/**
 * The object's box in the frame of the upright picture, inside it. Boxes belong to the upright picture (EXIF orientation
 * applied), unless the annotated size is that of the picture as stored and not of the upright one: then they are turned.
 */
function fitBox(
  object: AnnotatedObject & { readonly box: Box },
  annotated: AnnotatedPicture,
  picture: PictureHeader,
  notices: string[],
): Box {
  const { width, height, storedWidth, storedHeight, orientation } = picture;
  const { size, unit } = annotated;
  let box = object.box;
  if (unit === 'picture') {
    box = scaled(box, width, height);
  } else if (size && (size.width !== width || size.height !== height)) {
    const ratioX = width / size.width;
    const ratioY = height / size.height;
    const sizes = `the annotated size is ${size.width} x ${size.height}, the picture ${width} x ${height}`;
    if (size.width === storedWidth && size.height === storedHeight) {
      box = uprightBox(box, orientation, storedWidth, storedHeight);
      notices.push(`${sizes} after its EXIF orientation: the box is turned with it`);
    } else if (Math.abs(ratioX / ratioY - 1) <= SHAPE_TOLERANCE) {
      box = scaled(box, ratioX, ratioY);
      notices.push(`${sizes}: the box is rescaled`);
    } else {
      throw new Error(`${sizes}: their shapes differ, so the box cannot be placed`);
    }
  }
  const clipped: Box = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])];
  const given = `box ${object.given}`;
  if (!(clipped[2] > clipped[0] && clipped[3] > clipped[1])) {
    throw new Error(`${given} lies outside the picture of ${width} x ${height} pixels`);
  }
  if (clipped.some((value, index) => Math.abs(value - box[index]!) > CLIP_TOLERANCE)) {
    notices.push(`${given} sticks out of the picture of ${width} x ${height} pixels: clipped`);
  }
  return clipped;
}

function scaled([x1, y1, x2, y2]: Box, x: number, y: number): Box {
  return [x1 * x, y1 * y, x2 * x, y2 * y];
}
