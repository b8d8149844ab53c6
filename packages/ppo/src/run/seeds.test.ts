import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PRESETS } from '../presets.js';
import { completePpoConfig } from './check-config.js';
import { createSeeds, openSeeds } from './seeds.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-seeds-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = (seed: number) => completePpoConfig({ environment: 'CartPole-v1', seed }, PRESETS['CartPole-v1']!);

it('reads back what it wrote: seeds that go up by 1', async () => {
  const path = join(folder, 'seeds');
  const made = await createSeeds(path, config(5), 3);
  expect(made.seeds).toEqual([5, 6, 7]);
  expect(await openSeeds(path)).toEqual(made);
});

it('refuses seeds that could not be told apart, before there is a folder', async () => {
  const path = join(folder, 'high');
  await expect(createSeeds(path, config(Number.MAX_SAFE_INTEGER - 1), 3)).rejects.toMatchObject({
    code: 'option',
    message: '"seed" of 3 runs must be at most 9007199254740989, got 9007199254740990',
  });
  expect(existsSync(path)).toBe(false);
});

it.each(['null', '[]', '{ "seeds": [] }'])('a file that holds %s is refused by name', async (text) => {
  writeFileSync(join(folder, 'seeds.json'), text);
  await expect(openSeeds(folder)).rejects.toThrow(
    `"${join(folder, 'seeds.json')}": "seeds" must be a list of integers, got`,
  );
});
