import { once } from 'node:events';
import { watchRuns } from '@counterpoise/training';
import { type Command, InvalidArgumentError } from 'commander';
import type { SetExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';

/** Where `counterpoise train` puts its runs. */
const DEFAULT_FOLDER = 'runs';

export function addWatch(program: Command, setExitCode: SetExitCode): void {
  program
    .command('watch')
    .description(
      'Show runs on a page in the browser while they are written: losses, weights, shares, metrics, samples.',
    )
    .argument('[dir]', 'a run folder, or a folder of runs', DEFAULT_FOLDER)
    .option('--port <n>', 'port on 127.0.0.1 (default: one that is free)', parsePort)
    .addHelpText('after', '\nThe page is for this machine alone. Ctrl-C ends it; the trainings go on.')
    .action(async (folder: string, options: { readonly port?: number }) => {
      await withInterrupt(async (interruption) => {
        const server = await watchRuns(folder, options);
        process.stdout.write(
          `${server.runCount} ${server.runCount === 1 ? 'run' : 'runs'} in ${folder}: ${server.url}\n`,
        );
        if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
        await server.close();
        setExitCode(interruption.code ?? 0);
      });
    });
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('It must be an integer in [0, 65535].');
  return port;
}
