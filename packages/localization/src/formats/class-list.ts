/** Lists of class names. */
import { readText, textLines } from '../files.js';
import { show, some } from './fields.js';

/** The lines of a file, or undefined if there is none. @throws Error if it names no class, or one twice. */
export async function readClassList(root: string, file: string): Promise<readonly string[] | undefined> {
  const text = await readText(root, file);
  return text === undefined ? undefined : checkClassNames(file, textLines(text));
}

/** @throws Error that says where the list is from. */
export function checkClassNames(where: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new Error(`${where} must name at least one class, got none`);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`${where} must name each class once, got ${show(name)} twice`);
    seen.add(name);
  }
  return [...names];
}

/** `given` if there are any, else those of the folder, else those found. */
export function resolveClasses(
  given: readonly string[] | undefined,
  listed: readonly string[] | undefined,
  found: ReadonlySet<string>,
): { names: readonly string[]; notices: readonly string[] } {
  // Code-unit order ("card10" before "card2"): the same on every machine and in every language.
  const sorted = [...found].sort();
  if (!given) return { names: listed ?? sorted, notices: [] };
  const names = checkClassNames('"classes"', given);
  const unknown = names.filter((name) => !found.has(name) && !listed?.includes(name));
  // Some of a model's classes may well be missing where it is evaluated.
  if (unknown.length === names.length) {
    throw new Error(
      `"classes" must be names of the data set (${quote(listed ?? sorted)}), got ${unknown.map(show).join(', ')}`,
    );
  }
  return { names, notices: unknown.length > 0 ? [`no object is of class ${some(unknown)}`] : [] };
}

/** The first ten: a message must stay readable for a thousand classes too. */
export function quote(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(show).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
