/** From the finding to what to do about it, best first, each with its reason and source. */
import { compose, createMethod, type Method, type MethodName } from 'counterpoise';
import { parseComposition, parseOptions } from 'counterpoise/catalog';
import type { Facts, LossRow } from './facts.js';
import type { Gap } from './gap.js';
import { conflictOf, type Finding } from './judge.js';
import { BALANCED, GAP, MIN_STEPS, NOISY } from './thresholds.js';
import { factor, named, percent } from './words.js';

interface Reasoned {
  /** One sentence. */
  readonly reason: string;
}

/** A method of the registry; options and wrappers as the command line writes them, `name=value`. */
export interface MethodAdvice extends Reasoned {
  readonly kind: 'method';
  readonly method: MethodName;
  readonly options: readonly string[];
  readonly wraps: readonly string[];
}

export type Recommendation =
  | (Reasoned & { readonly kind: 'nothing' | 'measure' })
  /** Standardise the targets of the regression that `loss` measures. */
  | (Reasoned & { readonly kind: 'targets'; readonly loss: string })
  | MethodAdvice;

/** What the loss is a regression on, if it is one. */
export interface TargetStatistics {
  /** Standard deviation of the targets in the unit that the loss is told in. */
  readonly std: number;
  /** Such as pixels. */
  readonly unit?: string;
}

export type Targets = Readonly<Record<string, TargetStatistics>>;

/** The method with its options and wrappers, ready to weigh. */
export function methodOf({ method, options, wraps }: MethodAdvice): Method {
  return compose(createMethod(method, parseOptions(method, options)), parseComposition(wraps));
}

export function recommend({ kind }: Finding, facts: Facts, targets: Targets): Recommendation[] {
  switch (kind) {
    case 'one-loss':
    case 'one-gradient':
      return [{ kind: 'nothing', reason: 'weights of several losses are all that a balancing method can change' }];
    case 'too-few-steps':
      return [
        {
          kind: 'measure',
          reason: `with fewer than ${MIN_STEPS} steps the 95 % interval of a median is the whole range of the values`,
        },
      ];
    case 'noise':
      return [
        {
          kind: 'measure',
          reason: 'four times the steps halve the interval; larger batches make the gradients themselves less noisy',
        },
      ];
    case 'losses-only':
      return forLossesOnly(facts);
    case 'conflict':
      return forConflict(facts);
    case 'gap':
      return [...forTargets(facts, targets), ...forGap(facts)];
    case 'mild-gap':
      return [
        {
          kind: 'nothing',
          reason:
            'well tuned equal weights are hard to beat while no loss is drowned (Xin et al. 2022, arXiv:2209.11379)',
        },
        ...forGap(facts),
      ];
    case 'balanced':
      return [{ kind: 'nothing', reason: balancedReason(facts) }];
  }
}

function balancedReason({ gapByValue }: Facts): string {
  return gapByValue && gapByValue.ratio >= GAP
    ? `the plain sum serves every loss; dividing the losses by their values would set their gradients ${factor(gapByValue.ratio)} times apart`
    : 'the plain sum serves every loss; a method could change little but the learning rate';
}

/** Scale that comes from targets is best removed there: it also spares the head from growing its outputs. */
function forTargets({ gradientGap }: Facts, targets: Targets): Recommendation[] {
  const isFar = (loss: string, far: (std: number) => boolean) =>
    Object.hasOwn(targets, loss) && far(targets[loss]!.std);
  const { larger, smaller } = gradientGap!;
  const loss = isFar(larger, (std) => std >= BALANCED)
    ? larger
    : isFar(smaller, (std) => std <= 1 / BALANCED)
      ? smaller
      : undefined;
  if (loss === undefined) return [];
  const { std, unit = 'units of the loss' } = targets[loss]!;
  const reason =
    `the scale of ${named(loss)} is that of its targets, whose standard deviation is ${factor(std)} ${unit}: targets with mean 0 and ` +
    'deviation 1 remove it at the source, before any weight (PopArt, van Hasselt et al. 2016, arXiv:1602.07714)';
  return [{ kind: 'targets', loss, reason }];
}

function forGap(facts: Facts): Recommendation[] {
  const { losses, gradientGap, gapByValue } = facts;
  const gap = gradientGap!;
  const signed = signedOf(losses);
  if (signed.length > 0) {
    const reason =
      `${signed.map(named).join(', ')} can be negative or near zero while its gradient is healthy, so no division by the value of the loss: ` +
      'divide by the length of the gradient (GradNorm at alpha = 0, Chen et al. 2018, arXiv:1711.02257)';
    return [byNorms(reason), ...fixedWeights(facts), ...returnsOf(losses, gap)];
  }
  if (gapByValue && gapByValue.ratio >= GAP) {
    const reason =
      `loss scale and gradient scale disagree: divided by their values the losses would still have gradients ${factor(gapByValue.ratio)} times ` +
      `apart, the longest that of ${named(gapByValue.larger)}; so divide by the length of the gradient (GradNorm at alpha = 0, Chen et al. 2018, arXiv:1711.02257)`;
    return [byNorms(reason), ...fixedWeights(facts)];
  }
  return [byValue(facts), runningMax(), ...fixedWeights(facts)];
}

