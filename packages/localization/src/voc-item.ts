/** From one annotation to one item: the object, its picture, and a box that fits the picture. */
import type { Box, LocalizationItem } from './dataset.js';
import { pathInside, unsafeName } from './files.js';
import { decodePicture, type PictureHeader, readPictureFile, readPictureHeader, uprightBox } from './images.js';
import type { VocAnnotation, VocObject } from './voc-annotation.js';

export interface CheckedItem {
  readonly item: LocalizationItem;
  /** Real path of the picture. */
  readonly file: string;
  /** The picture at the size asked for. */
  readonly pixels: Uint8Array;
  readonly notices: readonly string[];
}

/** Two sizes have the same shape if their ratios differ by no more than this. */
const SHAPE_TOLERANCE = 0.01;

/** The object with the largest box, the first of equals; undefined if there is none. */
export function largestObject(annotation: VocAnnotation): VocObject | undefined {
  const area = (object: VocObject) => (object.xmax - object.xmin + 1) * (object.ymax - object.ymin + 1);
  let largest = annotation.objects[0];
  for (const object of annotation.objects) if (area(object) > area(largest!)) largest = object;
  return largest;
}

/**
 * @param size side of the square that the picture is decoded to.
 * @throws Error that says why the item cannot be used.
 */
export async function checkItem(
  root: string,
  id: string,
  annotation: VocAnnotation,
  classes: readonly string[],
  size: number,
): Promise<CheckedItem> {
  const notices: string[] = [];
  const object = largestObject(annotation);
  if (!object) throw new Error('the annotation has no <object>');
  const label = classes.indexOf(object.name);
  if (label < 0) {
    const known = classes.map((name) => JSON.stringify(name)).join(', ');
    throw new Error(`class ${JSON.stringify(object.name)} is not one of ${known}`);
  }
  if (annotation.objects.length > 1) {
    notices.push(`${annotation.objects.length} objects, the largest is taken (${object.name})`);
  }
  const picture = await findPicture(root, id, annotation.filename);
  notices.push(...picture.notices);
  const bytes = await readPictureFile(picture.file);
  const header = await readPictureHeader(bytes);
  const box = fitBox(object, annotation.size, header, notices);
  const pixels = await decodePicture(bytes, size, size);
  const { width, height } = header;
  return { item: { id, width, height, box, label, className: object.name }, file: picture.file, pixels, notices };
}

/** `<filename>` inside JPEGImages; if there is no such file, the item's id with a usual ending. */
async function findPicture(root: string, id: string, filename: string | undefined) {
  if (filename !== undefined) {
    const unsafe = unsafeName(filename);
    if (unsafe) throw new Error(`refused: <filename> ${unsafe}`);
    const file = await pathInside(root, 'JPEGImages', filename);
    if (file !== undefined) return { file, notices: [] };
  }
  for (const ending of ['.jpg', '.jpeg', '.png', '.JPG', '.JPEG', '.PNG']) {
    const file = await pathInside(root, 'JPEGImages', id + ending);
    if (file === undefined) continue;
    const missing =
      filename === undefined ? [] : [`<filename> ${JSON.stringify(filename)} is not there: ${id}${ending} is taken`];
    return { file, notices: missing };
  }
  throw new Error(`there is no picture JPEGImages/${filename ?? `${id}.jpg`}`);
}

/** The object's box in the frame of the upright picture, inside it; see `readVoc` for the conventions. */
function fitBox(object: VocObject, size: VocAnnotation['size'], picture: PictureHeader, notices: string[]): Box {
  const { width, height, storedWidth, storedHeight, orientation } = picture;
  let box: Box = [object.xmin - 1, object.ymin - 1, object.xmax, object.ymax];
  if (size && (size.width !== width || size.height !== height)) {
    const ratioX = width / size.width;
    const ratioY = height / size.height;
    const sizes = `<size> is ${size.width} x ${size.height}, the picture ${width} x ${height}`;
    if (size.width === storedWidth && size.height === storedHeight) {
      box = uprightBox(box, orientation, storedWidth, storedHeight);
      notices.push(`${sizes} after its EXIF orientation: the box is turned with it`);
    } else if (Math.abs(ratioX / ratioY - 1) <= SHAPE_TOLERANCE) {
      box = [box[0] * ratioX, box[1] * ratioY, box[2] * ratioX, box[3] * ratioY];
      notices.push(`${sizes}: the box is rescaled`);
    } else {
      throw new Error(`${sizes}: their shapes differ, so the box cannot be placed`);
    }
  }
  const clipped: Box = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])];
  const given = `box ${object.xmin}, ${object.ymin}, ${object.xmax}, ${object.ymax}`;
  if (clipped[2] <= clipped[0] || clipped[3] <= clipped[1]) {
    throw new Error(`${given} lies outside the picture of ${width} x ${height} pixels`);
  }
  if (clipped.some((value, index) => value !== box[index])) {
    notices.push(`${given} sticks out of the picture of ${width} x ${height} pixels: clipped`);
  }
  return clipped;
}
