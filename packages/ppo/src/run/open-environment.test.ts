import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@counterpoise/nn';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeEnvironment } from '../registry.js';
import { Box, Discrete } from '../spaces.js';
import { environmentFingerprint, isModule, openEnvironment } from './open-environment.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'counterpoise-environment-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function moduleOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Imports nothing; its state is private. */
const COUNTER = `class Counter {
  observationSpace = { kind: 'box', low: [0], high: [5] };
  actionSpace = { kind: 'discrete', n: 2 };
  #at = 0;
  reset(random) { this.#at = random.integer(2); return [this.#at]; }
  step(action) { this.#at += action; return { observation: [this.#at], reward: action, terminated: this.#at >= 5, truncated: false }; }
}
export default { name: 'Counter-v0', create: () => new Counter(), maxEpisodeSteps: 20 };`;

it('a module needs to import nothing: its spaces are known by their kind', async () => {
  const spec = await openEnvironment(moduleOf('counter.mjs', COUNTER));
  expect(spec).toMatchObject({ name: 'Counter-v0', maxEpisodeSteps: 20 });
  const environment = makeEnvironment(spec);
  expect(environment.observationSpace).toBeInstanceOf(Box);
  expect(environment.actionSpace).toEqual(new Discrete(2));
  const [at] = environment.reset(new Random(1)) as number[];
  expect(environment.step(1)).toMatchObject({ observation: [at! + 1], reward: 1, terminated: false });
});

it('names are those of the registry, and a wrong one tells what there is', async () => {
  expect((await openEnvironment('Pendulum-v1')).maxEpisodeSteps).toBe(200);
  await expect(openEnvironment('Chess-v0')).rejects.toThrow(
    '"Chess-v0" is no environment; there are CartPole-v1, Acrobot-v1',
  );
  expect(['CartPole-v1', 'me/Maze-v0.2'].map(isModule)).toEqual([false, false]);
  expect(['./maze.mjs', '/home/me/maze.ts'].map(isModule)).toEqual([true, true]);
});

it('says in one line what is wrong with a module', async () => {
  const refuses = async (name: string, text: string | undefined, problem: string) => {
    const path = text === undefined ? join(folder, name) : moduleOf(name, text);
    await expect(openEnvironment(path)).rejects.toThrow(`environment module "${path}"${problem}`);
  };
  await refuses('nowhere.mjs', undefined, ': there is no such file');
  await refuses('broken.mjs', 'throw new Error("not today\\nreally");', ' cannot be imported: not today');
  await refuses(
    'nothing.mjs',
    'export const x = 1;',
    ': its default export must be an object with "name" and "create"',
  );
  await refuses('class.mjs', 'export default class Maze {}', ': its default export must be an object');
});

it.each([
  [{ kind: 'discrete', n: 0 }, 'create() failed: "n" of Discrete must be an integer >= 1, got 0'],
  [{ kind: 'box' }, 'create() failed: "low" and "high" of a box must be numbers or lists of numbers'],
  [{ kind: 'box', low: [], high: [] }, 'create() failed: "shape" of Box must be integers >= 1, got [0]'],
  [{ kind: 'graph' }, '"actionSpace" must be a Discrete or a Box'],
])('a space that cannot be: %j', async (space, problem) => {
  const text = COUNTER.replace("{ kind: 'discrete', n: 2 }", JSON.stringify(space));
  const spec = await openEnvironment(moduleOf(`space-${JSON.stringify(space).replace(/\W/g, '')}.mjs`, text));
  expect(() => makeEnvironment(spec)).toThrow(`environment Counter-v0: ${problem}`);
});

it('a module is known by its content', () => {
  const path = moduleOf('print.mjs', COUNTER);
  const before = environmentFingerprint(path);
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(path, COUNTER.replace('reward: action', 'reward: 2'));
  expect(environmentFingerprint(path)).not.toBe(before);
  expect(environmentFingerprint('CartPole-v1')).toBeNull();
});
