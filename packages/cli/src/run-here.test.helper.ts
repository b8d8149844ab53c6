import { vi } from 'vitest';
import type { Outcome } from './command.test.helper.js';
import { run } from './run.js';

/** In this process, which is faster than a spawn: what a wrong command line does needs no process of its own. */
export async function runHere(args: readonly string[]): Promise<Pick<Outcome, 'code' | 'stdout' | 'stderr'>> {
  const text = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) => {
    return vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      text[name] += chunk;
      return true;
    });
  });
  try {
    return { code: await run(args), ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
