import { expect, test } from 'vitest';
import { withInterrupt } from './interrupt.js';

/** @returns what the work sees after stdout failed with this code. */
function failing(code: string): Promise<unknown> {
  return withInterrupt(async (interruption) => {
    process.stdout.emit('error', Object.assign(new Error(`${code}: write`), { code }));
    return { aborted: interruption.signal.aborted, code: interruption.code };
  });
}

test('a reader that goes away asks for a tidy end', async () => {
  expect(await failing('EPIPE')).toEqual({ aborted: true, code: undefined });
});

test('a full disk does too, and is told afterwards', async () => {
  await expect(failing('ENOSPC')).rejects.toThrow('ENOSPC: write');
});

test('nothing listens any more after the end', async () => {
  const before = process.stdout.listenerCount('error');
  await failing('EPIPE');
  expect(process.stdout.listenerCount('error')).toBe(before);
});
