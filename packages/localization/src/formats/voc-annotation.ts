/** One Pascal VOC annotation file: XML from strangers, so it is read with suspicion. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { PartlyLabelled } from './annotated-set.js';
import { member, parseNumber, show } from './fields.js';

/** Four numbers as the file has them: 1-based and inclusive. */
export interface VocBox {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** One of the two may be missing where `partlyLabelled` is `keep`. */
export interface VocObject {
  readonly name: string | null;
  readonly box: VocBox | null;
}

export interface VocAnnotation {
  /** `<filename>`, if it is there and not empty. */
  readonly filename: string | undefined;
  /** `<size>`, if both numbers are there and positive (some tools write 0). */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly objects: readonly VocObject[];
}

const parser = new XMLParser({
  // Numbers stay text: "1e999", "0x10" and "NaN" are ours to judge.
  parseTagValue: false,
  // Numeric character references (&#233;) in class names.
  htmlEntities: true,
  isArray: (_name, path) => path === 'annotation.object',
});

/** @throws Error that says what is wrong, with line and column for malformed XML. */
export function parseAnnotation(xml: string, partlyLabelled: PartlyLabelled = 'drop'): VocAnnotation {
  // Entities that expand to gigabytes or open files can only be declared in a DTD, which no annotation needs.
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw new Error('the XML has a document type declaration, which is refused');
  const validity = XMLValidator.validate(xml);
  if (validity !== true) {
    const { line, col, msg } = validity.err;
    throw new Error(`the XML is malformed at line ${line}, column ${col ?? 1}: ${msg}`);
  }
  let document: unknown;
  try {
    document = parser.parse(xml);
  } catch (error) {
    throw new Error(`the XML is refused: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const annotation = member(document, 'annotation');
  if (annotation === undefined) throw new Error('the XML has no <annotation> element');
  const objects = member(annotation, 'object');
  return {
    filename: text(member(annotation, 'filename')),
    size: parseSize(member(annotation, 'size')),
    objects: Array.isArray(objects) ? objects.map((object, index) => parseObject(object, index, partlyLabelled)) : [],
  };
}

function parseObject(object: unknown, index: number, partlyLabelled: PartlyLabelled): VocObject {
  const name = text(member(object, 'name')) ?? null;
  const found = member(object, 'bndbox');
  const bndbox = typeof found === 'string' && found.trim() === '' ? undefined : found;
  const mayLack = partlyLabelled === 'keep' && (name !== null || bndbox !== undefined);
  if (name === null && !mayLack) throw new Error(`object ${index + 1} has no <name>`);
  const where = name === null ? `object ${index + 1}` : `object ${index + 1} (${show(name)})`;
  if (bndbox === undefined) {
    if (mayLack) return { name, box: null };
    throw new Error(`${where} has no <bndbox>`);
  }
  if (Array.isArray(bndbox)) throw new Error(`${where} has ${bndbox.length} <bndbox> elements`);
  const coordinate = (key: string) => {
    const value = parseNumber(member(bndbox, key));
    if (value !== undefined) return value;
    throw new Error(`${where}: ${key} must be a number, got ${show(member(bndbox, key))}`);
  };
  const box = {
    xmin: coordinate('xmin'),
    ymin: coordinate('ymin'),
    xmax: coordinate('xmax'),
    ymax: coordinate('ymax'),
  };
  // Read as inclusive, xmin = xmax would be one pixel wide; in real sets it marks a slip of the annotator.
  for (const axis of ['x', 'y'] as const) {
    const low = box[`${axis}min`];
    const high = box[`${axis}max`];
    if (high <= low) throw new Error(`${where}: the box has no area: ${axis}min is ${low}, ${axis}max is ${high}`);
  }
  return { name, box };
}

function parseSize(size: unknown): VocAnnotation['size'] {
  const width = parseNumber(member(size, 'width'));
  const height = parseNumber(member(size, 'height'));
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : undefined;
}

function text(value: unknown): string | undefined {
  const trimmed = typeof value === 'string' ? value.trim() : '';
  return trimmed === '' ? undefined : trimmed;
}
