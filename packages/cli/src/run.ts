import { CommanderError } from 'commander';
import { exitCodeOf, lineOf } from './errors.js';
import { createProgram } from './program.js';

/**
 * Runs the command.
 * @param argv without node and script.
 * @returns the exit code: 0, 1 for a failure, 2 for a wrong command line, 128 + n after signal n.
 */
export async function run(argv: readonly string[]): Promise<number> {
  let code = 0;
  try {
    const program = createProgram((exitCode) => {
      code = exitCode;
    });
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // commander has written its own line already.
    if (!(error instanceof CommanderError)) process.stderr.write(`error: ${lineOf(error)}\n`);
    return exitCodeOf(error);
  }
}
