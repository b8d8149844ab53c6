/** What every format reader makes of a folder; `folder/` does the rest, the same for all formats. */
import type { Box } from '../dataset.js';

export const FORMATS = ['voc', 'coco', 'yolo', 'csv'] as const;
export type FormatName = (typeof FORMATS)[number];

/** What happens to a picture whose object has a box and no class, or a class and no box. */
export const PARTLY_LABELLED = ['drop', 'keep'] as const;
export type PartlyLabelled = (typeof PARTLY_LABELLED)[number];

/** With `keep`, `name` or `box` may be missing, not both. */
export interface AnnotatedObject {
  /** Of the class. */
  readonly name: string | null;
  /** Continuous: the origin is the outer corner of the top-left pixel. x1 < x2 and y1 < y2. */
  readonly box: Box | null;
  /** The box as the file has it, for messages. */
  readonly given: string;
}

export interface AnnotatedPicture {
  /** The picture as the annotation calls it: a stranger's text, judged before anything is opened. */
  readonly name?: string | undefined;
  /** Where it may lie, relative to the folder; the first that is there is taken. Not empty. */
  readonly files: readonly string[];
  /** As annotated, in pixels. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Of the boxes: `picture` means that x is divided by its width and y by its height. */
  readonly unit: 'pixels' | 'picture';
  readonly objects: readonly AnnotatedObject[];
}

/** An error says why the item cannot be used. */
export type Annotated = AnnotatedPicture | Error;

export interface AnnotatedSet {
  readonly format: FormatName;
  /** By id, in an order that does not depend on the machine. */
  readonly pictures: ReadonlyMap<string, Annotated>;
  /** The classes in the order of the labels, where the folder says so. */
  readonly classes?: readonly string[] | undefined;
  /** The ids of each split that the folder names; `train`, `val` and `test` go by these names. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly notices: readonly string[];
}

/** The object with the largest box, the first of equals; without any box the first; undefined if there is none. */
export function largestObject(picture: AnnotatedPicture): AnnotatedObject | undefined {
  const area = ({ box }: AnnotatedObject) => (box ? (box[2] - box[0]) * (box[3] - box[1]) : 0);
  let largest = picture.objects[0];
  for (const object of picture.objects) if (area(object) > area(largest!)) largest = object;
  return largest;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
