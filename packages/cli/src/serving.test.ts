/** What is done with a trained localizer: pictures from folders and standard input, and models that serve by themselves. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counterpoise, type Outcome, start, TINY } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-serving-'));
const at = (name: string) => join(folder, name);
const imagesOf = ({ stdout }: Outcome) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).image);

beforeAll(async () => {
  expect((await counterpoise([...TINY, '--epochs', '1', '--out', 'run'], folder)).code).toBe(0);
  for (const name of ['photos/b', 'photos/more/c']) mkdirSync(at(name), { recursive: true });
  const picture = sharp(Buffer.alloc(50 * 30 * 3, 90), { raw: { width: 50, height: 30, channels: 3 } });
  for (const name of ['photos/b/two.png', 'photos/one.png', 'photos/more/c/three.png']) {
    await picture.clone().png().toFile(at(name));
  }
  writeFileSync(at('photos/notes.txt'), 'no picture');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

function predict(stdin: string | Uint8Array, ...words: string[]): Promise<Outcome> {
  const running = start(['predict', 'run', '--threads', '1', '--json', ...words], folder);
  // The command may stop reading before everything is written.
  running.process.stdin!.on('error', () => undefined).end(stdin);
  return running.outcome;
}

test('predict: a folder stands for its pictures; drawings of the same name get numbers', async () => {
  const outcome = await predict('', 'photos', 'photos/one.png', '--draw', 'drawn');
  expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: '' });
  const [two, three, one] = ['photos/b/two.png', 'photos/more/c/three.png', 'photos/one.png'];
  expect(imagesOf(outcome)).toEqual([two, three, one, one]);
  for (const name of ['two.png', 'three.png', 'one.png', 'one-2.png'])
    expect(existsSync(at(`drawn/${name}`))).toBe(true);

  const none = await predict('', 'run/checkpoints', 'photos/one.png');
  expect(imagesOf(none)).toEqual([one]);
  expect(none).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: run.checkpoints: there is no \.jpg.*\n$/),
  });
});

test('predict -: one picture, or names, from standard input', async () => {
  const bytes = readFileSync(at('photos/one.png'));
  const [fromStdin, fromFile] = [await predict(bytes, '-', '--draw', 'drawn'), await predict('', 'photos/one.png')];
  expect(fromStdin.stderr).toBe('');
  expect(JSON.parse(fromStdin.stdout)).toEqual({ ...JSON.parse(fromFile.stdout), image: 'stdin' });
  expect(existsSync(at('drawn/stdin.png'))).toBe(true);

  const names = await predict('photos/one.png\nmissing.png\n\nphotos/b', '-');
  expect(imagesOf(names)).toEqual(['photos/one.png', 'photos/b/two.png']);
  expect(names).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: missing\.png: .*\n$/) });
});

test('predict -: what is neither is one line, at once', async () => {
  for (const [stdin, problem] of [
    ['', /^error: stdin: it is empty;.*\n$/],
    ['\u001b[31m\u0007\n', /^error: stdin: this is neither a JPEG or PNG picture nor names of files, one a line\n$/],
    [Buffer.alloc(3e6, 'x'), /^error: stdin: this is neither .*\n$/],
    [readFileSync(at('photos/one.png')).subarray(0, 60), /^error: stdin: the picture cannot be decoded: .*\n$/],
  ] as const) {
    expect(await predict(stdin, '-')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(problem) });
  }
  const twice = await predict('photos/one.png\n', '-', '-');
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: stdin: it is empty/) });
  expect(imagesOf(twice)).toEqual(['photos/one.png']);
});

test('export --with-processing: a folder to serve from, with examples on request', async () => {
  const args = ['export', 'run', '--with-processing'];
  const plain = readFileSync(at('run/model.onnx'));
  const { code, stdout, stderr } = await counterpoise([...args, '--with-examples', '--json'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [model, script, page] = ['model.onnx', 'infer.mjs', 'index.html'].map((name) => join('run', 'serve', name));
  expect(JSON.parse(stdout)).toMatchObject({ model, processing: true, examples: [script, page] });
  for (const file of [model, script, page]) expect(existsSync(at(file!))).toBe(true);
  expect(readFileSync(at('run/model.onnx')).equals(plain)).toBe(true);
  expect(readFileSync(at(model!)).length).toBeGreaterThan(plain.length);

  // Again is no trouble; over a changed program is.
  expect(await counterpoise([...args, '--with-examples'], folder)).toMatchObject({ code: 0 });
  writeFileSync(at(script!), '// mine');
  const refused = await counterpoise([...args, '--with-examples'], folder);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: ".*infer\.mjs" is there and .*\n$/),
  });
  expect(readFileSync(at(script!), 'utf8')).toBe('// mine');
  expect(await counterpoise([...args, '--out', 'new/folder/m.onnx'], folder)).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(at('new/folder/infer.mjs'))).toBe(false);

  const usage = await counterpoise(['export', 'run', '--with-examples'], folder);
  expect(usage).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: --with-examples needs --with-proc.*\n$/),
  });
});
