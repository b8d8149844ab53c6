import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeStaleTemporaries, writeFileAtomic } from './atomic.js';

const folder = mkdtempSync(join(tmpdir(), 'atomic-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes texts and parts, over an old file too, and leaves nothing else behind', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'first, and longer');
    expect(readFileSync(path, 'utf8')).toBe('first, and longer');
    await writeFileAtomic(path, [Uint8Array.of(65, 66), new Uint8Array(0), Uint8Array.of(67)]);
    expect(readFileSync(path, 'utf8')).toBe('ABC');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('keeps the old file and removes the temporary one when the content fails half way', async () => {
    const path = join(folder, 'kept');
    await writeFileAtomic(path, 'old');
    const parts = (function* () {
      yield Uint8Array.of(1);
      throw new Error('no more');
    })();
    await expect(writeFileAtomic(path, parts)).rejects.toThrow(
      `cannot write "${path}": no more; what was there before is unchanged`,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('says what is wrong with the path', async () => {
    await expect(writeFileAtomic(join(folder, 'none', 'x'), '')).rejects.toThrow('the folder does not exist');
    mkdirSync(join(folder, 'taken'));
    await expect(writeFileAtomic(join(folder, 'taken'), '')).rejects.toThrow('it is a folder');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('two writes to one path at the same time leave one of the two contents, whole', async () => {
    const path = join(folder, 'raced');
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
  });
});

describe.skipIf(!canMount())('on a full disk (skipped where a tmpfs cannot be mounted: needs root on Linux)', () => {
  it('leaves the old file whole, removes the temporary one, and says so in one line', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]);
    try {
      const path = join(disk, 'last.safetensors');
      await writeFileAtomic(path, 'old');
      await expect(writeFileAtomic(path, [new Uint8Array(100_000), new Uint8Array(1_000_000)])).rejects.toThrow(
        `cannot write "${path}": the disk is full; what was there before is unchanged`,
      );
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(disk)).toEqual(['last.safetensors']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('removeStaleTemporaries', () => {
  it('removes what writeFileAtomic may have left, and nothing else', async () => {
    const place = join(folder, 'stale');
    mkdirSync(place);
    const others = ['.hidden.tmp', 'last.safetensors', 'x.0123abcd.tmp'];
    for (const name of ['.last.safetensors.0123abcd.tmp', ...others]) writeFileSync(join(place, name), '');
    await removeStaleTemporaries(place);
    expect(readdirSync(place).sort()).toEqual(others);
  });
});

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
