/** Checks of one option's value, apart from what the option means. They throw the error that stands for a wrong command line. */
import { CounterpoiseError } from 'counterpoise';

export type Check = (name: string, value: unknown) => void;

export function orNull(check: Check): Check {
  return (name, value) => {
    if (value !== null) check(name, value);
  };
}

export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Check {
  return (name, value) => {
    if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return;
    throw wrong(name, `an integer in [${minimum}, ${maximum}]`, value);
  };
}

export function number(fits: (value: number) => boolean, right: string): Check {
  return (name, value) => {
    if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return;
    throw wrong(name, `a number ${right}`, value);
  };
}

export function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

export function choice(choices: readonly string[]): Check {
  return (name, value) => {
    if (!choices.includes(value as string)) throw wrong(name, `one of ${choices.join(', ')}`, value);
  };
}

export function flag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false', value);
}

export function text(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw wrong(name, 'a name', value);
}

export function textList(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw wrong(name, 'a list of texts', value);
}

export function wrong(name: string, right: string, value: unknown): CounterpoiseError {
  // JSON has no Infinity and no NaN.
  const got = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return refuse(`"${name}" must be ${right}, got ${got}`);
}

export function refuse(message: string): CounterpoiseError {
  return new CounterpoiseError('option', message);
}
