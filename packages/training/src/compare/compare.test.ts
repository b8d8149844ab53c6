import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Comparison } from './analysis.js';
import { compareMethods } from './compare.js';
import { plain } from './contenders.js';
import { findings } from './findings.js';
import type { RunOutcome, RunRequest } from './job.js';
import { writeComparison } from './page.js';
import { quadratics } from './testing/quadratics.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const rowOf = ({ rows }: Comparison, name: string) => rows.find((row) => row.name === name)!;

describe('constant scales', () => {
  const seen: { request: RunRequest; outcome: RunOutcome; isOld: boolean }[] = [];
  let total = 0;
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = (await compareMethods({
      ...quadratics(at('constant')),
      methods: [plain('running-max'), plain('upgrad'), plain('static')],
      observer: {
        plan: (runs) => {
          total = runs;
        },
        result: (request, outcome, isOld) => seen.push({ request, outcome, isOld }),
        progress: () => {},
      },
    }))!;
    await writeComparison(at('constant'), comparison, 'Quadratics', { steps: 2000 });
  }, 120_000);

  test('nothing beats a static weight, and it says so', () => {
    expect(comparison.rows.filter((row) => row.beatsStatic)).toEqual([]);
    expect(findings(comparison)[0]).toMatch(/^Nothing beats a static weight: .* over 3 seeds\.$/);
  });

  test('the baselines take part, unasked, and what cannot is named', () => {
    expect(comparison.rows.map(({ name, kind }) => [name, kind])).toEqual([
      ['sum', 'static'],
      ['log-sum', 'adaptive'],
      ['random', 'random'],
      ['running-max', 'adaptive'],
      ['static (search)', 'static'],
      [expect.stringMatching(/^static \(from (log-sum|running-max)\)$/), 'static'],
    ]);
    expect(comparison.leftOut).toEqual([{ name: 'upgrad', reason: 'it needs gradients' }]);
    expect(findings(comparison)).toContain('Left out: upgrad: it needs gradients');
  });

  test('every method has the same budget on the tuning seed, the search of static weights too', () => {
    expect(comparison.rows.map((row) => row.tuning.runs)).toEqual([2, 2, 2, 2, 2, 4]);
    const tuned = seen.filter(({ request }) => request.seed === 0);
    // Two baselines, four methods, the search, one extraction; at two learning rates each.
    expect(tuned).toHaveLength(2 * (2 + 4 + 1 + 1));
    expect(seen).toHaveLength(tuned.length + 3 * (2 + 6));
    expect(total).toBe(seen.length);
    // 2000 steps of 1e-4 s each.
    expect(rowOf(comparison, 'log-sum').tuning.seconds).toBeCloseTo(2 * 0.2, 10);
  });

  test('the search of the whole grid finds the scale: b counts 1000 times a, so its weight is about a 1000th', async () => {
    const fresh: RunRequest[] = [];
    const searched = (await compareMethods({
      ...quadratics(at('constant')),
      staticRuns: 100,
      observer: {
        plan: () => {},
        progress: () => {},
        result: (request, _outcome, isOld) => {
          if (!isOld) fresh.push(request);
        },
      },
    }))!;
    // Seven points at two rates, of which two are there already.
    expect(fresh.filter(({ seed }) => seed === 0)).toHaveLength(14 - 2);
    expect(rowOf(searched, 'static (search)').tuning.runs).toBe(14);
    expect(findings(searched)).toContain('Static weights were searched with 14 tuning runs, and every method had 2.');
    const { choice, metrics } = rowOf(searched, 'static (search)');
    const [a = 0, b = 0] = choice.options[0]!.match(/[\d.e-]+(?=,|$)/g)!.map(Number);
    expect(Math.abs(Math.log10((1000 * b) / a))).toBeLessThan(0.5);
    // x goes to the middle, where both are 2.
    expect(metrics['near a']!.mean).toBeGreaterThan(1.4);
    expect(metrics['near b']!.mean).toBeLessThan(2.8);
    // The plain sum holds x at -1.
    expect(rowOf(comparison, 'sum').metrics['near a']!.mean).toBeGreaterThan(4);
    expect(rowOf(comparison, 'sum').worst!.metric).toBe('near a');
  }, 120_000);

  test('a diverged run is a result: the plain sum blows up at the larger rates', () => {
    const diverged = seen.filter(({ outcome }) => 'diverged' in outcome).map(({ request }) => request);
    expect(diverged.length).toBeGreaterThan(0);
    expect(rowOf(comparison, 'sum').learningRate).toBe(1e-5);
    expect(findings(comparison).join('\n')).toMatch(/The smallest learning rate \(0.00001\) was the best for .*sum/);
  });

  test('random weights are drawn anew for each seed', () => {
    const { options } = seen.find(({ request }) => request.method === 'random' && request.seed === 3)!.request;
    expect(options).toEqual(['seed=3']);
  });

  test('again in the same folder: nothing is trained, the same bytes', async () => {
    const files = ['results.csv', 'results.json', 'results.md', 'report.html'];
    const before = files.map((file) => readFileSync(join(at('constant'), file), 'utf8'));
    const again: boolean[] = [];
    const second = await compareMethods({
      ...quadratics(at('constant')),
      methods: [plain('running-max'), plain('upgrad'), plain('static')],
      observer: { plan: () => {}, progress: () => {}, result: (_request, _outcome, isOld) => again.push(isOld) },
    });
    expect(again).toHaveLength(seen.length);
    expect(again).not.toContain(false);
    await writeComparison(at('constant'), second!, 'Quadratics', { steps: 2000 });
    expect(files.map((file) => readFileSync(join(at('constant'), file), 'utf8'))).toEqual(before);
  });

  test('more seeds in the same folder train only what is new', async () => {
    const fresh: RunRequest[] = [];
    await compareMethods({
      ...quadratics(at('constant')),
      seeds: [1, 2, 3, 4],
      observer: {
        plan: () => {},
        progress: () => {},
        result: (request, _outcome, isOld) => {
          if (!isOld) fresh.push(request);
        },
      },
    });
    // Two baselines, five methods without upgrad, one extraction.
    expect(fresh.map(({ seed }) => seed)).toEqual(Array.from({ length: 2 + 6 }, () => 4));
  });

  test('the page is one file that needs nothing else', () => {
    const html = readFileSync(join(at('constant'), 'report.html'), 'utf8');
    expect(html).toContain('near b ↓ over near a ↓');
    expect(html).toContain('Nothing beats a static weight');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    const csv = readFileSync(join(at('constant'), 'results.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(csv).toHaveLength(1 + 6);
    expect(csv[0]).toMatch(/^method,kind,learningRate,metric\/near a\/mean/);
  });

  test('a folder of another job, a damaged result, and a folder at work are refused', async () => {
    const options = quadratics(at('constant'));
    const other = { ...options, job: { ...options.job, options: { crossing: true } } };
    await expect(compareMethods(other)).rejects.toThrow('holds the comparison of another job, see job.json there');
    const results = join(at('constant'), 'results');
    const file = join(results, readdirSync(results)[0]!);
    writeFileSync(file, '{"request":');
    await expect(compareMethods(options)).rejects.toThrow(
      `"${file}" is not the result of its run: delete it, and the run is made again`,
    );
    writeFileSync(join(at('constant'), 'compare.pid'), String(process.ppid));
    await expect(compareMethods(options)).rejects.toThrow(
      `process ${process.ppid} is at work here, says "${at('constant')}/compare.pid"`,
    );
  });
});

