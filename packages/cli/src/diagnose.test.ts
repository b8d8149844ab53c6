import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runHere } from './run-here.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-diagnose-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const lines = (count: number, of: (step: number) => unknown) =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify(of(at + 1))}\n`).join('');

/** Lengths 1.2 and 1500, cosine -0.1; the losses fall. */
const forum = (step: number) => ({
  losses: { class: 2.3 - step / 100, box: 5000 - 20 * step },
  gramian: [
    [1.44, -180],
    [-180, 2.25e6],
  ],
});

describe('counterpoise diagnose FILE', () => {
  it('names the trouble of lines as weigh reads them, and what to type', async () => {
    const path = file('forum.jsonl', `\n${lines(20, forum)}`);
    const { code, stdout, stderr } = await runHere(['diagnose', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^finding {2}over 20 steps the gradient of "box" .* 1250 times \(1250 to 1250 in 8 of 10 steps\)/m,
    );
    expect(stdout).toMatch(/^ {9}counterpoise weigh log-sum$/m);
    expect(stdout).toMatch(/^ {9}counterpoise weigh static --option weights=class:1,box:0.0008$/m);
  });

  it('--json prints one object, --report writes a page', async () => {
    const path = file('forum.jsonl', lines(20, forum));
    const report = join(folder, 'page.html');
    const { code, stdout } = await runHere(['diagnose', path, '--json', '--report', report, '--steps', '12']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ file: path, steps: 12, finding: { kind: 'gap' }, gradientGap: { larger: 'box' } });
    expect(result.losses[0].value).toBeCloseTo(2.3 - 14.5 / 100, 9);
    expect(result.recommendations[0]).toMatchObject({ method: 'log-sum', command: 'counterpoise weigh log-sum' });
    expect(readFileSync(report, 'utf8')).toContain('Mean cosines');
  });

  it('a null loss of weight 0 had no sample in its step: the step counts for the others', async () => {
    const path = file(
      'absent.jsonl',
      lines(40, (step) => {
        const isAbsent = step % 4 === 0;
        return {
          kind: 'step',
          step,
          'train/loss/class': 2,
          'train/loss/box': isAbsent ? null : 3,
          'weight/class': 1,
          'weight/box': isAbsent ? 0 : 0.5,
        };
      }),
    );
    const { code, stdout } = await runHere(['diagnose', path, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 40, leftOut: 0 });
  });

  it('reads the metrics of a run: steps alone, null as NaN, pairs in either order, steps without measurement', async () => {
    const path = file(
      'metrics.jsonl',
      lines(41, (step) => {
        if (step === 20) return { kind: 'epoch', epoch: 1, 'train/loss/class': 9 };
        const measured = step % 2 === 1 && { 'gradientNorm/class': 2, 'gradientNorm/box': 3, 'cosine/box:class': -0.5 };
        const loss = step === 30 ? null : 2;
        return {
          kind: 'step',
          step,
          'train/loss/class': loss,
          'train/loss/box': 3,
          'weight/class': 1,
          'weight/box': 0.5,
          ...measured,
        };
      }),
    );
    const { code, stdout } = await runHere(['diagnose', path, '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ steps: 39, leftOut: 1, finding: { kind: 'conflict' }, gradientGap: { steps: 21 } });
    expect(result.pairs).toEqual([{ losses: ['class', 'box'], cosine: -0.5, interval: [-0.5, -0.5], conflictRate: 1 }]);
    expect(result.scenarios.map(({ title }: { title: string }) => title)).toContain('as trained');
  });

  it('of losses alone says what it cannot know', async () => {
    const path = file(
      'losses.jsonl',
      lines(20, (step) => ({ losses: forum(step).losses })),
    );
    const { code, stdout } = await runHere(['diagnose', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('cannot be known from losses alone');
  });

  it('keeps the order of the text: names like numbers are not sorted', async () => {
    const text = '{"losses": {"10": 2, "2": 5000}, "gramian": [[1, 0], [0, 1e6]]}\n'.repeat(10);
    const { stdout } = await runHere(['diagnose', file('order.jsonl', text), '--json']);
    expect(JSON.parse(stdout).gradientGap).toMatchObject({ larger: '2', smaller: '10' });
  });

  it('a masked loss is absent; NaN and Infinity are what weigh takes for numbers', async () => {
    const text =
      '{"losses": {"a": 1, "b": 2}, "gradientNorms": {"a": 1, "b": 1}}\n'.repeat(9) +
      '{"losses": {"a": 1, "b": 0}, "mask": {"b": false}, "gradientNorms": {"a": 1, "b": 9}}\n' +
      '{"losses": {"a": NaN, "b": 2}}\n';
    const { stdout } = await runHere(['diagnose', file('mask.jsonl', text), '--json']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ steps: 10, leftOut: 1, gradientGap: { ratio: 1, steps: 9 } });
    expect(result.losses[1].value).toBe(2);
  });

  it('control characters of a name do not reach the terminal', async () => {
    const text = '{"losses": {"\\u001b[31ma": 1, "b": 2}}\n'.repeat(9);
    const { stdout } = await runHere(['diagnose', file('evil.jsonl', text)]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('\\u001b[31ma');
  });
});

describe('what cannot be used', () => {
  const bad: [string, string | Uint8Array, string][] = [
    ['empty', '', 'it has no line with losses'],
    ['epochs.jsonl', '{"kind": "epoch", "train/loss/a": 1}\n', 'it has no line with losses'],
    ['text', 'class 2.3\n', 'line 1: not JSON at column 1'],
    ['list', '[1, 2]\n', 'line 1: it must be an object such as'],
    ['unknown field', '{"losses": {"a": 1}, "grads": 1}\n', 'line 1: there is no field "grads"'],
    ['no losses', '{"gramian": [[1]]}\n', 'line 1: it has no "losses"'],
    ['word', '{"losses": {"a": "1"}}\n', 'line 1: "losses" of "a" must be a number, got "1"'],
    ['number', '{"losses": 1}\n', 'line 1: "losses" must be an object of numbers by loss name, got 1'],
    ['rows', '{"losses": {"a": 1}, "gramian": 3}\n', 'line 1: "gramian" must be rows of numbers, got 3'],
    ['cells', '{"losses": {"a": 1}, "gramian": [["1"]]}\n', 'line 1: "gramian" must be rows of numbers'],
    ['size', '{"losses": {"a": 1}}\n{"losses": {"a": 1}, "gramian": [[1, 2]]}\n', 'line 2: "gramian" must be 1 x 1'],
    ['stranger', '{"losses": {"a": 1}}\n\n{"losses": {"b": 1}}\n', 'line 3: "losses" has "b", but the losses are a'],
    ['not UTF-8', Uint8Array.of(0xff, 0x0a), 'line 1: it is not UTF-8'],
    ['long', `{"losses": {"${'a'.repeat(2 ** 20)}": 1}}`, 'line 1: it is longer than 1048576 bytes'],
  ];
  it.each(bad)('%s: one line that names file and line', async (name, content, message) => {
    const path = file(name, content);
    const { code, stdout, stderr } = await runHere(['diagnose', path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(name);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('a folder, and a file that is not there', async () => {
    mkdirSync(join(folder, 'run'), { recursive: true });
    expect((await runHere(['diagnose', join(folder, 'run')])).stderr).toContain('of a run give its metrics.jsonl');
    expect(await runHere(['diagnose', join(folder, 'none')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('none": there is no such file\n'),
    });
  });

  it.each(['0', '1001', '2.5', 'many', ''])('--steps %j is refused', async (steps) => {
    const { code, stderr } = await runHere(['diagnose', file('forum.jsonl', lines(9, forum)), '--steps', steps]);
    expect(code).toBe(2);
    expect(stderr).toContain('integer in [1, 1000]');
  });

  it('leaves no file behind when it fails', async () => {
    const before = readdirSync(folder).length;
    await runHere(['diagnose', join(folder, 'text'), '--report', join(folder, 'none.html')]);
    expect(readdirSync(folder)).toHaveLength(before);
  });
});
