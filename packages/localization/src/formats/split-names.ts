/** Names of splits as people write them. */

const WORDS: ReadonlyMap<string, string> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['dev', 'val'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** Folders of one split each, in the order in which they are looked for. */
export const SPLIT_FOLDERS = ['train', 'valid', 'val', 'validation', 'test'] as const;

/** `train`, `val` or `test` for their usual names, any other name as it is. */
export function splitName(name: string): string {
  return WORDS.get(name.trim().toLowerCase()) ?? name.trim();
}

/** The split that a file is of, by the words of its name: instances_val2017 gives `val`; undefined if it names none or several. */
export function splitInName(stem: string): string | undefined {
  const found = new Set((stem.toLowerCase().match(/[a-z]+/g) ?? []).flatMap((word) => WORDS.get(word) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Collects lists of ids; each id once per split. */
export class SplitLists {
  readonly lists = new Map<string, string[]>();
  readonly #members = new Map<string, Set<string>>();

  add(split: string, id: string): void {
    const members = this.#members.get(split) ?? new Set();
    if (members.has(id)) return;
    this.#members.set(split, members.add(id));
    const list = this.lists.get(split) ?? [];
    list.push(id);
    this.lists.set(split, list);
  }
}
