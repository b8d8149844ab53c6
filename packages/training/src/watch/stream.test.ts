import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventReader } from './events.test.helper.js';
import { epochLine, makeRun, stepLine, temporaryFolder, writeLines, writeSteps } from './run-folder.test.helper.js';
import { type WatchServer, watchRuns } from './server.js';

let root: string;
let server: WatchServer;
const readers: EventReader[] = [];

beforeEach(async () => {
  root = temporaryFolder();
  server = await watchRuns(root);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await server.close();
  rmSync(root, { recursive: true });
});

async function open(lastEventId?: string): Promise<EventReader> {
  const reader = await EventReader.open(server.url, lastEventId);
  readers.push(reader);
  return reader;
}

const steps = (reader: EventReader) => reader.values('step', 'step');
const hasSteps = (count: number) => (reader: EventReader) => steps(reader).length >= count && steps(reader);
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('a finished run comes whole: steps, epochs, times and its config', async () => {
  const run = makeRun(root, 'run', { epochs: 1 });
  writeSteps(run, 1, 4);
  writeLines(run, [epochLine(1, 4)]);
  writeLines(run, ['{"epoch":1,"step":4,"trainSeconds":2,"memoryMiB":100}'], 'timing.jsonl');
  const reader = await open();
  await reader.until(() => reader.values('timing', 'memoryMiB').length > 0);
  expect(steps(reader)).toEqual([1, 2, 3, 4]);
  expect(reader.values('epoch', 'metric/accuracy')).toEqual([0.5]);
  expect(reader.of('hello')[0]!.data).toEqual({ folder: root, resumed: false });
  expect(reader.of('runs').at(-1)!.data).toMatchObject([{ name: 'run', config: { epochs: 1 } }]);
  expect(reader.of('system')[0]!.data).toMatchObject({ processors: expect.any(Number) });
});

test('a file that grows: every line once, a part of a line not before it is whole', async () => {
  const run = makeRun(root, 'run');
  const reader = await open();
  for (let first = 1; first <= 41; first += 10) {
    writeSteps(run, first, first + 8);
    const line = stepLine(first + 9);
    appendFileSync(join(run, 'metrics.jsonl'), line.slice(0, 20));
    await reader.until(hasSteps(first + 8));
    appendFileSync(join(run, 'metrics.jsonl'), `${line.slice(20)}\n`);
  }
  expect(await reader.until(hasSteps(50))).toEqual(range(1, 50));
});

test('a connection that was lost goes on behind the event that was seen last', async () => {
  const run = makeRun(root, 'run');
  writeSteps(run, 1, 5);
  const first = await open();
  await first.until(hasSteps(5));
  first.close();
  writeSteps(run, 6, 8);
  const second = await open(first.events.at(-1)!.id);
  expect(await second.until(hasSteps(3))).toEqual([6, 7, 8]);
  expect(second.of('hello')[0]!.data.resumed).toBe(true);
  // The id of the first event, from before any row, gives everything again.
  const third = await open(first.events[0]!.id);
  expect(await third.until(hasSteps(8))).toEqual(range(1, 8));
});

test('an id of another server, or none at all, begins anew', async () => {
  writeSteps(makeRun(root, 'run'), 1, 3);
  const other = await watchRuns(root);
  const stranger = await EventReader.open(other.url);
  await stranger.until(hasSteps(3));
  await other.close();
  for (const id of [stranger.events.at(-1)!.id, 'x'.repeat(9000)]) {
    const reader = await open(id);
    expect(await reader.until(hasSteps(3))).toEqual([1, 2, 3]);
    expect(reader.of('hello')[0]!.data.resumed).toBe(false);
  }
});

test('a run that is cut back to its checkpoint and resumed is shown as the file is then', async () => {
  const run = makeRun(root, 'run');
  writeSteps(run, 1, 9);
  const reader = await open();
  await reader.until(hasSteps(9));
  truncateSync(join(run, 'metrics.jsonl'), `${stepLine(1)}\n${stepLine(2)}\n`.length);
  const reset = await reader.until(() => reader.of('reset').at(-1));
  expect(reset.data).toMatchObject({ tables: ['step', 'gradient', 'epoch'] });
  writeSteps(run, 3, 4);
  expect(await reader.until(hasSteps(4))).toEqual([1, 2, 3, 4]);

  // The same while nobody looked, and grown beyond its old length with other content.
  reader.close();
  truncateSync(join(run, 'metrics.jsonl'), 0);
  writeSteps(run, 100, 120);
  const later = await open(reader.events.at(-1)!.id);
  await later.until(() => later.of('reset').length > 0);
  expect(await later.until(hasSteps(21))).toEqual(range(100, 120));
});

test('runs that appear, vanish and come back', async () => {
  const reader = await open();
  await reader.until(() => reader.of('runs').length === 1);
  expect(reader.of('runs')[0]!.data).toEqual([]);
  const run = makeRun(root, 'late');
  writeSteps(run, 1, 2);
  await reader.until(hasSteps(2));
  rmSync(run, { recursive: true });
  await reader.until(() => JSON.stringify(reader.of('runs').at(-1)!.data) === '[]' && reader.of('runs').length > 1);
  const before = reader.of('rows').length;
  writeSteps(makeRun(root, 'late'), 1, 2);
  await reader.until(() => reader.of('rows').length > before);
  expect(steps(reader).slice(-2)).toEqual([1, 2]);
});

test('lines that are no records, and one that never ends, are named and hurt no other run', async () => {
  const bad = makeRun(root, 'bad');
  writeLines(bad, ['nonsense', stepLine(1), '{"kind":"step"}']);
  writeFileSync(join(bad, 'timing.jsonl'), 'x'.repeat(2 ** 20 + 300));
  writeSteps(makeRun(root, 'good'), 5, 6);
  const reader = await open();
  await reader.until(() => reader.of('problem').length === 2 && steps(reader).length === 3);
  expect(reader.of('problem').map(({ data }) => data.text)).toEqual([
    'metrics.jsonl has lines that are no records; they are left out',
    'timing.jsonl has a line longer than 1 MiB: what follows is not shown',
  ]);
  expect([...steps(reader)].sort()).toEqual([1, 5, 6]);
});
