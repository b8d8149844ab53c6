import { run } from './run.js';

// A reader that went away (`counterpoise ... | head`) is no error of ours. A command that listens itself has something to save first.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount('error') > 1) return;
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
