import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.js';
import { BALANCED_PAIR, CONFLICTING, FORUM, type Job, measure, PPO } from './jobs.test.helper.js';
import type { Measurement } from './measurement.js';
import type { Recommendation } from './recommend.js';

const judged = (job: Job, remarks = {}) => diagnose(measure(job), remarks);
const methodsOf = (recommendations: readonly Recommendation[]) =>
  recommendations.map((one) => (one.kind === 'method' ? one.method : one.kind));
/** They divide by the value of a loss, which means nothing where that is near zero. */
const BY_VALUE = /log-sum|running|ema|initial|geometric|uncertainty|imtl-l|z-score/;

describe('the forum: cross-entropy beside squared errors in pixels', () => {
  const { finding, recommendations, scenarios, notes, gradientGap, losses } = {
    ...judged(FORUM),
    losses: FORUM.losses,
  };

  it('names the trouble in one sentence with the measured ratio', () => {
    expect(finding.kind).toBe('gap');
    expect(gradientGap).toMatchObject({ larger: 'box', smaller: 'class', steps: 50 });
    expect(gradientGap!.ratio).toBeGreaterThan(1250 * 0.9);
    expect(gradientGap!.ratio).toBeLessThan(1250 * 1.1);
    expect(finding.sentence).toMatch(
      /^over 50 steps the gradient of "box" on the shared parameters is 1\d\d0 times \(\d+ to \d+ in 8 of 10 steps\) as long as that of "class": the plain sum leaves "class" .* %.*, "box" drowns it$/,
    );
    expect(finding.sentence).not.toMatch(/[.;] [A-Z]/);
  });

  it('recommends division by the value, and shows on the same steps what that would do', () => {
    expect(methodsOf(recommendations)).toEqual(['log-sum', 'running-max', 'static']);
    expect(scenarios.map(({ title }) => title)).toEqual(['plain sum', 'box / 10000', 'log-sum']);
    const [plain, divided, logSum] = scenarios;
    expect(plain!.ofTotal.class).toBeCloseTo(losses[0]! / losses[1]!, 4);
    expect(plain!.ofSquares.class).toBeLessThan(1e-5);
    expect(logSum!.ofTotal.class).toBeCloseTo(0.5, 6);
    // w = 1 / L: (1500 / 5000) / (1.2 / 2.3), upside down.
    expect(logSum!.ratio).toBeCloseTo(1.2 / 2.3 / (1500 / 5000), 0);
    // The forum's constant overshoots: 1250 / 10 000.
    expect(divided!.ratio).toBeCloseTo(10_000 / plain!.ratio!, 6);
    expect(divided!.weights).toEqual({ class: 1, box: 1e-4 });
    expect(notes.join()).toContain('no_grad');
  });

  it('gives fixed weights that make the gradients equally long', () => {
    const fixed = recommendations.find((one) => one.kind === 'method' && one.method === 'static');
    expect(fixed).toMatchObject({ options: [expect.stringMatching(/^weights=class:1,box:0\.000[78]\d?$/)] });
  });

  it('prefers to standardise the targets where the scale is theirs', () => {
    const { recommendations: told } = judged(FORUM, { targets: { box: { std: 41, unit: 'pixels' } } });
    expect(methodsOf(told)).toEqual(['targets', 'log-sum', 'running-max', 'static']);
    expect(told[0]!.reason).toContain('41 pixels');
    expect(methodsOf(judged(FORUM, { targets: { box: { std: 1 } } }).recommendations)[0]).toBe('log-sum');
  });

  it('divides by a running mean where the losses leap', () => {
    expect(methodsOf(judged({ ...FORUM, noise: 0.6 }).recommendations)[0]).toBe('ema');
  });

  it('judges the weights that the steps were trained with', () => {
    const steps = measure(FORUM).map((step) => ({ ...step, weights: { class: 1, box: 1 / 1250 } }));
    const trained = diagnose(steps).scenarios.find(({ title }) => title === 'as trained');
    expect(trained!.ratio).toBeLessThan(1.1);
    expect(diagnose(steps).notes.join()).toMatch(
      /trained with mend that: the gradients are then within 1(\.\d)? times/,
    );
    const plain = measure(FORUM).map((step) => ({ ...step, weights: { class: 1, box: 1 } }));
    expect(diagnose(plain).scenarios.map(({ title }) => title)).not.toContain('as trained');
  });
});

