/** What a child process runs: one run, whose result it writes itself. */
import { CounterpoiseError } from 'counterpoise';
import { DivergedError } from '../finite.js';
import { makeFolder } from '../make-folder.js';
import { claim } from './claim.js';
import { type JobModule, loadJob, type RunOutcome, type RunRequest } from './job.js';
import { runFolder, writeOutcome } from './store.js';

export interface Order {
  readonly job: JobModule;
  readonly out: string;
  readonly request: RunRequest;
}

/** `stopped`: at the end of an order to stop, without a result. */
export type Answer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly message: string };

/** Longer than any step: a child whose parent was killed ends as soon as it can. */
const ORPHAN_PATIENCE_MS = 60_000;

const stop = new AbortController();
// Ctrl-C reaches the whole group of processes, and the parent decides what it means.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Without a parent nobody would want the result, and the next one must not find two at work.
process.on('disconnect', () => process.exit(1));
process.on('message', (message: Order | 'stop') => {
  if (message === 'stop') return stop.abort();
  void work(message).then(
    (answer) => process.send?.(answer, () => process.exit(0)),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      process.send?.({ kind: 'failed', message: text } satisfies Answer, () => process.exit(1));
    },
  );
});

async function work({ job: module, out, request }: Order): Promise<Answer> {
  const folder = runFolder(out, request);
  const release = await claim(`${folder}.pid`, ORPHAN_PATIENCE_MS);
  try {
    const job = await loadJob(module);
    if (stop.signal.aborted) return { kind: 'stopped' };
    await makeFolder(folder);
    const outcome = await attempt(async () => {
      const progress = (share: number) => void process.send?.({ kind: 'progress', share } satisfies Answer);
      return job.run(request, { folder, signal: stop.signal, progress });
    });
    if (!outcome) return { kind: 'stopped' };
    await writeOutcome(out, request, outcome);
    await job.tidy?.(folder);
    return { kind: 'done' };
  } finally {
    release();
  }
}

async function attempt<T extends RunOutcome>(run: () => Promise<T | undefined>): Promise<RunOutcome | undefined> {
  try {
    const result = await run();
    const bad = result && firstBad('', result);
    return bad ? { diverged: bad } : result;
  } catch (error) {
    // The losses are not such as this method can weigh: negative ones, for example.
    const isRefused = error instanceof CounterpoiseError && error.code === 'evidence';
    if (error instanceof DivergedError || isRefused) return { diverged: error.message };
    throw error;
  }
}

/** The first number that is not finite, in words; curves may have gaps. */
function firstBad(name: string, value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${name} is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const bad = firstBad(name === '' ? key : `${name} "${key}"`, part);
    if (bad) return bad;
  }
  return undefined;
}
