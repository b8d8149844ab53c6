import { createMethod } from './create-method.js';
import { CounterpoiseError } from './errors.js';
import type { Need } from './evidence.js';
import type { Json } from './json.js';
import { checkOption, kebabCase, type OptionSpec, type OptionSpecs, specOf } from './options.js';
import { methodRow, methods } from './registry.js';
import { type Composition, type Wrapping, wrappingSpecs } from './wrappers/compose.js';

/**
 * Options of a method from text, as a command line gives them, in kebab-case: `decay=0.99`, `absolute=true`,
 * `lower-bound=class:0,box:-1` (one value per loss) or `lower-bound=0` (the same for all). `lowerBound` is read too.
 * Throws a `CounterpoiseError` on an unknown method or option, an option given twice, and a wrong value.
 */
export function parseOptions(method: string, texts: readonly string[]): Record<string, Json> {
  return parseTexts(method, methodRow(method).options, texts);
}

/**
 * Wrappers from text, for `compose`: `normalize=ema` (a method by its name, with its defaults), `smooth=0.9`, `clamp=100`,
 * `update-every=10`, `warm-up=100`, `freeze-after=1000`. Throws as `parseOptions` does.
 */
export function parseComposition(texts: readonly string[]): Composition<Need> {
  const { normalize, ...numbers } = parseTexts('compose', compositionSpecs, texts);
  return { ...(numbers as Wrapping), ...(normalize !== undefined && { normalize: createMethod(normalize as string) }) };
}

const compositionSpecs: OptionSpecs = {
  normalize: { type: 'choice', choices: Object.keys(methods), default: 'ema', summary: 'the method that normalises' },
  ...wrappingSpecs,
};

function parseTexts(owner: string, specs: OptionSpecs, texts: readonly string[]): Record<string, Json> {
  const options: Record<string, Json> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new CounterpoiseError('option', `an option must look like name=value, got "${text}"`);
    const written = text.slice(0, at).trim();
    const name = Object.keys(specs).find((option) => kebabCase(option) === written) ?? written;
    const spec = specOf(owner, specs, name, kebabCase);
    if (Object.hasOwn(options, name)) throw new CounterpoiseError('option', `"${written}" is given twice`);
    const value = parseValue(spec, text.slice(at + 1).trim());
    checkOption(`"${written}"`, spec, value);
    options[name] = value;
  }
  return options;
}

function parseValue(spec: OptionSpec, text: string): Json {
  if (spec.type === 'choice' || spec.type === 'task') return text;
  if (spec.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return spec.perTask && text.includes(':') ? parsePerTask(text) : parseNumber(text);
}

function parsePerTask(text: string): Json {
  const values: Record<string, Json> = {};
  for (const part of text.split(',')) {
    const at = part.lastIndexOf(':');
    const task = part.slice(0, Math.max(at, 0)).trim();
    if (task === '') throw new CounterpoiseError('option', `a value per loss must look like name:value, got "${part}"`);
    if (Object.hasOwn(values, task))
      throw new CounterpoiseError('option', `loss "${task}" is given twice in "${text}"`);
    values[task] = parseNumber(part.slice(at + 1).trim());
  }
  return values;
}

/** Text that is no number stays text, so that the check quotes it as it was written. */
function parseNumber(text: string): Json {
  return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}
