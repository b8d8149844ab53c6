/** The numbers of a diagnosis as tables of text, the same for the terminal and the page. */
import { formatCell, formatNumber } from '../format.js';
import type { Diagnosis } from './diagnose.js';
import type { PerLoss, Scenario } from './scenario.js';
import { factor, percent, range } from './words.js';

export type Rows = readonly (readonly string[])[];

const UNKNOWN = '–';
/** Of many losses those pairs that are most against each other. */
const MAX_PAIRS = 10;

/** A row per loss under a header; shares are those of the plain sum. */
export function lossTable({ losses, scenarios }: Diagnosis): Rows {
  const [plainSum] = scenarios;
  return [
    ['loss', 'value', 'scale', 'noise', 'gradient', '8 of 10 steps', 'of total', 'of squares', 'of decrease'],
    ...losses.map(({ name, value, scale, noise, isSigned, gradientNorm, normSpread }) => [
      isSigned ? `${name} (signed)` : name,
      cell(value, formatCell),
      cell(scale, formatCell),
      cell(noise, percent),
      cell(gradientNorm, formatNumber),
      normSpread ? range(normSpread) : UNKNOWN,
      ...SHARES.map(({ of }) => cell(of(plainSum!)[name]!, percent)),
    ]),
  ];
}

const SHARES = [
  { title: 'total', of: ({ ofTotal }: Scenario) => ofTotal },
  { title: 'squares', of: ({ ofSquares }: Scenario) => ofSquares },
  { title: 'decrease', of: ({ ofDecrease }: Scenario) => ofDecrease },
] as const;

/** A row per scenario: the best share that the measurements allow, and how far the gradients are apart. */
export function scenarioTable({ losses, scenarios }: Diagnosis): Rows {
  const isKnown = (shares: PerLoss) => Object.values(shares).some((share) => share !== null);
  const { title, of } = SHARES.findLast((share) => isKnown(share.of(scenarios[0]!))) ?? SHARES[0];
  return [
    [`share of the ${title}`, ...losses.map(({ name }) => name), 'longest / shortest'],
    ...scenarios.map((scenario) => [
      scenario.title,
      ...losses.map(({ name }) => cell(of(scenario)[name]!, percent)),
      cell(scenario.ratio, factor),
    ]),
  ];
}

/** A row per pair, the most opposed first; only a header where no angle was measured. */
export function pairTable({ pairs }: Diagnosis): Rows {
  const measured = pairs.filter(({ cosine }) => cosine !== null).sort((a, b) => a.cosine! - b.cosine!);
  return [
    ['angle between', 'mean cosine', '95 % interval', 'negative in'],
    ...measured
      .slice(0, MAX_PAIRS)
      .map(({ losses, cosine, interval, conflictRate }) => [
        losses.join(', '),
        cosine!.toFixed(3),
        interval ? interval.map((end) => end.toFixed(3)).join(' to ') : UNKNOWN,
        percent(conflictRate!),
      ]),
  ];
}

function cell(value: number | null, show: (value: number) => string): string {
  return value === null ? UNKNOWN : show(value);
}
