/** Decoding JPEG and PNG files to upright 8-bit RGB, with sharp: on its own threads, the event loop stays free. */
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Box } from './dataset.js';
import { isCode } from './files.js';

/** Pictures with more pixels than this are refused by their header, before anything is decoded. */
export const MAX_PIXELS = 100_000_000;
/** Larger files are not even read. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;

// We decode several pictures at a time; threads within one picture would only fight with them and with the training step.
sharp.concurrency(1);
// sharp's own cache of open files and operations is of no use to pictures that are decoded once.
sharp.cache(false);

/** Upright 8-bit RGB, row by row: `width * height * 3` bytes. */
export interface RgbPicture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface PictureHeader {
  /** Of the upright picture. */
  readonly width: number;
  readonly height: number;
  /** Of the picture as stored, before the EXIF orientation is applied. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  /** EXIF orientation, 1 to 8; 1 (upright) if the file has none. */
  readonly orientation: number;
}

/**
 * The bytes of a picture file.
 * @throws Error if there is none, or it is no ordinary file, empty, or larger than `MAX_FILE_BYTES`.
 */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const info = await stat(path).catch((error: unknown) => {
    throw isCode(error, 'ENOENT') ? new Error('there is no such file', { cause: error }) : error;
  });
  if (!info.isFile()) throw new Error('the picture is not an ordinary file');
  if (info.size === 0) throw new Error('the picture file is empty (0 bytes)');
  if (info.size > MAX_FILE_BYTES) {
    throw new Error(`the picture file has ${info.size} bytes; at most ${MAX_FILE_BYTES} are read`);
  }
  return readFile(path);
}

/**
 * Reads the size without decoding. The format is told by the content, never by the file's name.
 * @throws Error if the bytes are not a JPEG or PNG, are damaged, or hold more than `MAX_PIXELS` pixels.
 */
export async function readPictureHeader(file: Uint8Array): Promise<PictureHeader> {
  checkFormat(file);
  // The limit is checked here, not by sharp, to say the size.
  const header = await explain(sharp(file, { limitInputPixels: false }).metadata());
  if (header.width * header.height > MAX_PIXELS) {
    throw new Error(`the picture has ${header.width} x ${header.height} pixels; at most ${MAX_PIXELS} are decoded`);
  }
  return {
    width: header.autoOrient.width,
    height: header.autoOrient.height,
    storedWidth: header.width,
    storedHeight: header.height,
    orientation: header.orientation ?? 1,
  };
}

/**
 * Decodes to upright RGB, stretched to `width` x `height`. Grey becomes three equal channels, 16 bits are scaled to 8,
 * transparent parts become white, CMYK is converted. Resizing averages over the area of the source (triangle filter,
 * as torchvision's antialiased bilinear).
 * @throws Error if the file is truncated or damaged: a half-grey picture is never handed out.
 */
export async function decodePicture(file: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  checkFormat(file);
  const pipeline = sharp(file, { failOn: 'error', limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .raw();
  const pixels = await explain(pipeline.toBuffer());
  if (pixels.length !== width * height * 3) {
    throw new Error(`internal: sharp gave ${pixels.length} bytes for ${width} x ${height} RGB pixels`);
  }
  return pixels;
}

/**
 * Reads one picture from a file of the user's choice, with its original upright size beside the resized pixels.
 * @param size side of the square that it is stretched to, in pixels; `fit: n` keeps the shape, longest side at most n.
 * @throws Error that names the file.
 */
export async function readPicture(
  path: string,
  size: number | { fit: number },
): Promise<RgbPicture & { originalWidth: number; originalHeight: number }> {
  try {
    const file = await readPictureFile(path);
    const header = await readPictureHeader(file);
    const scale = typeof size === 'number' ? 1 : Math.min(1, size.fit / Math.max(header.width, header.height));
    const width = typeof size === 'number' ? size : Math.max(1, Math.round(header.width * scale));
    const height = typeof size === 'number' ? size : Math.max(1, Math.round(header.height * scale));
    const pixels = await decodePicture(file, width, height);
    return { pixels, width, height, originalWidth: header.width, originalHeight: header.height };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/**
 * Moves a box from the frame of the stored picture to the upright one (Exif 2.32, tag 0x0112).
 * @param orientation 1 to 8.
 * @param width of the stored picture, in pixels.
 */
export function uprightBox(box: Box, orientation: number, width: number, height: number): Box {
  const [ax, ay] = uprightPoint(box[0], box[1], orientation, width, height);
  const [bx, by] = uprightPoint(box[2], box[3], orientation, width, height);
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

function uprightPoint(x: number, y: number, orientation: number, width: number, height: number): [number, number] {
  switch (orientation) {
    case 2:
      return [width - x, y];
    case 3:
      return [width - x, height - y];
    case 4:
      return [x, height - y];
    case 5:
      return [y, x];
    case 6:
      return [height - y, x];
    case 7:
      return [height - y, width - x];
    case 8:
      return [y, width - x];
    default:
      return [x, y];
  }
}

/** sharp would also read SVG, PDF and more, which can be made to open other files: only these two get through. */
function checkFormat(file: Uint8Array): void {
  if (isJpeg(file) || isPng(file)) return;
  const start = Buffer.from(file.subarray(0, 4)).toString('hex');
  throw new Error(`the picture is neither JPEG nor PNG (its first bytes are ${start})`);
}

function isJpeg(file: Uint8Array): boolean {
  return file[0] === 0xff && file[1] === 0xd8 && file[2] === 0xff;
}

function isPng(file: Uint8Array): boolean {
  return file[0] === 0x89 && file[1] === 0x50 && file[2] === 0x4e && file[3] === 0x47;
}

/** libvips puts several lines into one message; the first says what is wrong. */
async function explain<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const line = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new Error(`the picture cannot be decoded: ${line}`, { cause: error });
  }
}
