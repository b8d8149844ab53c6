/** From facts to the finding: which of the known troubles this is, in one sentence. */
import type { Facts } from './facts.js';
import type { Gap } from './gap.js';
import type { Pair } from './pairs.js';
import type { Scenario } from './scenario.js';
import { BALANCED, CONFLICT_COSINE, CONFLICT_RATE, GAP, MIN_STEPS } from './thresholds.js';
import { factor, named, percent, range, steps } from './words.js';

export type FindingKind =
  | 'one-loss'
  | 'too-few-steps'
  | 'losses-only'
  | 'one-gradient'
  | 'noise'
  | 'conflict'
  | 'gap'
  | 'mild-gap'
  | 'balanced';

export interface Finding {
  readonly kind: FindingKind;
  /** One sentence with the measured numbers and how sure they are. */
  readonly sentence: string;
}

/** The pair whose gradients point against each other most, if they do so clearly and persistently. */
export function conflictOf({
  pairs,
}: Facts): (Pair & { readonly cosine: number; readonly conflictRate: number }) | null {
  let worst: ReturnType<typeof conflictOf> = null;
  for (const { losses, cosine, interval, conflictRate } of pairs) {
    if (cosine === null || conflictRate === null || interval === null) continue;
    const isClear = cosine <= CONFLICT_COSINE && interval[1] < 0 && conflictRate >= CONFLICT_RATE;
    if (isClear && cosine < (worst?.cosine ?? 0)) worst = { losses, cosine, interval, conflictRate };
  }
  return worst;
}

/** @param plainSum all weights 1. */
export function judge(facts: Facts, plainSum: Scenario): Finding {
  const { losses, gradientGap: gap, unreached } = facts;
  const over = `over ${steps(facts.steps)}`;
  const names = losses.map(({ name }) => name);
  if (losses.length === 1) {
    return { kind: 'one-loss', sentence: `there is one loss, ${named(names[0]!)}: nothing to balance` };
  }
  if (facts.steps < MIN_STEPS) {
    const sentence = `${steps(facts.steps)} cannot carry a judgement: at least ${MIN_STEPS} are needed, 50 are good`;
    return { kind: 'too-few-steps', sentence };
  }
  if (losses.every(({ gradientNorm }) => gradientNorm === null)) {
    return { kind: 'losses-only', sentence: valuesAlone(facts, over) };
  }
  if (!gap) {
    const live = names.filter((name) => !unreached.includes(name)).map(named);
    const sentence =
      live.length === 1
        ? `${over} the loss ${live[0]} alone has a gradient on the shared parameters: there is nothing to weigh it against`
        : `${over} no two losses had a gradient on the shared parameters in the same step: there is nothing to weigh`;
    return { kind: 'one-gradient', sentence };
  }
  const [low, high] = gap.interval;
  if (low < BALANCED && high > GAP) {
    const sentence =
      `${over} the measurements are too noisy to judge: the gradient of ${named(gap.larger)} is about ${factor(gap.ratio)} times as long as ` +
      `that of ${named(gap.smaller)}, but anything from ${range(gap.interval)} fits (95 % interval)`;
    return { kind: 'noise', sentence };
  }
  const conflict = conflictOf(facts);
  if (conflict) return { kind: 'conflict', sentence: conflictSentence(conflict, gap, over) };
  const lengths = `the gradient of ${named(gap.larger)} on the shared parameters is ${ratioOf(gap)} as long as that of ${named(gap.smaller)}`;
  if (gap.ratio >= GAP) {
    return { kind: 'gap', sentence: `${over} ${lengths}: ${drowning(gap, plainSum)}` };
  }
  if (gap.ratio >= BALANCED) {
    const sentence = `${over} ${lengths}: the plain sum leans towards ${named(gap.larger)}, but drowns nothing`;
    return { kind: 'mild-gap', sentence };
  }
  return { kind: 'balanced', sentence: balancedSentence(facts, gap, over) };
}

/** "1240 times (890 to 1700 in 8 of 10 steps)" */
function ratioOf({ ratio, spread }: Gap): string {
  return `${factor(ratio)} times (${range(spread)} in 8 of 10 steps)`;
}

function drowning({ larger, smaller }: Gap, { ofDecrease, ofSquares }: Scenario): string {
  const share = ofDecrease[smaller] ?? null;
  const left =
    share !== null && share < 0
      ? `nothing of the decrease (${percent(share)})`
      : `${percent(share ?? ofSquares[smaller]!)} of the update`;
  return `the plain sum leaves ${named(smaller)} ${left}, ${named(larger)} drowns it`;
}

function conflictSentence(
  { losses, cosine, interval, conflictRate }: NonNullable<ReturnType<typeof conflictOf>>,
  gap: Gap,
  over: string,
): string {
  const [a, b] = losses.map(named);
  const half = (interval![1] - interval![0]) / 2;
  const sentence =
    `${over} the gradients of ${a} and ${b} point against each other, mean cosine ${cosine.toFixed(2)} ± ${half.toFixed(2)}, ` +
    `below zero in ${percent(conflictRate)} of them`;
  const lengths = `that of ${named(gap.larger)} is ${ratioOf(gap)} as long as that of ${named(gap.smaller)}`;
  return gap.ratio >= GAP ? `${sentence}, and ${lengths}` : sentence;
}

function balancedSentence({ lossGap, pairs }: Facts, gap: Gap, over: string): string {
  const values =
    lossGap && lossGap.ratio >= GAP
      ? `, although ${named(lossGap.larger)} itself is ${factor(lossGap.ratio)} times ${named(lossGap.smaller)}`
      : '';
  const angles = pairs.some(({ cosine }) => cosine !== null) ? ', and none points steadily against another' : '';
  return (
    `${over} no gradient on the shared parameters is more than ${ratioOf(gap)} as long as another${values}${angles}: ` +
    'nothing needs doing'
  );
}

function valuesAlone({ losses, lossGap }: Facts, over: string): string {
  const unknown = 'whether a gradient drowns another, or points against it, cannot be known from losses alone';
  const signed = losses.filter(({ isSigned }) => isSigned).map(({ name }) => named(name));
  if (signed.length > 0) {
    const verb = signed.length === 1 ? 'is' : 'are';
    return `${over} ${signed.join(', ')} ${verb} not always positive, so that the value has no scale, and ${unknown}`;
  }
  if (!lossGap) return `${over} there are no two losses above zero to compare, and ${unknown}`;
  return `${over} the loss ${named(lossGap.larger)} is ${factor(lossGap.ratio)} times ${named(lossGap.smaller)} (${range(lossGap.spread)} in 8 of 10 steps), but ${unknown}`;
}
