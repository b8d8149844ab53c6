/**
 * The part of YAML that `data.yaml` files are written in: keys at the left edge with a scalar, a list or a map of scalars, in
 * block or flow style. What is under keys that nobody asks for is skipped, whatever it is.
 */
import { show } from './fields.js';

export type YamlValue = string | readonly string[] | ReadonlyMap<string, string>;

interface Line {
  readonly number: number;
  /** Without its comment. */
  readonly text: string;
  /** What its brackets open, less what they close, outside quotes. */
  readonly depth: number;
}

/** @returns the value of each key of `wanted` that is there. @throws Error that names the line. */
export function parseYaml(text: string, wanted: ReadonlySet<string>): Map<string, YamlValue> {
  const lines = text.split(/\r\n|\n|\r/).map((line, index): Line => {
    const bare = withoutQuoted(line);
    const end = /(^|\s)#/.exec(bare)?.index ?? bare.length;
    return { number: index + 1, text: line.slice(0, end).trimEnd(), depth: bracketDepth(bare.slice(0, end)) };
  });
  const values = new Map<string, YamlValue>();
  for (let at = 0; at < lines.length; ) {
    const line = lines[at++]!;
    if (line.text === '' || line.text === '---' || line.text.startsWith('%')) continue;
    if (line.text === '...') break;
    const entry = keyAndValue(line.text);
    if (!entry) throw new Error(`line ${line.number}: expected "key: value", got ${show(line.text)}`);
    const [key, first] = entry;
    // Indented lines, and lists whose dashes stand at the left edge, belong to the key; so does all until a bracket closes.
    const block: Line[] = [];
    let depth = /^[[{]/.test(first) ? line.depth : 0;
    while (at < lines.length && (depth > 0 || /^(\s|-\s|-$|$)/.test(lines[at]!.text))) {
      const next = lines[at++]!;
      if (next.text === '') continue;
      block.push(next);
      if (depth > 0) depth += next.depth;
    }
    if (!wanted.has(key)) continue;
    if (values.has(key)) throw new Error(`line ${line.number}: the key ${show(key)} is given twice`);
    values.set(key, parseValue(first, line.number, block));
  }
  return values;
}

function parseValue(inline: string, line: number, block: readonly Line[]): YamlValue {
  if (/^[[{]/.test(inline)) return flow([inline, ...block.map(({ text }) => text.trim())].join(' '), line);
  if (inline !== '') {
    if (block.length > 0) throw new Error(`line ${block[0]!.number}: a text on several lines is not supported`);
    return scalar(inline, line);
  }
  if (block.length === 0) return '';
  // YAML allows a flow value on the next line.
  if (/^\s*[[{]/.test(block[0]!.text)) return flow(block.map(({ text }) => text.trim()).join(' '), block[0]!.number);
  const indent = /^\s*/.exec(block[0]!.text)![0].length;
  const isList = /^\s*-(\s|$)/.test(block[0]!.text);
  const items: string[] = [];
  const map = new Map<string, string>();
  for (const { number, text } of block) {
    const own = text.slice(indent);
    const entry = isList ? /^-\s+(.*)$/.exec(own)?.slice(1) : keyAndValue(own);
    if (/\S/.test(text.slice(0, indent)) || !entry || entry.at(-1)!.trim() === '') {
      throw new Error(`line ${number}: expected ${isList ? '"- item"' : '"key: value"'}, got ${show(text.trim())}`);
    }
    if (isList) items.push(scalar(entry[0]!.trim(), number));
    else setOnce(map, entry[0]!, scalar(entry[1]!.trim(), number), number);
  }
  return isList ? items : map;
}

/** A quoted text, or one character; a quote inside a word opens nothing. */
const FLOW_PIECE = /(?<=^|[\s,:])'(?:[^']|'')*'|(?<=^|[\s,:])"(?:[^"\\]|\\.)*"|[\s\S]/g;

/** `[a, 'b']` or `{0: a, 1: b}`. */
function flow(text: string, line: number): YamlValue {
  const isList = text.startsWith('[');
  if (!text.endsWith(isList ? ']' : '}')) throw new Error(`line ${line}: ${show(text)} has no end`);
  const parts: string[] = [];
  let part = '';
  for (const piece of text.slice(1, -1).match(FLOW_PIECE) ?? []) {
    if (/^[[\]{}]$/.test(piece)) throw new Error(`line ${line}: lists in lists are not supported`);
    if (piece === ',') {
      parts.push(part);
      part = '';
    } else part += piece;
  }
  // A comma may stand after the last one.
  if (part.trim() !== '') parts.push(part);
  if (isList) return parts.map((item) => scalar(item.trim(), line));
  const map = new Map<string, string>();
  for (const entry of parts) {
    const pair = keyAndValue(entry.trim());
    if (!pair) throw new Error(`line ${line}: expected "key: value", got ${show(entry.trim())}`);
    setOnce(map, pair[0], scalar(pair[1].trim(), line), line);
  }
  return map;
}

function setOnce(map: Map<string, string>, key: string, value: string, line: number): void {
  if (map.has(key)) throw new Error(`line ${line}: the key ${show(key)} is given twice`);
  map.set(key, value);
}

function keyAndValue(text: string): [key: string, value: string] | undefined {
  const quoted = /^(?:'([^']*)'|"([^"\\]*)")\s*:(?=\s|$)/.exec(text);
  if (quoted) return [quoted[1] ?? quoted[2]!, text.slice(quoted[0].length).trim()];
  const colon = text.search(/:(?=\s|$)/);
  if (colon <= 0 || /^[\s'"[\]{},#&*!|>%@`-]/.test(text)) return undefined;
  return [text.slice(0, colon).trimEnd(), text.slice(colon + 1).trim()];
}

function scalar(text: string, line: number): string {
  const single = /^'((?:[^']|'')*)'$/.exec(text);
  if (single) return single[1]!.replaceAll("''", "'");
  if (text.startsWith('"')) {
    try {
      // YAML's escapes are those of JSON and some more, which are refused.
      return JSON.parse(text) as string;
    } catch {
      throw new Error(`line ${line}: ${show(text)} is not a text in double quotes`);
    }
  }
  if (/^[&*!|>%@`'[\]{}]/.test(text)) throw new Error(`line ${line}: ${show(text)} is not supported here`);
  return text;
}

/** The line with underscores in place of everything in quotes. An apostrophe inside a word opens none. */
function withoutQuoted(line: string): string {
  let bare = '';
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (quote !== '') {
      bare += '_';
      if (character === '\\' && quote === '"' && at + 1 < line.length) {
        bare += '_';
        at++;
      } else if (character === quote) quote = '';
    } else if ((character === '"' || character === "'") && /^$|[\s,[{:-]/.test(line[at - 1] ?? '')) {
      quote = character;
      bare += '_';
    } else bare += character;
  }
  return bare;
}

function bracketDepth(bare: string): number {
  return (bare.match(/[[{]/g)?.length ?? 0) - (bare.match(/[\]}]/g)?.length ?? 0);
}
