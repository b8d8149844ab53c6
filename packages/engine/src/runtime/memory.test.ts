import { expect, test } from 'vitest';
import { createSession, liveNativeObjects, type Session } from './index.js';
import { affineModel, chainModel, tapeModel } from './models.test.helper.js';

const MB = 1024 * 1024;

async function cycle(): Promise<void> {
  const session = await createSession(affineModel(16, 16, 16), { threads: 2 });
  const view = (length: number, shape: number[]) => ({ data: new Float32Array(length), shape });
  const binding = session.bind({
    inputs: { a: view(256, [16, 16]), b: view(256, [16, 16]), c: view(16, [16]) },
    outputs: { y: view(256, [16, 16]) },
  });
  await binding.run();
  expect(liveNativeObjects()).toBe(4); // environment, description of CPU memory, session, binding
  session.release();
}

async function residentGrowth(cycles: number, work: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 100; i++) await work();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < cycles; i++) await work();
  return (process.memoryUsage.rss() - before) / MB;
}

test('300 sessions leave neither objects nor memory', async () => {
  expect(await residentGrowth(300, cycle)).toBeLessThan(24);
  expect(liveNativeObjects()).toBe(0);
});

test('failures leave neither objects nor memory', async () => {
  const model = affineModel(16, 16, 16);
  const fail = async () => {
    await expect(createSession(model.subarray(0, 40))).rejects.toThrow();
    const session = await createSession(model, { threads: 1 });
    expect(() => session.bind({ inputs: {}, outputs: {} })).toThrow();
    session.release();
  };
  expect(await residentGrowth(200, fail)).toBeLessThan(24);
  expect(liveNativeObjects()).toBe(0);
});

test('a thousand runs of one binding take no memory', async () => {
  const n = 64;
  const session = await createSession(chainModel(4, n), { threads: 2 });
  const view = () => ({ data: new Float32Array(n * n), shape: [n, n] });
  const binding = session.bind({ inputs: { x: view(), w: view() }, outputs: { y: view() } });
  expect(await residentGrowth(1000, () => binding.run())).toBeLessThan(16);
  session.release();
  expect(liveNativeObjects()).toBe(0);
});

test('sessions that run in turn share one arena, which goes with the last of them', async () => {
  const n = 4 * MB; // 16 MB a tensor, at least six of them alive at a time in one session
  const x = { data: new Float32Array(n).fill(0.5), shape: [n] };
  const y = { data: new Float32Array(n).fill(0.5), shape: [n] };
  const base = process.memoryUsage.rss();
  const grown = () => (process.memoryUsage.rss() - base) / MB;
  const sessions: Session[] = [];
  const used: number[] = [];
  for (let i = 0; i < 3; i++) {
    const session = await createSession(tapeModel(n), { threads: 2 });
    sessions.push(session);
    await session.bind({ inputs: { x }, outputs: { y } }).run();
    used.push(grown());
  }
  for (const session of sessions) session.release();
  expect(used[0]).toBeGreaterThan(80);
  expect(used[2]! - used[0]!).toBeLessThan(32);
  expect(grown()).toBeLessThan(48);
});
