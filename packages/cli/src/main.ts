import { FAILURE, lineOf } from './errors.js';
import { run } from './run.js';

// A reader that went away (`counterpoise ... | head`) is no error of ours. A command that listens itself has something to save first.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount('error') > 1) return;
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Such as a promise that the module of an environment forgot: one line as for all other errors, not the stack of Node.
process.on('unhandledRejection', (error) => {
  process.stderr.write(`error: a promise was rejected and nobody awaited it: ${lineOf(error)}\n`);
  process.exit(FAILURE);
});

process.exitCode = await run(process.argv.slice(2));
