import { describe, expect, it } from 'vitest';
import { describeDiagnosis } from './describe.js';
import { diagnose } from './diagnose.js';
import { CONFLICTING, FORUM, measure, PPO } from './jobs.test.helper.js';
import type { Measurement } from './measurement.js';
import { renderDiagnosis } from './page.js';
import type { Recommendation } from './recommend.js';

const commandOf = (one: Recommendation) => (one.kind === 'method' ? `run ${one.method}` : undefined);
const page = (measurements: readonly Measurement[]) =>
  renderDiagnosis({
    title: 'Losses of job.jsonl',
    diagnosis: diagnose(measurements),
    measurements,
    commandOf,
    config: { file: 'job.jsonl' },
  });
const count = (text: string, part: string | RegExp) => text.split(part).length - 1;

describe('describeDiagnosis', () => {
  const lines = describeDiagnosis(diagnose(measure(FORUM)), commandOf);

  it('shows aligned tables, the finding, and what to type', () => {
    const at = lines.findIndex((line) => line.startsWith('loss '));
    const [header, first, second] = lines.slice(at, at + 3);
    const end = header!.indexOf('value') + 'value'.length;
    for (const line of [first!, second!]) expect(line.slice(end - 1, end + 1)).toMatch(/\d /);
    expect(lines).toContain('         run log-sum');
    expect(lines.filter((line) => line.startsWith('finding  over 50 steps'))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('do '))).toMatch(/^do {7}log-sum: divides/);
    expect(lines.filter((line) => line.startsWith('or '))).toHaveLength(2);
    expect(lines.find((line) => line.startsWith('box / 10000'))).toMatch(/%.*%/);
    expect(lines.every((line) => line === line.trimEnd())).toBe(true);
  });

  it('shows dashes for what was not measured, and no angles', () => {
    const alone = describeDiagnosis(diagnose(measure(FORUM).map(({ losses }) => ({ losses }))), commandOf);
    expect(alone.find((line) => line.startsWith('box '))).toMatch(/–/);
    expect(alone.join('\n')).not.toMatch(/NaN|null|undefined|mean cosine/);
    expect(alone.find((line) => line.startsWith('share of'))).toContain('share of the total');
  });

  it('writes control characters in names as escapes, and keeps the columns in line', () => {
    const odd = describeDiagnosis(diagnose(measure({ ...FORUM, names: ['cl\u001b[2Kass\n', 'b\u200fox'] })), commandOf);
    const at = odd.findIndex((line) => line.startsWith('loss '));
    const [header, first, second] = odd.slice(at, at + 3);
    expect(first).toMatch(/^cl\\u001b\[2Kass\\u000a /);
    expect(second).toMatch(/^b\\u200fox /);
    expect([first!.length, second!.length]).toEqual([header!.length, header!.length]);
  });

  it('marks signed losses, and names the most opposed pair first', () => {
    const text = describeDiagnosis(diagnose(measure({ ...PPO, cosine: -0.6 })), commandOf);
    expect(text.some((line) => line.startsWith('policy (signed)'))).toBe(true);
    const at = text.findIndex((line) => line.startsWith('angle between'));
    expect(text[at + 1]).toMatch(/^policy, value +-0\.[56]/);
  });
});

describe('renderDiagnosis', () => {
  it('is a page with the finding, tables, curves and a heat map', () => {
    const html = page(measure(CONFLICTING));
    expect(html).toContain('Finding: over 50 steps the gradients of &#34;retain&#34; and &#34;forget&#34;');
    expect(html).toContain('upgrad');
    expect(count(html, '>−0.70</td>')).toBe(2);
    expect(html).toContain('<caption>Mean cosines</caption>');
    for (const title of ['Raw losses', 'Gradient norms', 'Cosines']) {
      expect(html).toContain(`font-weight="600" fill="var(--ink, #1f2328)">${title}</text>`);
    }
    expect(html).not.toMatch(/NaN|undefined|<script|no data/);
  });

  it('of losses alone shows no empty picture', () => {
    const html = page(measure(FORUM).map(({ losses }) => ({ losses })));
    expect(count(html, '<svg')).toBe(1);
    expect(html).not.toContain('<caption>');
    expect(html).not.toMatch(/NaN|undefined|no data/);
  });

  it('takes losses of both signs, and names that are markup', () => {
    const html = page(measure({ ...PPO, names: ['policy', '<script>alert(1)</script>', 'entropy'] }));
    expect(html).not.toContain('<script');
    expect(count(html, '<svg')).toBe(3);
  });
});
