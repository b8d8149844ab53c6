/** Decoding JPEG and PNG files to upright 8-bit RGB, with sharp: on its own threads, the event loop stays free. */
import { readFile, stat } from 'node:fs/promises';
import { interpolate, samples } from './bilinear.js';
import type { Box } from './dataset.js';
import { isCode } from './files.js';
import { contentOf, padToSquare, type Resize } from './letterbox.js';
import { loadSharp } from './sharp.js';

/** Pictures with more pixels than this are refused by their header, before anything is decoded. */
export const MAX_PIXELS = 100_000_000;
/** Larger files are not even read. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;

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
  const sharp = await loadSharp();
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
 * transparent parts become white, CMYK is converted. A side that shrinks is averaged over the area of the source (triangle
 * filter, as torchvision's antialiased bilinear), one that grows is bilinear, pixels as squares.
 * @throws Error if the file is truncated or damaged: a half-grey picture is never handed out.
 */
export async function decodePicture(file: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  checkFormat(file);
  const sharp = await loadSharp();
  const pipeline = sharp(file, { failOn: 'error', limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    // Left on: sharp's fastShrinkOnLoad, where a JPEG decoder skips what a very small picture does not show. At 64 pixels that
    // changes photos by 0.7 of 255 levels on average; without it decoding takes 8 to 18 % longer, and large photos still differ.
    // libvips moves what it enlarges by half a pixel, and with it the side that shrinks: it may only shrink.
    .resize(width, height, { fit: 'fill', kernel: 'linear', withoutEnlargement: true })
    .raw();
  const { data, info } = await explain(pipeline.toBuffer({ resolveWithObject: true }));
  if (data.length !== info.width * info.height * 3 || info.width > width || info.height > height) {
    throw new Error(`internal: sharp gave ${data.length} bytes for ${width} x ${height} RGB pixels`);
  }
  if (info.width === width && info.height === height) return data;
  return interpolate(data, info.width, samples(width, info.width), samples(height, info.height));
}

/**
 * As `decodePicture`, to `size` x `size`.
 * @param shape of the upright picture, see `readPictureHeader`.
 */
export async function decodeSquare(
  file: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  size: number,
  resize: Resize,
): Promise<Uint8Array> {
  const content = contentOf(resize, width, height, size);
  return padToSquare(await decodePicture(file, content.width, content.height), content, size);
}

/** A picture that is no file, for example one from standard input. */
export interface NamedPicture {
  /** Stands where a file has its path. */
  readonly name: string;
  /** JPEG or PNG. */
  readonly bytes: Uint8Array;
}

export function nameOf(picture: string | NamedPicture): string {
  return typeof picture === 'string' ? picture : picture.name;
}

/**
 * Reads one picture of the user's choice, with its original upright size beside the resized pixels.
 * @param picture the path of a file, or its bytes.
 * @param size side of the square that it becomes, in pixels; `fit: n` keeps the shape, longest side at most n.
 * @param resize how it becomes a square. Default stretch.
 * @throws Error that names the picture.
 */
export async function readPicture(
  picture: string | NamedPicture,
  size: number | { fit: number },
  resize: Resize = 'stretch',
): Promise<RgbPicture & { originalWidth: number; originalHeight: number }> {
  try {
    const file = typeof picture === 'string' ? await readPictureFile(picture) : picture.bytes;
    const header = await readPictureHeader(file);
    const original = { originalWidth: header.width, originalHeight: header.height };
    if (typeof size === 'number') {
      return { pixels: await decodeSquare(file, header, size, resize), width: size, height: size, ...original };
    }
    const scale = Math.min(1, size.fit / Math.max(header.width, header.height));
    const [width, height] = [header.width, header.height].map((side) => Math.max(1, Math.round(side * scale))) as [
      number,
      number,
    ];
    return { pixels: await decodePicture(file, width, height), width, height, ...original };
  } catch (error) {
    throw new Error(`${nameOf(picture)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
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
  if (isJpegOrPng(file)) return;
  const start = Buffer.from(file.subarray(0, 4)).toString('hex');
  throw new Error(`the picture is neither JPEG nor PNG (its first bytes are ${start})`);
}

const SIGNATURES = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47],
];

/** By the first four bytes. */
export function isJpegOrPng(file: Uint8Array): boolean {
  return SIGNATURES.some((signature) => signature.every((byte, at) => file[at] === byte));
}

/** libvips puts several lines into one message; the first says what is wrong. Its threads share the message, and sometimes lose it. */
async function explain<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const line = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    const reason = line === 'Unknown error' ? 'premature end or damaged data' : line;
    throw new Error(`the picture cannot be decoded: ${reason}`, { cause: error });
  }
}
