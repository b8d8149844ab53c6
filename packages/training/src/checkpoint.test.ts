import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeSafetensors, type HostTensor, Random } from '@counterpoise/nn';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { removeStaleTemporaries } from './atomic.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tensors = new Map<string, HostTensor>([
  ['model.conv1.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, -0, 1e-45, NaN, Infinity, 0.1) }],
  ['model.bn1.num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(9007199254740993n) }],
]);
const state: Checkpoint['state'] = {
  epoch: 3,
  random: JSON.parse(JSON.stringify(new Random(1).state())),
  text: 'quotes " and \\ and é and 0000000000000000000000000000000000000000000000000000000000000000',
};

const saved = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await saveCheckpoint(path, { tensors, state });
  return path;
};

describe('round trip', () => {
  it('gives back every bit', async () => {
    const loaded = await loadCheckpoint(await saved('good'));
    expect([...loaded.tensors]).toEqual([...tensors]);
    expect(Object.is(loaded.tensors.get('model.conv1.weight')!.data[1], -0)).toBe(true);
    expect(loaded.state).toEqual(state);
  });

  it('the same content gives the same bytes', async () => {
    expect(readFileSync(await saved('one'))).toEqual(readFileSync(await saved('two')));
  });

  it('reads a file larger than the piece that is hashed at once', async () => {
    const path = join(folder, 'large');
    const data = Float32Array.from({ length: 3 << 20 }, (_, index) => index);
    await saveCheckpoint(path, { tensors: new Map([['w', { dtype: 'F32', shape: [data.length], data }]]), state: {} });
    const loaded = (await loadCheckpoint(path)).tensors.get('w')!.data;
    // Element by element, toEqual would take a quarter of a minute.
    expect(Buffer.from(loaded.buffer).equals(Buffer.from(data.buffer))).toBe(true);
  });

  it('refuses a state that JSON would change, and leaves no file', async () => {
    const bad = { tensors, state: { balancer: { max: Number.NaN } } };
    await expect(saveCheckpoint(join(folder, 'nan'), bad)).rejects.toThrow('"state.balancer.max" must be plain JSON');
    expect(readdirSync(folder)).not.toContain('nan');
  });
});

describe('files that are no good checkpoint', () => {
  const edit = async (name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> => {
    const path = await saved(name);
    writeFileSync(path, change(readFileSync(path)));
    return path;
  };

  it('missing', async () => {
    const path = join(folder, 'missing');
    await expect(loadCheckpoint(path)).rejects.toThrow(`cannot read checkpoint "${path}": the file does not exist`);
    await expect(loadCheckpoint(folder)).rejects.toThrow(`cannot read checkpoint "${folder}": EISDIR`);
  });

  it('something else: empty, text, plain safetensors', async () => {
    const contents = ['', 'hello', encodeSafetensors(tensors, { format: 'pt' })];
    for (const content of contents) {
      const path = join(folder, 'other');
      writeFileSync(path, content);
      await expect(loadCheckpoint(path)).rejects.toThrow(`"${path}" is not a counterpoise checkpoint`);
    }
  });

  it('cut short, at every length', async () => {
    const path = await saved('cut');
    for (let size = readFileSync(path).length - 1; size >= 0; size -= 7) {
      truncateSync(path, size);
      await expect(loadCheckpoint(path)).rejects.toThrow(/is damaged: .*truncated|is not a counterpoise checkpoint/);
    }
  });

  it('any one bit flipped', async () => {
    const path = await saved('flipped');
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at += 3) {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 1 << (at % 8);
      writeFileSync(path, bytes);
      await expect(loadCheckpoint(path)).rejects.toThrow(
        /^(checkpoint ".*" is damaged: [^\n]+|".*" is not a counterpoise checkpoint[^\n]*)$/,
      );
    }
  });

  it('a weight changed', async () => {
    const path = await edit('weight', (bytes) => bytes.fill(7, bytes.length - 4));
    await expect(loadCheckpoint(path)).rejects.toThrow(
      `checkpoint "${path}" is damaged: its SHA-256 checksum does not match its content`,
    );
  });

  it('a newer format', async () => {
    const path = await edit('newer', (bytes) => Buffer.from(bytes.toString('latin1').replace('"1"', '"2"'), 'latin1'));
    await expect(loadCheckpoint(path)).rejects.toThrow('has format version 2, this program reads up to 1');
  });
});

describe('kill -9 in the middle of a write', () => {
  it('never leaves an unreadable checkpoint, and the temporary files go at the next start', async () => {
    const script = compileWriter(join(folder, 'writer'));
    const runs = join(folder, 'runs');
    mkdirSync(runs);
    const path = join(runs, 'last.safetensors');
    const random = new Random('moments');
    let temporaries = 0;
    const seen = new Set<unknown>();
    for (let kill = 0; kill < 20; kill++) {
      const child: ChildProcess = fork(script, [path, String(kill)], { execArgv: [] });
      // The first checkpoint of this child is there; from now on it writes one after the other.
      await once(child, 'message');
      await sleep(random.uniform() * 25);
      child.kill('SIGKILL');
      await once(child, 'exit');
      temporaries += readdirSync(runs).length - 1;
      await removeStaleTemporaries(runs);
      expect(readdirSync(runs)).toEqual(['last.safetensors']);
      const checkpoint = await loadCheckpoint(path);
      expect(checkpoint.state.child).toBe(kill);
      // Every value of a checkpoint is its number: a mixture of two would show.
      const data = checkpoint.tensors.get('w')!.data as Float32Array;
      expect(data.every((value) => value === checkpoint.state.step)).toBe(true);
      seen.add(`${kill}/${checkpoint.state.step}`);
    }
    expect(seen.size).toBe(20);
    // Otherwise no kill fell into a write and the test has shown nothing.
    expect(temporaries).toBeGreaterThan(0);
  });
});

/** Writes the sources as JavaScript, so that a child process that can be killed runs this very code. */
function compileWriter(target: string): string {
  mkdirSync(target);
  const sources = {
    atomic: 'atomic.ts',
    json: 'json.ts',
    checkpoint: 'checkpoint.ts',
    safetensors: '../../nn/src/safetensors.ts',
    'safetensors-header': '../../nn/src/safetensors-header.ts',
    'json-keys': '../../nn/src/json-keys.ts',
    half: '../../nn/src/half.ts',
    'byte-source': '../../nn/src/byte-source.ts',
  };
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  for (const [name, source] of Object.entries(sources)) {
    const { outputText } = ts.transpileModule(readFileSync(new URL(source, import.meta.url), 'utf8'), {
      compilerOptions: options,
    });
    writeFileSync(join(target, `${name}.js`), outputText.replace('@counterpoise/nn', './safetensors.js'));
  }
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(target, 'writer.js'),
    `import { saveCheckpoint } from './checkpoint.js';
    const [path, child] = process.argv.slice(2);
    for (let step = 0; ; step++) {
      const data = new Float32Array(500_000).fill(step);
      const tensors = new Map([['w', { dtype: 'F32', shape: [data.length], data }]]);
      await saveCheckpoint(path, { tensors, state: { step, child: Number(child) } });
      if (step === 0) process.send('written');
    }`,
  );
  return join(target, 'writer.js');
}
