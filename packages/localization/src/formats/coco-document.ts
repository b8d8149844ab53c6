/** One COCO file: its three lists, checked. */
import { type AnnotatedObject, type PartlyLabelled, reasonOf } from './annotated-set.js';
import { member, show, some } from './fields.js';
import { type FoundLists, JsonListReader } from './json-lists.js';

export interface CocoImage {
  readonly fileName: string;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Without crowd regions; an error if one of its annotations is broken: it might be the largest. */
  readonly objects: readonly AnnotatedObject[] | Error;
}

export interface CocoDocument {
  readonly images: readonly CocoImage[];
  /** By id, in the order of the ids. */
  readonly categories: ReadonlyMap<Id, string>;
  readonly notices: readonly string[];
}

/** Numbers in the specification, texts in some files. */
type Id = number | string;

/** For a document of any size: `segmentation`, most of a file, is not kept. */
export function cocoReader(): JsonListReader {
  return new JsonListReader({
    images: ['id', 'file_name', 'width', 'height'],
    annotations: ['id', 'image_id', 'category_id', 'bbox', 'iscrowd'],
    categories: ['id', 'name'],
  });
}

/**
 * COCO's `bbox` is [x, y, width, height] in pixels from 0: continuous, as ours. Crowd regions are left out.
 * @param document of `cocoReader`.
 * @throws Error that says what is wrong with the file as a whole, repeated image ids above all: a box would then go with the
 * wrong picture.
 */
export function parseCoco(document: FoundLists, partlyLabelled: PartlyLabelled = 'drop'): CocoDocument {
  const categories = parseCategories(list(document, 'categories'));
  const images = list(document, 'images');
  const notices: string[] = [];
  const byImage = new Map<Id, { objects: AnnotatedObject[]; problem?: string }>();
  const repeated: Id[] = [];
  images.forEach((image, index) => {
    const id = idOf(image, `images[${index}]`);
    if (byImage.has(id)) repeated.push(id);
    byImage.set(id, { objects: [] });
  });

  const dangling: string[] = [];
  const annotationIds = new Set<unknown>();
  const repeatedAnnotations: unknown[] = [];
  let crowds = 0;
  list(document, 'annotations').forEach((annotation, index) => {
    const id = member(annotation, 'id');
    const where = id === undefined ? `annotations[${index}]` : `annotation ${show(id)}`;
    if (id !== undefined && annotationIds.has(id)) repeatedAnnotations.push(id);
    annotationIds.add(id);
    const image = byImage.get(member(annotation, 'image_id') as Id);
    if (!image) {
      dangling.push(`${where} is of image ${show(member(annotation, 'image_id'))}`);
      return;
    }
    if (member(annotation, 'iscrowd') === 1) {
      crowds++;
      return;
    }
    try {
      image.objects.push(parseObject(annotation, categories, partlyLabelled));
    } catch (error) {
      image.problem ??= `${where}: ${reasonOf(error)}`;
    }
  });
  const lost = dangling.length > 0 ? `${dangling[0]}, which is not there${andMore(dangling)}` : '';
  if (repeated.length > 0) {
    const also = lost && `; ${lost}`;
    throw new Error(`image id ${some(repeated)} is used more than once: no box can be given to its picture${also}`);
  }
  if (lost) notices.push(`${lost}: left out`);
  if (repeatedAnnotations.length > 0) notices.push(`annotation id ${some(repeatedAnnotations)} is used more than once`);
  if (crowds > 0) notices.push(`${crowds} crowd ${crowds === 1 ? 'region' : 'regions'} left out`);
  return {
    images: images.map((image, index) => {
      const { objects, problem } = byImage.get(idOf(image, `images[${index}]`))!;
      return parseImage(image, index, problem === undefined ? objects : new Error(problem));
    }),
    categories,
    notices,
  };
}

function list(document: FoundLists, key: string): readonly unknown[] {
  const value = member(document, key);
  if (Array.isArray(value)) return value;
  throw new Error(`not COCO: "${key}" must be a list, got ${show(value)}`);
}

function idOf(value: unknown, where: string): Id {
  const id = member(value, 'id');
  if (Number.isSafeInteger(id) || typeof id === 'string') return id as Id;
  throw new Error(`${where}: "id" must be an integer or a text, got ${show(id)}`);
}

/** Sorted by id, so that sparse ids become 0 to K - 1 in their order; texts after numbers. */
function parseCategories(categories: readonly unknown[]): Map<Id, string> {
  const byId = new Map<Id, string>();
  categories.forEach((category, index) => {
    const id = idOf(category, `categories[${index}]`);
    const name = member(category, 'name');
    if (typeof name !== 'string' || name.trim() === '') {
      throw new Error(`category ${show(id)}: "name" must be a text, got ${show(name)}`);
    }
    if (byId.has(id)) throw new Error(`category id ${show(id)} is used more than once`);
    byId.set(id, name.trim());
  });
  const rank = (id: Id) => (typeof id === 'number' ? 0 : 1);
  return new Map([...byId].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)));
}

/** What is partly labelled lacks the member, or has null there; an empty list is no box either. */
function parseObject(
  annotation: unknown,
  categories: ReadonlyMap<Id, string>,
  partlyLabelled: PartlyLabelled,
): AnnotatedObject {
  const category = member(annotation, 'category_id');
  const bbox = member(annotation, 'bbox');
  const hasClass = category != null;
  const hasBox = bbox != null && !(Array.isArray(bbox) && bbox.length === 0);
  const mayLack = partlyLabelled === 'keep' && (hasClass || hasBox);
  const name = mayLack && !hasClass ? null : categories.get(category as Id);
  if (name === undefined) throw new Error(`category ${show(category)} is not in "categories"`);
  if (mayLack && !hasBox) return { name, box: null, given: 'none' };
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite)) {
    throw new Error(`"bbox" must be four numbers, got ${show(bbox)}`);
  }
  const [x, y, width, height] = bbox as [number, number, number, number];
  if (!(width > 0 && height > 0)) throw new Error(`the box has no area: its width is ${width}, its height ${height}`);
  return { name, box: [x, y, x + width, y + height], given: `[${bbox.join(', ')}]` };
}

function parseImage(image: unknown, index: number, objects: CocoImage['objects']): CocoImage {
  const fileName = member(image, 'file_name');
  if (typeof fileName !== 'string' || fileName.trim() === '') {
    throw new Error(`images[${index}]: "file_name" must be a text, got ${show(fileName)}`);
  }
  const [width, height] = [member(image, 'width'), member(image, 'height')];
  const isSize = (value: unknown): value is number => Number.isFinite(value) && (value as number) > 0;
  return { fileName, size: isSize(width) && isSize(height) ? { width, height } : undefined, objects };
}

function andMore(texts: readonly string[]): string {
  return texts.length > 1 ? ` (and ${texts.length - 1} more)` : '';
}