function forConflict(facts: Facts): Recommendation[] {
  const { losses, gradientGap, gapByValue } = facts;
  const conflict = conflictOf(facts)!;
  const reason = `it bends every gradient until it raises no other loss, so ${conflict.losses.map(named).join(' and ')} cannot undo each other (UPGrad, Quinton & Rey 2024, arXiv:2406.16232)`;
  const upgrad = (wraps: readonly string[]): MethodAdvice => ({
    kind: 'method',
    method: 'upgrad',
    options: [],
    wraps,
    reason,
  });
  const equal: Recommendation = {
    kind: 'nothing',
    reason:
      'the honest comparison: conflict that the plain sum bears well is common (Kurin et al. 2022, arXiv:2201.04122), and a Gramian costs time in every step',
  };
  if (gradientGap!.ratio < GAP) return [upgrad([]), equal];
  const byValues = signedOf(losses).length === 0 && !(gapByValue && gapByValue.ratio >= GAP);
  const first = byValues
    ? byValue(facts)
    : byNorms(`divides by the length of each gradient, which removes the gap alone`);
  // UPGrad is linear in the length of each gradient: the gap has to be gone before.
  return [upgrad([`normalize=${first.method}`]), first];
}

function forLossesOnly(facts: Facts): Recommendation[] {
  const measure: Recommendation = {
    kind: 'measure',
    reason:
      'give gradientNorms or a gramian with every step: the share of the update, the angle between gradients and with them the right method depend on it',
  };
  const { losses, lossGap } = facts;
  if (signedOf(losses).length > 0 || !lossGap || lossGap.ratio < GAP) return [measure];
  return [measure, byValue(facts)];
}

function byNorms(reason: string): MethodAdvice {
  return { kind: 'method', method: 'norm-equalize', options: [], wraps: [], reason };
}

function byValue({ losses }: Facts): MethodAdvice {
  const noisiest = losses.reduce((worst, row) => ((row.noise ?? 0) > (worst.noise ?? 0) ? row : worst));
  const isNoisy = (noisiest.noise ?? 0) > NOISY;
  const reason = isNoisy
    ? `divides each loss by its running mean, since ${named(noisiest.name)} changes by ${percent(noisiest.noise!)} of its size from step to step`
    : 'divides each loss by its own value, w = 1 / L: no memory, no option, blind to units';
  return { kind: 'method', method: isNoisy ? 'ema' : 'log-sum', options: [], wraps: [], reason };
}

function runningMax(): MethodAdvice {
  const reason =
    'divides each loss by the largest value it has had: bounded terms and smaller steps as the losses fall, but one bad batch is remembered';
  return { kind: 'method', method: 'running-max', options: [], wraps: [], reason };
}

/** Weights that make the measured gradients equally long, the shortest with weight 1. */
function fixedWeights({ losses }: Facts): Recommendation[] {
  const live = losses.filter(({ gradientNorm }) => (gradientNorm ?? 0) > 0);
  const shortest = Math.min(...live.map(({ gradientNorm }) => gradientNorm!));
  // Commas and colons separate the weights in the option.
  if (live.length < losses.length || losses.some(({ name }) => /[,:\s]|^$/.test(name))) return [];
  const weights = losses.map(
    ({ name, gradientNorm }) => `${name}:${Number((shortest / gradientNorm!).toPrecision(2))}`,
  );
  const reason =
    'the measured lengths as fixed weights: a point to start a search from, and the baseline to beat (Xin et al. 2022, arXiv:2209.11379)';
  return [{ kind: 'method', method: 'static', options: [`weights=${weights.join(',')}`], wraps: [], reason }];
}

/** In reinforcement learning the long gradient is that of the value loss, and its scale is that of the returns. */
function returnsOf(losses: readonly LossRow[], { larger }: Gap): Recommendation[] {
  if (losses.find(({ name }) => name === larger)!.isSigned) return [];
  const reason = `if ${named(larger)} is a regression on returns or other raw targets: standardise those, and keep the outputs as they are (PopArt, van Hasselt et al. 2016, arXiv:1602.07714)`;
  return [{ kind: 'targets', loss: larger, reason }];
}

function signedOf(losses: readonly LossRow[]): string[] {
  return losses.filter(({ isSigned }) => isSigned).map(({ name }) => name);
}
