import { setImmediate } from 'node:timers/promises';

/**
 * Does JavaScript run while the work is pending? On a busy machine the work may be over before this thread has its next turn, so it
 * is tried again; work that blocks is never seen pending.
 */
export async function isEventLoopFree(work: () => Promise<void>): Promise<boolean> {
  let isSeen = false;
  for (let attempt = 0; attempt < 50 && !isSeen; attempt++) {
    let isDone = false;
    const end = work().then(() => {
      isDone = true;
    });
    await setImmediate();
    isSeen = !isDone;
    await end;
  }
  return isSeen;
}
