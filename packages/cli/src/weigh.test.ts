import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { type Outcome, type Running, start } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-weigh-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(path(name), 'utf8');
const run = (...args: string[]) => start(['weigh', ...args], folder);

function weigh(args: readonly string[], input: string | Uint8Array): Promise<Outcome> {
  const running = run(...args);
  // The command may end before it has read everything.
  running.process.stdin!.on('error', () => undefined);
  running.process.stdin!.end(input);
  return running.outcome;
}

/** A training loop: each line is sent after the answer to the one before. */
function conversation({ process: child }: Running): (line: string) => Promise<string> {
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async (line) => {
    child.stdin!.write(`${line}\n`);
    return (await answers.next()).value;
  };
}

const line = (step: number) => JSON.stringify({ losses: { class: 2 + Math.sin(step), box: 5e4 / step } });
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${line(from + i)}\n`).join('');

test('each line is answered before the next one is sent', async () => {
  const running = run('ema', '--option', 'beta=0.5', '--priority', 'box=2,class=1');
  const ask = conversation(running);
  for (let step = 1; step <= 30; step++) {
    const { weights, terms, total } = JSON.parse(await ask(line(step)));
    expect(terms.box).toBe(weights.box * (5e4 / step));
    expect(total).toBeCloseTo(terms.box + terms.class, 12);
  }
  running.process.stdin!.end();
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' });
});

test('--wrap: in the order of compose, and between its questions no Gramian is needed', async () => {
  const shown = '{"losses": {"a": 1, "b": 100}, "gramian": [[1, -50], [-50, 10000]]}\n';
  const args = ['upgrad', '--wrap', 'update-every=2', '--wrap', 'normalize=log-sum'];
  const { code, stdout, stderr } = await weigh(
    args,
    `${shown}{"losses": {"a": 1, "b": 90}}\n{"losses": {"a": 1, "b": 80}}\n`,
  );
  const answers = stdout
    .trim()
    .split('\n')
    .map((answer) => JSON.parse(answer).weights);
  // Normalised, the two gradients have length 1 and cosine -1/2: 3/4 each.
  expect(answers[0].a).toBeCloseTo(0.75, 6);
  expect(answers[0].b).toBeCloseTo(0.0075, 8);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers).toHaveLength(2);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      'line 3: update-every(normalize-first(log-sum)(upgrad)) needs "gramian", and the line has none',
    ),
  });
  const wrong = await weigh(['ema', '--wrap', 'smooth=2'], '');
  expect(wrong).toMatchObject({ code: 2, stderr: 'error: "smooth" must be in [0, 1), got 2\n' });
});

test.each(['ema', 'random'])(
  '%s in three pieces, also interrupted ones, gives the bytes of a whole run',
  async (method) => {
    const whole = await weigh([method, '--state', `${method}-whole.json`], lines(1, 31));
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    let answers = (await weigh([method, '--state', `${method}-pieces.json`], lines(1, 11))).stdout;
    for (const [from, to, signal, code] of [
      [11, 21, 'SIGINT', 130],
      [21, 31, 'SIGTERM', 143],
    ] as const) {
      const running = run(method, '--state', `${method}-pieces.json`);
      const ask = conversation(running);
      for (let step = from; step < to; step++) answers += `${await ask(line(step))}\n`;
      running.process.kill(signal);
      expect(await running.outcome).toMatchObject({ code, stderr: '' });
    }
    expect(answers).toBe(whole.stdout);
    expect(read(`${method}-pieces.json`)).toBe(read(`${method}-whole.json`));
    expect(JSON.parse(read(`${method}-whole.json`))).toMatchObject({ method, tasks: ['class', 'box'], steps: 30 });
  },
);

test('a Gramian alone: weights of t1, t2, ... and nothing else', async () => {
  const { stdout } = await weigh(['mgda'], '{"gramian": [[1, 0], [0, 3]]}\n{"gramian": [[1, 2], [2, 100]]}\n');
  const [first, second] = stdout
    .trim()
    .split('\n')
    .map((answer) => JSON.parse(answer));
  // The nearest point of the segment between two orthogonal gradients: a_1 |g_1|^2 = a_2 |g_2|^2; in the second step g_1 itself.
  expect(first).toEqual({ weights: { t1: expect.closeTo(0.75, 12), t2: expect.closeTo(0.25, 12) } });
  expect(second).toEqual({ weights: { t1: 1, t2: 0 } });
});

test('a bad line ends the command at once, with its number; the state is that of the line before', async () => {
  const running = run('ema', '--state', 'bad.json');
  const ask = conversation(running);
  const first = await ask(line(1));
  running.process.stdin!.write(`\n  \n{"losses": {"class": 1, "bx": 2}}\n${line(2)}\n`);
  // Nobody ends the input: the command does not wait for it.
  const { code, stdout, stderr } = await running.outcome;
  expect({ code, stdout }).toEqual({ code: 1, stdout: `${first}\n` });
  expect(stderr).toMatch(/^error: line 4: loss "bx" is unknown: the losses are class, box [^\n]*\n$/);
  await weigh(['ema', '--state', 'good.json'], line(1));
  expect(read('bad.json')).toBe(read('good.json'));
});

test('a reader that goes away is no error, and the state is saved', async () => {
  const running = run('ema', '--state', 'left.json');
  await conversation(running)(line(1));
  running.process.stdout!.destroy();
  running.process.stdin!.write(`${line(2)}\n`);
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(read('left.json')).steps).toBe(2);
});

test('a reader that sleeps holds up the reading, and not the state on a signal', async () => {
  const running = run('sum', '--state', 'asleep.json');
  const { stdin, stdout } = running.process;
  stdin!.on('error', () => undefined);
  // The answers to all of them are more than the pipes hold.
  stdin!.write(lines(1, 20_000));
  await new Promise<void>((resolve) =>
    stdout!.once('data', () => {
      stdout!.pause();
      resolve();
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  running.process.kill('SIGTERM');
  await new Promise((resolve) => running.process.once('exit', resolve));
  const { steps } = JSON.parse(read('asleep.json'));
  expect(steps).toBeGreaterThan(0);
  expect(steps).toBeLessThan(19_999);
  stdout!.resume();
  expect((await running.outcome).code).toBe(143);
});

test('a byte order mark, CRLF, blank lines, no last line end', async () => {
  const plain = await weigh(['ema'], lines(1, 4));
  const odd = `\ufeff${lines(1, 4).replaceAll('\n', '\r\n\r\n').trimEnd()}`;
  expect(await weigh(['ema'], odd)).toEqual({ ...plain, code: 0, stderr: '' });
  expect(plain.stdout.split('\n')).toHaveLength(4);
});

test('no line: no answer, no state', async () => {
  for (const input of ['', '\n\n']) {
    expect(await weigh(['ema', '--state', 'none.json'], input)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  }
  expect(existsSync(path('none.json'))).toBe(false);
});

test('a line without an end is refused before it fills the memory', async () => {
  const { code, stdout, stderr } = await weigh(
    ['ema'],
    Buffer.concat([Buffer.from(`${line(1)}\n`), Buffer.alloc(2e7, '[')]),
  );
  expect({ code, answers: stdout.split('\n').length }).toEqual({ code: 1, answers: 2 });
  expect(stderr).toBe('error: line 2: it is longer than 16777216 bytes\n');
});

test('a state of another method or other options, or no state at all, is refused and stays as it is', async () => {
  await weigh(['ema', '--state', 'ema.json'], lines(1, 5));
  writeFileSync(path('cut.json'), read('ema.json').slice(0, 50));
  for (const [args, message] of [
    [['sum', '--state', 'ema.json'], '--state "ema.json": balancer state is of "method" "ema", but this is sum'],
    [['ema', '--option', 'beta=0.5', '--state', 'ema.json'], '--state "ema.json": balancer state has "beta" 0.99'],
    [['ema', '--state', 'cut.json'], '--state "cut.json": '],
    [['ema', '--state', '.'], '--state "."'],
  ] as const) {
    const before = [read('ema.json'), read('cut.json')];
    const { code, stdout, stderr } = await weigh(args, lines(5, 7));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([read('ema.json'), read('cut.json')]).toEqual(before);
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test.each([
  [['magic'], 'there is no method "magic"'],
  [['ema', '--option', 'speed=1'], 'ema has no option "speed"; its options are beta'],
  [['ema', '--option', 'relative-epsilon=7'], '"relative-epsilon" must be in [0, 1], got 7'],
  [['static'], 'static needs the option "weights"'],
  [['static', '--option', 'weights=class:1,bx:2'], '"weights" names loss "bx", but the losses are class, box'],
  [['ema', '--priority', 'box'], 'It must look like LOSS=1,OTHER=2, got "box"'],
  [['ema', '--priority', 'box=-1'], 'priority of loss "box" must be in [0, inf), got -1'],
  [['ema', '--priority', '__proto__=1'], '"priorities" names loss "__proto__", but the losses are class, box'],
  [['ema', '--state', 'no/such/folder.json'], '--state "no/such/folder.json" cannot be written'],
  [['ema', '--fast'], "unknown option '--fast'"],
])('used wrongly: %j', async (args, message) => {
  const { code, stdout, stderr } = await weigh(args, line(1));
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

const python = spawnSync('python3', ['--version']).status === 0;
test.skipIf(!python)("Python's json, there and back (needs python3)", async () => {
  const script = `
