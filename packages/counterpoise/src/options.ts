import { CounterpoiseError } from './errors.js';
import { isRecord, type Json, type PerTask, show } from './json.js';

interface Described {
  readonly summary: string;
  /** `steps`, `loss` (the unit of the loss itself), or `1` for a pure number. Absent for switches and choices. */
  readonly unit?: string;
}

export interface NumberSpec extends Described {
  readonly type: 'number' | 'integer';
  /** Interval in mathematical notation, such as `(0, 1]`. */
  readonly range: string;
  readonly min: number;
  readonly max: number;
  /** The ends of the interval that do not belong to it. */
  readonly open?: 'min' | 'max' | 'both';
  /** `null`: switched off unless given. */
  readonly default: number | null;
  /** May also be given as one number per task name. */
  readonly perTask?: true;
  /** Must be given, and if per task then for every task. */
  readonly required?: true;
}

export interface BooleanSpec extends Described {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface ChoiceSpec extends Described {
  readonly type: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}

/** The name of one of the losses. */
export interface TaskSpec extends Described {
  readonly type: 'task';
  /** `null`: the first loss. */
  readonly default: null;
}

/** One option of a method, as data: the source of validation, of the command line and of the printed help. */
export type OptionSpec = NumberSpec | BooleanSpec | ChoiceSpec | TaskSpec;

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The table that describes the options `O`: exactly one row per option. */
export type SpecsOf<O> = { readonly [P in keyof O]-?: OptionSpec };

type NumberFields = Omit<NumberSpec, 'type' | 'range' | 'min' | 'max' | 'open'>;

/** `range` is the one place where the bounds are written: `(0, 1]`, `[1, inf)`, `(-inf, inf)`. */
export function numberOption(range: string, fields: NumberFields, type: NumberSpec['type'] = 'number'): NumberSpec {
  const match = /^([[(])(\S+), (\S+)([\])])$/.exec(range);
  if (!match) throw new Error(`internal: "${range}" is not an interval`);
  const [, left, low, high, right] = match;
  const bound = (text: string | undefined) => Number(text?.replace('inf', 'Infinity'));
  const openMin = left === '(';
  const openMax = right === ')';
  const open = openMin && openMax ? 'both' : openMin ? 'min' : openMax ? 'max' : undefined;
  return { type, range, min: bound(low), max: bound(high), ...(open && { open }), ...fields };
}

export function integerOption(range: string, fields: NumberFields): NumberSpec {
  return numberOption(range, fields, 'integer');
}

/** Throws unless `value` is right for the option; `label` is how the message names it. */
export function checkOption(label: string, spec: OptionSpec, value: unknown): void {
  if (spec.type === 'boolean') {
    if (typeof value !== 'boolean') throw mustBe(label, 'true or false', value);
  } else if (spec.type === 'choice') {
    if (typeof value !== 'string' || !spec.choices.includes(value)) {
      throw mustBe(label, `one of ${spec.choices.join(', ')}`, value);
    }
  } else if (spec.type === 'task') {
    if (value !== null && (typeof value !== 'string' || value === '')) throw mustBe(label, 'the name of a loss', value);
  } else if (spec.perTask && isRecord(value)) {
    for (const [task, item] of Object.entries(value)) checkNumber(`${label} of loss "${task}"`, spec, item, '');
  } else if (value !== null || spec.default !== null) {
    checkNumber(label, spec, value, spec.perTask ? ' or one such number per loss' : '');
  }
}

function checkNumber(label: string, spec: NumberSpec, value: unknown, alternative: string): void {
  const whole = spec.type === 'integer' ? 'an integer ' : '';
  if (!inRange(spec, value)) throw mustBe(label, `${whole}in ${spec.range}${alternative}`, value);
}

function mustBe(label: string, right: string, value: unknown): CounterpoiseError {
  return new CounterpoiseError('option', `${label} must be ${right}, got ${show(value)}`);
}

function inRange(spec: NumberSpec, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (spec.type === 'integer' && !Number.isSafeInteger(value)) return false;
  if (value < spec.min || value > spec.max) return false;
  const openMin = spec.open === 'min' || spec.open === 'both';
  const openMax = spec.open === 'max' || spec.open === 'both';
  return !(openMin && value === spec.min) && !(openMax && value === spec.max);
}

/** The options with defaults filled in, in the order of the table; throws on an unknown, missing or wrong one. */
export function resolveOptions<O extends object>(method: string, specs: SpecsOf<O>, given: O): Required<O> {
  const table = specs as OptionSpecs;
  if (!isRecord(given)) throw new CounterpoiseError('option', `"options" must be an object, got ${show(given)}`);
  for (const name of Object.keys(given)) specOf(method, table, name);
  const resolved: Record<string, Json> = {};
  for (const [name, spec] of Object.entries(table)) {
    const own = given[name] as Json | undefined;
    const value = own === undefined ? spec.default : own;
    if (value === null && isRequired(spec)) {
      throw new CounterpoiseError('option', `${method} needs the option "${name}": ${spec.summary}`);
    }
    checkOption(`"${name}"`, spec, value);
    resolved[name] = isRecord(value) ? { ...value } : value;
  }
  return resolved as Required<O>;
}

/** The spelling of an option on a command line: `scaleMode` is `scale-mode`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The row of an option; throws an error that lists the known ones, as `spell` writes them. */
export function specOf(
  method: string,
  specs: OptionSpecs,
  name: string,
  spell: (name: string) => string = (plain) => plain,
): OptionSpec {
  if (Object.hasOwn(specs, name)) return specs[name] as OptionSpec;
  const known = Object.keys(specs).map(spell);
  const list = known.length > 0 ? `its options are ${known.join(', ')}` : 'it has none';
  throw new CounterpoiseError('option', `${method} has no option "${name}"; ${list}`);
}

/** Throws when a per-task option names a task that does not exist, or a required one leaves a task out. */
export function checkTaskOptions(specs: OptionSpecs, options: OptionValues, tasks: readonly string[]): void {
  for (const [name, spec] of Object.entries(specs)) {
    const value = options[name];
    if (spec.type === 'task' && value !== null && !tasks.includes(value as string)) {
      throw new CounterpoiseError('option', `"${name}" names loss "${value}", but the losses are ${tasks.join(', ')}`);
    }
    if (!isRecord(value)) continue;
    for (const task of Object.keys(value)) {
      if (!tasks.includes(task)) {
        throw new CounterpoiseError('option', `"${name}" names loss "${task}", but the losses are ${tasks.join(', ')}`);
      }
    }
    const missing = tasks.find((task) => !Object.hasOwn(value, task));
    if (isRequired(spec) && missing !== undefined) {
      throw new CounterpoiseError('option', `"${name}" has no value for loss "${missing}"`);
    }
  }
}

function isRequired(spec: OptionSpec): boolean {
  return 'required' in spec && spec.required === true;
}

/** Options after `resolveOptions`: plain JSON. */
export type OptionValues = Readonly<Record<string, Json>>;

/** The value of a per-task option for one task. */
export function forTask(value: PerTask, task: string, fallback: number): number {
  if (typeof value === 'number') return value;
  return Object.hasOwn(value, task) ? (value[task] as number) : fallback;
}

/** The options of a method that has none. */
export type NoOptions = Readonly<Record<string, never>>;

/** Start of a method's own random numbers, for the table of options. */
export const seedOption = integerOption('[0, 4294967295]', {
  default: 0,
  unit: '1',
  summary: 'start of the random numbers; they are part of the state',
});
