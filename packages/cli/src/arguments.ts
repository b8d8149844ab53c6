/** Reading option values from text. */
import { checkOption } from '@counterpoise/localization';
import { InvalidArgumentError } from 'commander';
import { lineOf } from './errors.js';

/** Parsers for the options of a config, each checked by `check` at once so that the message names the flag. */
export function parsersFor<Name extends string>(check: (name: Name, value: unknown) => void) {
  const checked = <T>(name: Name, value: T): T => {
    try {
      check(name, value);
      return value;
    } catch (error) {
      throw new InvalidArgumentError(lineOf(error));
    }
  };
  return {
    checked,
    /** A number for the option `name` of the config. */
    numberFor: (name: Name) => (text: string) => {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
      return checked(name, value);
    },
    /** A word for the option `name` of the config. */
    wordFor: (name: Name) => (text: string) => checked(name, text),
    /** Words with commas between them for the option `name` of the config, which is a list. */
    wordsFor: (name: Name) => (text: string) =>
      checked(
        name,
        text.split(',').map((word) => word.trim()),
      ),
  };
}

/** For the options of the localizer. */
const localizer = parsersFor(checkOption);
export const { numberFor, wordFor, wordsFor } = localizer;

/** `class=1,box=2`; may be given several times. */
export function parsePriorities(text: string, previous: Readonly<Record<string, number>> = {}): Record<string, number> {
  const priorities = new Map(Object.entries(previous));
  for (const part of text.split(',')) {
    const [loss, value, ...rest] = part.split('=').map((piece) => piece.trim());
    const number = value === undefined || value === '' ? Number.NaN : Number(value);
    if (!loss || rest.length > 0 || Number.isNaN(number)) {
      throw new InvalidArgumentError(`It must look like LOSS=1,OTHER=2, got "${part}".`);
    }
    if (priorities.has(loss)) throw new InvalidArgumentError(`Loss "${loss}" is given twice.`);
    priorities.set(loss, number);
  }
  return Object.fromEntries(priorities);
}

/** The same for the losses of the localizer. */
export function parseLocalizerPriorities(text: string, previous?: Readonly<Record<string, number>>) {
  return localizer.checked('priorities', parsePriorities(text, previous));
}

export function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}

/** Of `--standardize-targets`, which may also stand alone. */
export function parseStandardization(text: string): string {
  if (text === 'pop-art') return text;
  throw new InvalidArgumentError('It must stand alone, or be pop-art.');
}
