/** From errors to exit codes and lines. */
import { OptionError } from '@counterpoise/localization';
import { CommanderError } from 'commander';
import { CounterpoiseError } from 'counterpoise';

/** The command line asks for something impossible. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Commands that end with another exit code than 0, without an error, say so here. */
export type SetExitCode = (code: number) => void;

export const FAILURE = 1;
export const USAGE = 2;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const isUsage =
    error instanceof UsageError ||
    error instanceof OptionError ||
    (error instanceof CounterpoiseError && error.code === 'option');
  return isUsage ? USAGE : FAILURE;
}

/** The message on one line; of a list of problems the first two lines, and how many there are besides. */
export function lineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const shown = lines.slice(0, 2).join(' ');
  return lines.length > 2 ? `${shown} (and more)` : shown;
}
