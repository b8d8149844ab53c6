import { describe, expect, it } from 'vitest';
import { inTurns } from './files.js';

describe('inTurns', () => {
  it('lets as many in as it may, the others in order, and hands their results back', async () => {
    const turn = inTurns(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const works = [0, 1, 2, 3].map((index) =>
      turn(async () => {
        begun.push(index);
        await new Promise<void>((resolve) => ends.push(resolve));
        return 10 * index;
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[1]!();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (let next = 0; next < 4; next++) {
      ends[next]!();
      await settle();
    }
    expect(await Promise.all(works)).toEqual([0, 10, 20, 30]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('goes on after work that fails', async () => {
    const turn = inTurns(1);
    const failed = turn(() => Promise.reject(new Error('broken')));
    const next = turn(async () => 'next');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('next');
    expect(await turn(async () => 'later')).toBe('later');
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