test('scales that cross over: a method that follows them beats every static weight, and it says so', async () => {
  const crossing = { ...quadratics(at('crossing'), { crossing: true }), learningRates: [0.001, 0.01] };
  const comparison = (await compareMethods(crossing))!;
  expect(rowOf(comparison, 'log-sum').beatsStatic).toBe(true);
  expect(findings(comparison)[0]).toMatch(
    /^Better than the best static weights \(.*\) beyond noise over 3 seeds .*log-sum \(/,
  );
  const one = (await compareMethods({ ...crossing, seeds: [1] }))!;
  expect(one.rows.filter((row) => row.beatsStatic)).toEqual([]);
  expect(findings(one)[0]).toMatch(/^One seed: no difference can be told from noise/);
}, 120_000);

describe('wrong options', () => {
  test.each([
    [{ learningRates: [] }, '"learningRates" must be numbers greater than 0, at least one, got []'],
    [{ learningRates: [1, 1] }, '"learningRates" must be different, got [1,1]'],
    [{ seeds: [1, 1] }, '"seeds" must be different integers, at least one, got [1,1]'],
    [{ tuningSeed: 2 }, '"tuningSeed" must be an integer that is none of the seeds 1, 2, 3, got 2'],
    [{ staticRuns: 0 }, '"staticRuns" must be an integer of 1 or more, got 0'],
    [{ jobs: 0 }, '"jobs" must be an integer of 1 or more, got 0'],
    [{ methods: [plain('best')] }, 'there is no method "best"'],
  ])('%o', async (wrong, message) => {
    await expect(compareMethods({ ...quadratics(at('wrong')), ...wrong })).rejects.toThrow(message);
    expect(existsSync(join(at('wrong'), 'compare.pid'))).toBe(false);
  });
});
