/** Checks of one option's value, apart from what the option means. */
import { OptionError } from './config.js';

export type Check = (name: string, value: unknown) => void;

export function orNull(check: Check): Check {
  return (name, value) => {
    if (value !== null) check(name, value);
  };
}

export function integer(minimum: number, maximum: number): Check {
  return (name, value) => {
    if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return;
    throw wrong(name, `an integer in [${minimum}, ${maximum}]`, value);
  };
}

export function number(fits: (value: number) => boolean, right: string): Check {
  return (name, value) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !fits(value)) {
      throw wrong(name, `a number ${right}`, value);
    }
  };
}

export function choice(choices: readonly (string | boolean)[]): Check {
  return (name, value) => {
    if (!choices.includes(value as string | boolean)) throw wrong(name, `one of ${choices.join(', ')}`, value);
  };
}

export function textOrNull(name: string, value: unknown): void {
  if (value !== null && (typeof value !== 'string' || value === '')) throw wrong(name, 'a path', value);
}

export function textList(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string'))
    throw wrong(name, 'a list of texts', value);
}

export function wrong(name: string, right: string, value: unknown): OptionError {
  return new OptionError(`"${name}" must be ${right}, got ${JSON.stringify(value) ?? String(value)}`);
}