describe('other jobs', () => {
  it('a balanced pair: nothing needs doing', () => {
    const { finding, recommendations, notes } = judged(BALANCED_PAIR);
    expect(finding.kind).toBe('balanced');
    expect(finding.sentence).toContain('nothing needs doing');
    expect(methodsOf(recommendations)).toEqual(['nothing']);
    expect(notes).toEqual([]);
  });

  it('values far apart, gradients not: nothing needs doing, and division by values would harm', () => {
    const { finding, recommendations } = judged({ ...BALANCED_PAIR, losses: [1000, 0.8] });
    expect(finding.kind).toBe('balanced');
    expect(finding.sentence).toMatch(/although "depth" itself is 1\d\d\d times "normals"/);
    expect(methodsOf(recommendations)).toEqual(['nothing']);
    expect(recommendations[0]!.reason).toMatch(/would set their gradients \d+ times apart/);
  });

  it('a mild gap: the plain sum may do', () => {
    const { finding, recommendations } = judged({ ...BALANCED_PAIR, norms: [1, 5] });
    expect(finding.kind).toBe('mild-gap');
    expect(methodsOf(recommendations)[0]).toBe('nothing');
  });

  it('loss scale and gradient scale disagree: gradient norms', () => {
    const { finding, recommendations } = judged({ names: ['a', 'b'], losses: [1, 2], norms: [0.01, 5] });
    expect(finding.kind).toBe('gap');
    expect(methodsOf(recommendations)).toEqual(['norm-equalize', 'static']);
    expect(recommendations[0]!.reason).toContain('disagree');
  });

  it('steady conflict at like lengths: a conflict-aware method, which leaves no loss behind', () => {
    const { finding, recommendations, scenarios } = judged(CONFLICTING);
    expect(finding.kind).toBe('conflict');
    expect(finding.sentence).toMatch(/mean cosine -0\.70 ± 0\.0\d, below zero in 100 %/);
    expect(recommendations[0]).toMatchObject({ kind: 'method', method: 'upgrad', wraps: [] });
    const upgrad = scenarios.at(-1)!;
    expect(upgrad.title).toBe('upgrad');
    expect(upgrad.ofDecrease.retain).toBeGreaterThan(0.1);
    expect(upgrad.ofDecrease.forget).toBeGreaterThan(0.1);
  });

  it('conflict and a gap: the scale first, then the conflict', () => {
    const { finding, recommendations, scenarios } = judged({ ...CONFLICTING, losses: [1, 1000], norms: [1, 900] });
    expect(finding.kind).toBe('conflict');
    expect(finding.sentence).toMatch(/and that of "forget" is \d+ times/);
    expect(recommendations[0]).toMatchObject({ method: 'upgrad', wraps: ['normalize=log-sum'] });
    expect(scenarios.at(-1)!.ratio).toBeLessThan(3);
  });

  it.each([-0.1, 0, 0.5])('a mean cosine of %s is no conflict', (cosine) => {
    expect(judged({ ...CONFLICTING, cosine }).finding.kind).toBe('balanced');
  });

  it('PPO: never a division by the value of a signed loss', () => {
    const { finding, recommendations, losses } = judged(PPO);
    expect(losses.filter(({ isSigned }) => isSigned).map(({ name }) => name)).toEqual(['policy', 'entropy']);
    expect(finding.kind).toBe('gap');
    expect(methodsOf(recommendations)).toEqual(['norm-equalize', 'static', 'targets']);
    expect(recommendations[0]!.reason).toContain('"policy", "entropy"');
    for (const cosine of [0, -0.7]) {
      const all = judged({ ...PPO, cosine }).recommendations;
      const named = all.flatMap((one) => (one.kind === 'method' ? [one.method, ...one.wraps] : []));
      expect(named.filter((name) => BY_VALUE.test(name))).toEqual([]);
      expect(named).toContain('norm-equalize');
    }
  });

  it('a loss that is declared signed counts as such though no step shows it', () => {
    expect(methodsOf(judged(FORUM, { signed: ['class'] }).recommendations)[0]).toBe('norm-equalize');
  });

  it('noise that drowns the answer: says so', () => {
    const { finding, recommendations } = judged({ ...BALANCED_PAIR, norms: [1, 5], noise: 3, steps: 10 });
    expect(finding.kind).toBe('noise');
    expect(finding.sentence).toMatch(/too noisy to judge.*anything from \S+ to \S+ fits/);
    expect(methodsOf(recommendations)).toEqual(['measure']);
  });

  it('the same gap with the same noise is found with enough steps', () => {
    expect(judged({ ...BALANCED_PAIR, norms: [1, 200], noise: 1.5, steps: 200 }).finding.kind).toBe('gap');
  });

  it('says that a constant cannot fit a ratio that moves', () => {
    const noisy = { ...FORUM, noise: 1 };
    expect(judged(noisy).notes.join()).toContain('a constant weight fits only a moment');
    expect(judged(FORUM).notes.join()).not.toContain('only a moment');
  });

  it('steps that are not finite are counted; with all of them there is nothing to say', () => {
    const steps = measure(FORUM).map((step, at) =>
      at < 3 ? { ...step, losses: { class: Number.NaN, box: 1 } } : step,
    );
    const { leftOut, notes, steps: used } = diagnose(steps);
    expect({ leftOut, used }).toEqual({ leftOut: 3, used: 47 });
    expect(notes[0]).toBe('3 steps left out: a value was NaN or infinite');
    expect(diagnose(steps.slice(0, 3)).finding.kind).toBe('too-few-steps');
  });

  it('refuses remarks about losses that are not there', () => {
    expect(() => judged(FORUM, { signed: ['bx'] })).toThrow('"signed" has "bx", but the losses are class, box');
    expect(() => judged(FORUM, { targets: { bx: { std: 1 } } })).toThrow('"targets" has "bx"');
  });

  it('one loss; too few steps; a loss that does not reach the trunk', () => {
    expect(judged({ names: ['a'], losses: [1], norms: [1] }).finding).toMatchObject({ kind: 'one-loss' });
    expect(judged({ ...FORUM, steps: 7 }).finding).toMatchObject({ kind: 'too-few-steps' });
    const { finding, notes } = judged({ ...FORUM, norms: [0, 1500] });
    expect(finding.kind).toBe('one-gradient');
    expect(finding.sentence).toContain('"box" alone');
    expect(notes.join()).toContain('"class" has no gradient');
  });
});