import json, sys
nan, inf = float('nan'), float('inf')
steps = [{'größe': 1.5, 'b "x"': 1e5}, {'größe': nan, 'b "x"': inf}, {'größe': -inf, 'b "x"': 2}, {'größe': 2.5, 'b "x"': 1e-5}]
if len(sys.argv) == 1:
    for losses in steps: print(json.dumps({'losses': losses, 'mask': None}))
else:
    for losses, line in zip(steps, sys.stdin, strict=True):
        answer = json.loads(line, parse_constant=lambda name: sys.exit(name + ' is no JSON'))
        print(sum(answer['weights'][task] > 0 for task in losses), sorted(answer.get('reasons', {})))
`;
  const sent = spawnSync('python3', ['-c', script], { encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } });
  expect(sent.stdout).toContain('NaN');
  const { code, stdout, stderr } = await weigh(['ema'], sent.stdout);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const got = spawnSync('python3', ['-c', script, 'read'], {
    input: stdout,
    encoding: 'utf8',
    env: { ...process.env, PYTHONUTF8: '1' },
  });
  expect(got.stderr).toBe('');
  expect(got.stdout.trim().split('\n')).toEqual(['2 []', `0 ['b "x"', 'größe']`, "1 ['größe']", '2 []']);
});

test.skipIf(!python)('the client for Python: options, state, and the end of the command (needs python3)', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const script = `
import math, sys
from counterpoise import Balancer
command = (sys.argv[1], sys.argv[2] + 'packages/cli/bin/counterpoise.js')
arguments = dict(options={'absolute': True, 'beta': 0.5}, priorities={'a': 2}, state='python.json', command=command)
for losses in [{'a': -4, 'b': 2}, {'a': 4, 'b': math.nan}]:
    with Balancer('ema', **arguments) as balancer:
        print(balancer.weigh(losses=losses)['terms'])
try:
    with Balancer('ema', **arguments) as balancer:
        balancer.weigh(loses={})
except RuntimeError as error:
    print(error)
`;
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', script, process.execPath, root], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: join(root, 'examples', 'weigh-from-python') },
  });
  expect(stderr).toMatch(/^error: line 1: there is no field "loses"; [^\n]*\n$/);
  const [first, second, error] = stdout.trim().split('\n');
  expect(JSON.parse(first!.replaceAll("'", '"'))).toEqual({ a: expect.closeTo(-2, 6), b: expect.closeTo(1, 6) });
  expect(JSON.parse(second!.replaceAll("'", '"'))).toEqual({ a: expect.closeTo(2, 6), b: 0 });
  expect(error).toBe('counterpoise ended with code 1; its error is on stderr');
});

test('the example of the help is true', async () => {
  const { stdout: help } = await start(['weigh', '--help'], folder).outcome;
  const [, input, args, answer] = /\$ echo '(.*)' \| counterpoise weigh (.*)\n *(\{.*\})\n/.exec(help)!;
  expect((await weigh(args!.split(' '), input!)).stdout).toBe(`${answer}\n`);
});
