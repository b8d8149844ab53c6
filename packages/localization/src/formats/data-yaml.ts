/** `data.yaml` beside a YOLO set: where its pictures are and what its classes are called. */
import { listFolder, readText } from '../files.js';
import { reasonOf } from './annotated-set.js';
import { checkClassNames } from './class-list.js';
import { show } from './fields.js';
import { parseYaml, type YamlValue } from './yaml-subset.js';

export interface DataYaml {
  readonly file: string;
  /** By class number. */
  readonly names: readonly string[] | undefined;
  /** Paths as written, by split: of folders of pictures, or of lists of pictures. */
  readonly splits: ReadonlyMap<'train' | 'val' | 'test', readonly string[]>;
  /** As written: a base for the paths. */
  readonly path: string | undefined;
  readonly isPose: boolean;
}

const KEYS = new Set(['path', 'train', 'val', 'valid', 'test', 'nc', 'names', 'kpt_shape']);
/** More classes than any set has. */
const MAX_CLASSES = 100_000;

const MAX_BYTES = 2 ** 18;

/** `data.yaml` by its usual names, else the first YAML file that names classes. */
export async function findDataYaml(root: string): Promise<string | undefined> {
  const found = (await listFolder(root)).filter((name) => /\.ya?ml$/i.test(name));
  const usual = found.find((name) => /^data(set)?\.ya?ml$/i.test(name));
  if (usual !== undefined) return usual;
  for (const file of found) {
    const text = await readText(root, file, MAX_BYTES).catch(() => undefined);
    if (text !== undefined && /^names\s*:/m.test(text)) return file;
  }
  return undefined;
}

/** @throws Error that names file and line. */
export async function readDataYaml(root: string): Promise<DataYaml | undefined> {
  const file = await findDataYaml(root);
  if (file === undefined) return undefined;
  try {
    return parseDataYaml(file, (await readText(root, file, MAX_BYTES)) ?? '');
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`, { cause: error });
  }
}

export function parseDataYaml(file: string, text: string): DataYaml {
  const values = parseYaml(text, KEYS);
  const names = namesOf(values.get('names'));
  const count = values.get('nc');
  if (names && count !== undefined && String(names.length) !== count) {
    throw new Error(`"nc" must be the number of "names", ${names.length}, got ${show(count)}`);
  }
  const splits = new Map<'train' | 'val' | 'test', readonly string[]>();
  for (const [key, split] of [
    ['train', 'train'],
    ['val', 'val'],
    ['valid', 'val'],
    ['test', 'test'],
  ] as const) {
    const paths = values.get(key);
    if (paths !== undefined && paths !== '' && !splits.has(split)) splits.set(split, pathsOf(key, paths));
  }
  const path = values.get('path');
  if (path !== undefined && typeof path !== 'string') throw new Error('"path" must be the path of a folder');
  return { file, names, splits, path, isPose: values.has('kpt_shape') };
}

function namesOf(value: YamlValue | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') throw new Error(`"names" must be a list or a map, got ${show(value)}`);
  if (!(value instanceof Map)) return checkClassNames('"names"', value as readonly string[]);
  const names: string[] = [];
  for (const [key, name] of value) {
    const number = /^\d{1,9}$/.test(key) ? Number(key) : Number.NaN;
    if (!(number < MAX_CLASSES)) throw new Error(`"names" must have class numbers as keys, got ${show(key)}`);
    names[number] = name;
  }
  for (let number = 0; number < names.length; number++) {
    if (names[number] === undefined)
      throw new Error(`"names" must name classes 0 to ${names.length - 1}, ${number} is missing`);
  }
  return checkClassNames('"names"', names);
}

function pathsOf(key: string, value: YamlValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value as readonly string[];
  throw new Error(`"${key}" must be a path or a list of paths`);
}
