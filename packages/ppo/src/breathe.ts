import { setImmediate } from 'node:timers/promises';

/** Milliseconds for which the event loop may stand still. */
const HELD = 20;
let last = performance.now();

/**
 * Networks of PPO are small, so they run on this thread (`blocking`): a worker thread would take longer to begin than to compute. To
 * be awaited between their runs, so that timers, signals and sockets have their turn.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - last < HELD) return;
  await setImmediate();
  last = performance.now();
}
