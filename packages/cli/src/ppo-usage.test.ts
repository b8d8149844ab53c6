import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './run-here.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-ppo-usage-'));
const home = process.cwd();
beforeAll(() => {
  process.chdir(folder);
  mkdirSync('taken');
  writeFileSync(join('taken', 'notes.txt'), 'mine');
  mkdirSync('localizer');
  writeFileSync(join('localizer', 'config.json'), '{"backbone": "resnet18"}');
  mkdirSync('policy');
  writeFileSync(join('policy', 'config.json'), '{"environment": "CartPole-v1", "rolloutSteps": 32}');
  mkdirSync('seeds');
  writeFileSync(join('seeds', 'seeds.json'), '{"seeds": [1, 2]}');
  writeFileSync('empty.mjs', 'export const x = 1;\n');
  const spaces = (action: string) =>
    `export default { name: 'Own-v0', create: () => ({ observationSpace: { kind: 'box', low: [0], high: [1] }, actionSpace: ${action} }) };`;
  writeFileSync('actionless.mjs', spaces("{ kind: 'discrete', n: 0 }"));
  writeFileSync('lost.mjs', spaces("{ kind: 'discrete', n: 2 }, reset() { throw new Error('no map') }, step() {}"));
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const train = (...more: string[]) => ['train', 'ppo', ...more];
const cart = (...more: string[]) => train('--env', 'CartPole-v1', ...more);

describe('a wrong command line is one line on stderr and exit code 2', () => {
  test.each([
    [train(), 'give --env NAME, such as CartPole-v1'],
    [train('--env', 'Chess-v0'), '"Chess-v0" is no environment; there are CartPole-v1, Acrobot-v1'],
    [cart('--steps', '100'), '"steps" must be at least one rollout, 512, got 100'],
    [cart('--steps', 'many'), 'It must be a number.'],
    [cart('--minibatch', '100'), '"minibatch" must divide the 512 rows of a rollout, got 100'],
    [cart('--gamma', '2'), '"gamma" must be a number in [0, 1], got 2'],
    [cart('--reward-scale', '0'), '"rewardScale" must be a number greater than 0, got 0'],
    [cart('--reward-scale', ''), 'It must be a number.'],
    [cart('--trunk', 'two'), '"trunk" must be one of shared, separate, got "two"'],
    [cart('--balance', 'magic'), 'got magic'],
    [cart('--balance', 'grad-drop'), 'grad-drop works on whole gradients'],
    [cart('--balance', 'running-max', '--balance-option', 'speed=1'), 'running-max has no option "speed"'],
    [cart('--balance', 'fixed', '--balance-wrap', 'smooth=0.9'), 'fixed has fixed coefficients'],
    [cart('--balance', 'mgda', '--trunk', 'separate'), '"trunk" must be shared with mgda'],
    [cart('--measure-gradients', '--trunk', 'separate'), '"trunk" must be shared with "measureGradients"'],
    [
      train('--env', 'Pendulum-v1', '--balance', 'norm-equalize', '--boundary', 'representation'),
      '"boundary" representation does not exist',
    ],
    [cart('--priority', 'critic=2'), 'losses policy, value, entropy, got "critic"'],
    [cart('--priority', 'value'), 'It must look like LOSS=1,OTHER=2, got "value"'],
    [cart('--seeds', '0'), '--seeds must be an integer in [1, 1000], got "0"'],
    [cart('--checkpoint-seconds', '-1'), '--checkpoint-seconds must be 0 or more, got "-1"'],
    [cart('--total-timesteps', '5'), "unknown option '--total-timesteps'"],
    [cart('--out', 'taken'), '--out "taken" is not empty'],
    [cart('--out', 'seeds'), '--out "seeds" holds a run already: add --resume'],
    [train('--resume'), '--resume needs --out'],
    [train('--resume', '--out', 'nowhere'), 'there is no run in "nowhere"'],
    [['evaluate', 'localizer', '--episodes', '3'], '--episodes does not go with "localizer", a run of a localizer'],
    [['evaluate', 'localizer', '--seed', 'x'], 'It must be an integer.'],
    [['evaluate', 'policy', '--episodes', '0'], 'It must be an integer >= 1.'],
    [['export', 'policy'], '"policy" is a run of PPO'],
    [['predict', 'policy', 'a.png'], '"policy" is a run of PPO'],
    [['diagnose', 'localize', '--run', 'policy'], '"policy" is a run of PPO'],
    [['train', 'localize', '--resume', '--out', 'policy'], '"policy" is a run of PPO'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect({ code, stdout, folder: existsSync('runs') }).toEqual({ code: 2, stdout: '', folder: false });
  });
});

describe('a failure is one line on stderr and exit code 1, and leaves no folder', () => {
  test.each([
    [train('--env', './nowhere.mjs'), 'nowhere.mjs": there is no such file'],
    [train('--env', './empty.mjs'), 'its default export must be an object with "name" and "create"'],
    [
      train('--env', './actionless.mjs'),
      'environment Own-v0: create() failed: "n" of Discrete must be an integer >= 1',
    ],
    [train('--env', './lost.mjs'), 'environment Own-v0: step 0: reset() failed: no map'],
    [train('--resume', '--out', 'localizer'), 'config.json: there is no option "backbone"'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(existsSync('runs')).toBe(false);
  });
});

test('help tells what the balancing does, and the settings of every environment', async () => {
  const { code, stdout } = await runHere(train('--help'));
  expect(code).toBe(0);
  const text = stdout.replace(/\s+/g, ' ');
  for (const part of [
    '--reward-scale <factor>',
    '(default: pop-art)',
    'pop-art, also called default:',
    'fixed: policy',
  ]) {
    expect(text).toContain(part);
  }
  expect(stdout).toMatch(/\n--gamma +0\.99 +0\.99 +0\.99 +0\.999 +0\.9\n/);
});