describe('losses alone', () => {
  const alone = (job: Job) => measure(job).map(({ losses }): Measurement => ({ losses }));

  it('says what it cannot know', () => {
    const { finding, recommendations, scenarios } = diagnose(alone(FORUM));
    expect(finding.kind).toBe('losses-only');
    expect(finding.sentence).toMatch(/"box" is 2\d\d0 times "class".*cannot be known from losses alone/);
    expect(methodsOf(recommendations)).toEqual(['measure', 'log-sum']);
    expect(scenarios[0]).toMatchObject({ ratio: null, ofSquares: { class: null }, ofDecrease: { class: null } });
    expect(scenarios[0]!.ofTotal.box).toBeGreaterThan(0.99);
  });

  it('of signed losses says that their value has no scale', () => {
    const { finding, recommendations } = diagnose(alone(PPO));
    expect(finding.sentence).toMatch(/"policy", "entropy" are not always positive/);
    expect(methodsOf(recommendations)).toEqual(['measure']);
  });

  it('norms without cosines: shares of squares, but none of the decrease', () => {
    const steps = measure(FORUM).map(({ losses, gramian }): Measurement => {
      const [first, second] = gramian!.map((row, k) => Math.sqrt(row[k]!));
      return { losses, gradientNorms: { class: first, box: second } };
    });
    const { finding, scenarios, pairs } = diagnose(steps);
    expect(finding.sentence).toMatch(/the plain sum leaves "class" \S+ % of the update/);
    expect(scenarios[0]!.ofDecrease).toEqual({ class: null, box: null });
    expect(pairs[0]).toMatchObject({ cosine: null, conflictRate: null });
  });
});
