/** Which classes a Pascal VOC folder has, and in which order. */
import { readText, textLines } from './files.js';
import type { VocAnnotation } from './voc-annotation.js';
import { largestObject } from './voc-item.js';

/**
 * `given`, else the lines of classes.txt in their order, else the classes of the largest objects in code-unit order (so
 * "card10" comes before "card2": the same order on every machine and in every language).
 * @throws Error if a list is empty or repeats a name, if a given name is neither in classes.txt nor in any annotation
 * while the folder has a classes.txt, or if none of the given names occurs.
 */
export async function resolveClasses(
  root: string,
  given: readonly string[] | undefined,
  annotations: readonly VocAnnotation[],
): Promise<{ names: readonly string[]; notices: readonly string[] }> {
  const found = [...new Set(annotations.flatMap((annotation) => largestObject(annotation)?.name ?? []))].sort();
  const text = await readText(root, 'classes.txt');
  const listed = text === undefined ? undefined : checkNames('classes.txt', textLines(text));
  if (!given) return { names: listed ?? found, notices: [] };

  const names = checkNames('"classes"', given);
  const unknown = names.filter((name) => !found.includes(name) && !(listed ?? []).includes(name));
  if (unknown.length === names.length || (listed && unknown.length > 0)) {
    throw new Error(`"classes" must be names of the data set (${quote(listed ?? found)}), got ${quote(unknown)}`);
  }
  return { names, notices: unknown.length > 0 ? [`no object is of class ${quote(unknown)}`] : [] };
}

function checkNames(where: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new Error(`${where} must name at least one class, got none`);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`${where} must name each class once, got ${quote([repeated])} twice`);
  return [...names];
}

function quote(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
