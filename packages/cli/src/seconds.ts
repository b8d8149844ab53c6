import { UsageError } from './errors.js';

/** The value of `--checkpoint-seconds`. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0))
    throw new UsageError(`--checkpoint-seconds must be 0 or more, got "${text}"`);
  return seconds;
}
