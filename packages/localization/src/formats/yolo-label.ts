/**
 * One YOLO label file: a line per object, `class cx cy w h` in units of the picture, or a polygon `class x1 y1 x2 y2 ...`. Where
 * partly labelled objects are kept, a line may also be a class alone, or have the class -1: unknown.
 */
import type { Box } from '../dataset.js';
import { type AnnotatedObject, type PartlyLabelled, reasonOf } from './annotated-set.js';
import { parseNumber, show } from './fields.js';

/** A polygon of a very fine outline; more is not a label. */
const MAX_NUMBERS = 20_000;

export interface LabelOptions {
  /** By class number; undefined: the number is the name. */
  readonly classes: readonly string[] | undefined;
  /** Lines of pose sets hold key points after the four numbers of the box, and no polygons. */
  readonly isPose: boolean;
  /** Default `drop`: a line without class or box is an error. */
  readonly partlyLabelled?: PartlyLabelled;
}

/** @throws Error that names the line. */
export function parseLabels(text: string, options: LabelOptions): AnnotatedObject[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index): AnnotatedObject[] => {
    if (line.trim() === '') return [];
    try {
      return [parseLabel(line.trim().split(/\s+/, MAX_NUMBERS), options)];
    } catch (error) {
      throw new Error(`line ${index + 1}: ${reasonOf(error)}`);
    }
  });
}

function parseLabel([first, ...fields]: string[], options: LabelOptions): AnnotatedObject {
  const isKept = options.partlyLabelled === 'keep';
  const name = isKept && first === '-1' && fields.length > 0 ? null : className(first, options);
  if (isKept && fields.length === 0) return { name, box: null, given: 'none' };
  const numbers = (options.isPose ? fields.slice(0, 4) : fields).map((field) => {
    const value = parseNumber(field);
    if (value === undefined) throw new Error(`expected numbers, got ${show(field)}`);
    if (value < 0 || value > 1) throw new Error(`numbers must be in [0, 1], in units of the picture, got ${field}`);
    return value;
  });
  const box = numbers.length === 4 ? centred(numbers) : bounds(numbers);
  if (!(box[2] > box[0] && box[3] > box[1])) throw new Error(`the box has no area: ${shown(numbers)}`);
  return { name, box, given: shown(numbers) };
}

function className(first: string | undefined, { classes }: LabelOptions): string {
  const number = first !== undefined && /^\d{1,9}(\.0+)?$/.test(first) ? Number(first) : undefined;
  if (number === undefined) throw new Error(`the class must be a whole number of 0 or more, got ${show(first)}`);
  const name = classes ? classes[number] : String(number);
  if (name === undefined)
    throw new Error(`class ${number} is not one of the ${classes?.length} classes, 0 to ${classes!.length - 1}`);
  return name;
}

function centred(numbers: readonly number[]): Box {
  const [x, y, width, height] = numbers as [number, number, number, number];
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Of a polygon of three corners or more; also of the four corners of a turned box. */
function bounds(numbers: readonly number[]): Box {
  if (numbers.length < 6 || numbers.length % 2 === 1) {
    throw new Error(
      `expected the class and 4 numbers (cx cy w h), or the corners of a polygon, got ${numbers.length} numbers`,
    );
  }
  const xs = numbers.filter((_, at) => at % 2 === 0);
  const ys = numbers.filter((_, at) => at % 2 === 1);
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
  const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));
  return [least(xs), least(ys), largest(xs), largest(ys)];
}

function shown(numbers: readonly number[]): string {
  return numbers.length > 8 ? `${numbers.slice(0, 8).join(' ')} ...` : numbers.join(' ');
}
