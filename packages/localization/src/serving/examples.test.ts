import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestFolder, testFolder } from '../testing/voc-folder.js';
import { EXAMPLES, writeExamples } from './examples.js';

const HOSTILE = ['</script><script>alert(1)</script>', '$& $1', `"quotes'`, 'back\\slash\n', '<!-- ', 'ключ'];

let folder: TestFolder;
const at = (name: string) => join(folder.path, name);
const text = (name: string) => readFile(at(name), 'utf8');

beforeAll(async () => {
  folder = await testFolder();
});
afterAll(() => folder.remove());

describe('writeExamples', () => {
  it('writes programs with the name of the model and the classes in them, whatever these are called', async () => {
    expect(await writeExamples(at('a "b" #1.onnx'), HOSTILE)).toEqual(EXAMPLES.map(at));
    const [script, page] = [await text('infer.mjs'), await text('index.html')];
    for (const program of [script, page]) {
      const constants = [...program.matchAll(/const (MODEL|CLASSES) = (.*);/g)].map(([, name, json]) => [
        name,
        JSON.parse(json!),
      ]);
      expect(Object.fromEntries(constants)).toEqual({ MODEL: 'a "b" #1.onnx', CLASSES: HOSTILE });
    }
    // The page still has one script, and the program is one.
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(page).not.toContain('<!-- ');
    expect(spawnSync(process.execPath, ['--check', at('infer.mjs')]).status).toBe(0);
  });

  it('asks no other server for anything', async () => {
    for (const name of EXAMPLES) expect((await text(name)).match(/https?:\/\/[^\s]*/g) ?? []).toEqual([]);
    expect(await text('index.html')).toContain(`default-src 'none'`);
  });

  it('writes the same again, and never over what somebody has changed', async () => {
    await expect(writeExamples(at('model.onnx'), ['a'])).rejects.toThrow(
      `"${at('infer.mjs')}" is there and differs from what would be written: move it away first`,
    );
    await writeExamples(at('a "b" #1.onnx'), HOSTILE);
    await folder.write('index.html', '<p>mine');
    await expect(writeExamples(at('a "b" #1.onnx'), HOSTILE)).rejects.toThrow(`"${at('index.html')}" is there`);
    expect(await text('index.html')).toBe('<p>mine');
  });
});
