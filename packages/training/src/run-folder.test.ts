import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cleanRun, configFingerprint, createRun, describeEnvironment, openRun, type RunConfig } from './run-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config: RunConfig = { backbone: 'resnet18', priority: { class: 1, box: 2 }, sizes: [64, 64] };
const environment = describeEnvironment({ seed: 7, versions: { counterpoise: '0.1.0' } });

describe('createRun', () => {
  it('makes the folder with its parents, config and environment', async () => {
    const run = await createRun(join(folder, 'runs', 'a'), config, environment);
    expect(readdirSync(run.path).sort()).toEqual(['checkpoints', 'config.json', 'environment.json', 'samples']);
    expect(JSON.parse(readFileSync(join(run.path, 'environment.json'), 'utf8'))).toEqual(environment);
    expect(await openRun(run.path)).toEqual(run);
    expect(run.config).toEqual(config);
    expect(run.lastCheckpoint).toBe(join(run.path, 'checkpoints', 'last.safetensors'));
  });

  it('takes an empty folder, and one where an earlier start was killed at once', async () => {
    const path = join(folder, 'empty');
    mkdirSync(path);
    writeFileSync(join(path, '.config.json.01234567.tmp'), '{');
    await expect(createRun(path, config, environment)).resolves.toMatchObject({ path });
  });

  it('never writes over a run, other files, or a file', async () => {
    const path = join(folder, 'twice');
    await createRun(path, config, environment);
    await expect(createRun(path, config, environment)).rejects.toThrow(
      `"${path}" holds a run already: resume it, or choose another folder`,
    );
    const other = join(folder, 'photos');
    mkdirSync(other);
    writeFileSync(join(other, 'cat.jpg'), '');
    await expect(createRun(other, config, environment)).rejects.toThrow(`"${other}" is not empty`);
    expect(readdirSync(other)).toEqual(['cat.jpg']);
    const file = join(other, 'cat.jpg');
    await expect(createRun(file, config, environment)).rejects.toThrow(
      `cannot make the folder "${file}": a file is in its place`,
    );
  });

  it('refuses a config that JSON would change before it makes anything', async () => {
    const path = join(folder, 'nan');
    await expect(createRun(path, { lr: Number.NaN }, environment)).rejects.toThrow('"config.lr" must be plain JSON');
    expect(existsSync(path)).toBe(false);
  });
});

describe('openRun', () => {
  it('says what is missing or wrong', async () => {
    const none = join(folder, 'none');
    await expect(openRun(none)).rejects.toThrow(`"${none}" is not a run folder: it has no config.json`);
    mkdirSync(none);
    for (const text of ['{', '[]', 'null']) {
      writeFileSync(join(none, 'config.json'), text);
      await expect(openRun(none)).rejects.toThrow(`"${join(none, 'config.json')}" must hold a JSON object`);
    }
  });

  it('completes a folder that was killed while it was made', async () => {
    const path = join(folder, 'partial');
    mkdirSync(path);
    writeFileSync(join(path, 'config.json'), '{}');
    const run = await openRun(path);
    expect([existsSync(run.samples), existsSync(join(path, 'checkpoints'))]).toEqual([true, true]);
  });
});

describe('cleanRun', () => {
  it('removes temporary files everywhere in the run and nothing else', async () => {
    const run = await createRun(join(folder, 'clean'), config, environment);
    const stale = ['.report.html.89abcdef.tmp', join('checkpoints', '.last.safetensors.89abcdef.tmp')];
    for (const name of stale) writeFileSync(join(run.path, name), '');
    writeFileSync(run.lastCheckpoint, '');
    await cleanRun(run);
    expect(stale.filter((name) => existsSync(join(run.path, name)))).toEqual([]);
    expect(existsSync(run.lastCheckpoint)).toBe(true);
  });
});

describe('configFingerprint', () => {
  it('depends on the values, not on the order of the options', () => {
    const turned = { sizes: [64, 64], priority: { box: 2, class: 1 }, backbone: 'resnet18' };
    expect(configFingerprint(turned)).toBe(configFingerprint(config));
    expect(configFingerprint({ ...config, sizes: [64, 65] })).not.toBe(configFingerprint(config));
    // printf '{}' | sha256sum
    expect(configFingerprint({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

describe('describeEnvironment', () => {
  it('names the machine and the versions, and holds no time', () => {
    expect(environment).toMatchObject({ node: process.version, seed: 7, versions: { counterpoise: '0.1.0' } });
    expect(environment.memoryBytes).toBeGreaterThan(0);
    expect(environment.gitCommit === null || /^[0-9a-f]{40,64}$/.test(environment.gitCommit)).toBe(true);
    expect(describeEnvironment({ seed: 7, versions: { counterpoise: '0.1.0' } })).toEqual(environment);
  });
});
