/** Pictures with boxes drawn on them, for reports and for `predict --draw`. */
import { checkInteger } from './dataset.js';
import type { RgbPicture } from './images.js';
import { iou } from './metrics.js';
import { loadSharp } from './sharp.js';

export interface DrawnBox {
  /** x1, y1, x2, y2 in pixels of the frame. What sticks out is cut; of `null` and a box with NaN only the label is drawn. */
  readonly box: ArrayLike<number> | null;
  /** Any text; it is shown as it is. */
  readonly label: string;
  /** Probability of the class, in [0, 1]. */
  readonly score?: number;
}

export interface DrawOptions {
  /** Of any size and shape: it is stretched to the shape of the frame. */
  readonly picture: RgbPicture;
  /** Size of the original picture, in whose pixels the boxes are. */
  readonly frame: { readonly width: number; readonly height: number };
  /** Drawn solid. */
  readonly truth?: DrawnBox;
  /** Drawn dashed; with the IoU if there is a truth. */
  readonly prediction?: DrawnBox;
  /** Of the drawing, in pixels, 32 to 8192; its height follows from the frame. Default 320. */
  readonly width?: number;
  /** Default png. */
  readonly format?: 'png' | 'jpeg';
}

const TRUTH_COLOUR = '#3ddc84';
const PREDICTION_COLOUR = '#ffb000';
const INK = '#101418';

/** Draws the true and the predicted box with their labels. @returns the bytes of a PNG or JPEG file. */
export async function drawBoxes(options: DrawOptions): Promise<Buffer> {
  const { picture, frame, width = 320, format = 'png' } = options;
  checkInteger('width', width, 32, 8192);
  const height = Math.min(8192, Math.max(1, Math.round((width * frame.height) / frame.width)));
  const overlay = Buffer.from(overlaySvg(options, width, height));
  const sharp = await loadSharp();
  // libvips resizes before it composes, whatever the order of the calls.
  const drawing = sharp(picture.pixels, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: overlay, left: 0, top: 0 }]);
  return format === 'png' ? drawing.png().toBuffer() : drawing.jpeg({ quality: 88 }).toBuffer();
}

/** The boxes and labels as SVG of `width` x `height` pixels. */
export function overlaySvg(options: DrawOptions, width: number, height: number): string {
  const { frame, truth, prediction } = options;
  const font = Math.min(28, Math.max(11, Math.round(width / 24)));
  const parts: string[] = [];
  const scaled = (box: ArrayLike<number> | null) =>
    box ? cornersOf(box, width / frame.width, height / frame.height, width, height) : undefined;
  if (truth) parts.push(rectangle(scaled(truth.box), TRUTH_COLOUR, font / 6, false));
  if (prediction) {
    const corners = scaled(prediction.box);
    const score = prediction.score === undefined ? '' : ` ${Math.round(100 * prediction.score)} %`;
    const isComparable = prediction.box && truth?.box;
    const overlap = isComparable ? ` · IoU ${iou(prediction.box, truth.box).toFixed(2)}` : '';
    parts.push(rectangle(corners, PREDICTION_COLOUR, font / 6, true));
    parts.push(chip(prediction.label, score + overlap, PREDICTION_COLOUR, corners, 'below', font, width, height));
  }
  // Last, so that the true label wins where the two meet.
  if (truth) parts.push(chip(truth.label, '', TRUTH_COLOUR, scaled(truth.box), 'above', font, width, height));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`;
}

type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/** The box in pixels of the drawing, inside it and the right way round; undefined if it holds NaN. */
function cornersOf(
  box: ArrayLike<number>,
  scaleX: number,
  scaleY: number,
  width: number,
  height: number,
): Corners | undefined {
  const xs = [box[0]! * scaleX, box[2]! * scaleX].map((x) => Math.min(width, Math.max(0, x)));
  const ys = [box[1]! * scaleY, box[3]! * scaleY].map((y) => Math.min(height, Math.max(0, y)));
  if ([...xs, ...ys].some(Number.isNaN)) return undefined;
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function rectangle(corners: Corners | undefined, colour: string, stroke: number, dashed: boolean): string {
  if (!corners) return '';
  const [x1, y1, x2, y2] = corners;
  const place = `x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}" fill="none"`;
  const dash = dashed ? ` stroke-dasharray="${stroke * 4} ${stroke * 2.5}"` : '';
  // A dark line underneath keeps it visible on any picture.
  const casing = `<rect ${place} stroke="${INK}" stroke-opacity="0.55" stroke-width="${stroke * 2}"/>`;
  return `${casing}<rect ${place} stroke="${colour}" stroke-width="${stroke}"${dash}/>`;
}

/** A label on a coloured ground at the box's edge, moved to where it fits; a long name is cut, never the numbers. */
function chip(
  name: string,
  numbers: string,
  colour: string,
  corners: Corners | undefined,
  side: 'above' | 'below',
  font: number,
  width: number,
  height: number,
): string {
  // Mean width of a sans-serif letter; the real width is not known before rendering.
  const letter = font * 0.6;
  const room = Math.max(3, Math.floor((width - font) / letter) - numbers.length);
  const letters = Array.from(name);
  const shown = (letters.length > room ? `${letters.slice(0, room - 1).join('')}…` : name) + numbers;
  const chipWidth = Math.min(width, Array.from(shown).length * letter + font * 0.7);
  const chipHeight = font * 1.4;
  const [x1, y1, , y2] = corners ?? [0, 0, width, height];
  const x = Math.max(0, Math.min(x1, width - chipWidth));
  const wanted = side === 'above' ? y1 - chipHeight : y2;
  const y = Math.max(0, Math.min(wanted, height - chipHeight));
  const ground = `<rect x="${x}" y="${y}" width="${chipWidth}" height="${chipHeight}" rx="${font * 0.2}" fill="${colour}"/>`;
  const style = `font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="${font}" fill="${INK}"`;
  return `${ground}<text x="${x + font * 0.35}" y="${y + font * 1.04}" ${style}>${escapeXml(shown)}</text>`;
}

/** Text that may stand in XML: markup escaped; characters that XML 1.0 forbids even escaped become U+FFFD. */
function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character]!);
}
