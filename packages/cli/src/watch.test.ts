import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counterpoise, type Running, start } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-cli-watch-'));
beforeAll(() => {
  mkdirSync(join(folder, 'runs', 'one'), { recursive: true });
  writeFileSync(join(folder, 'runs', 'one', 'config.json'), '{}');
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The first line that the command prints. */
function firstLine({ process: child, outcome }: Running): Promise<string> {
  const line = new Promise<string>((resolve) => child.stdout?.once('data', (data) => resolve(String(data))));
  const end = outcome.then(({ stderr }) => {
    throw new Error(`the command ended at once: ${stderr}`);
  });
  return Promise.race([line, end]);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('prints the address, and ends at %s while a page is open', async (signal, code) => {
  const running = start(['watch'], folder);
  const line = await firstLine(running);
  const url = /^1 run in runs: (http:\/\/127\.0\.0\.1:\d+\/)\n$/.exec(line)?.[1];
  expect(url).toBeDefined();
  expect(await (await fetch(url!)).text()).toContain('Counterpoise');
  const page = await new Promise<{ ended: Promise<void> }>((resolve) => {
    get(`${url}events`, (response) => {
      response.on('error', () => undefined).resume();
      resolve({ ended: new Promise((end) => response.on('close', () => end())) });
    });
  });
  running.process.kill(signal);
  expect(await running.outcome).toEqual({ code, signal: null, stdout: line, stderr: '' });
  await page.ended;
});

test.each([
  [['nowhere'], 1, 'cannot watch "nowhere": there is no such folder'],
  [['file'], 1, 'cannot watch "file": it is no folder'],
  [['--port', '65536'], 2, "option '--port <n>' argument '65536' is invalid. It must be an integer in [0, 65535]."],
  [['--port', 'http'], 2, "option '--port <n>' argument 'http' is invalid. It must be an integer in [0, 65535]."],
])('%j is one line on stderr', async (args, code, message) => {
  expect(await counterpoise(['watch', ...args], folder)).toEqual({
    code,
    signal: null,
    stdout: '',
    stderr: `error: ${message}\n`,
  });
});

test('a port that is given, and one that is taken', async () => {
  const first = start(['watch', 'runs'], folder);
  const port = new URL(/http:\S+/.exec(await firstLine(first))![0]).port;
  const { code, stderr } = await counterpoise(['watch', 'runs', '--port', port], folder);
  expect([code, stderr]).toEqual([1, `error: cannot listen on port ${port}: it is taken: choose another one\n`]);
  first.process.kill('SIGINT');
  await first.outcome;
  const second = start(['watch', 'runs', '--port', port], folder);
  expect(await firstLine(second)).toBe(`1 run in runs: http://127.0.0.1:${port}/\n`);
  second.process.kill('SIGINT');
  await second.outcome;
});
