/** What is wrong with my losses? Measurements of a few dozen steps in, a finding and a recommendation out. */
import { type Facts, factsOf } from './facts.js';
import { type Finding, judge } from './judge.js';
import { checkMeasurements, type Measured, type Measurement } from './measurement.js';
import { type Division, FIXED_DIVISOR, notesOf } from './notes.js';
import { methodOf, type Recommendation, recommend, type Targets } from './recommend.js';
import { replay } from './replay.js';
import { constantScenario, type Scenario, scenarioOf } from './scenario.js';

export interface DiagnoseRemarks {
  /** Names of the losses in the order of the matrices. Default: the keys of the first step's losses. */
  readonly order?: readonly string[];
  /** Losses that may be negative even if the measured steps show none. */
  readonly signed?: readonly string[];
  /** Of losses that are regressions, by name. */
  readonly targets?: Targets;
}

export interface Diagnosis extends Omit<Facts, 'gapByValue'> {
  /** Steps that were not finite. */
  readonly leftOut: number;
  /** Who moves the shared parameters: first the plain sum, last the recommended method, replayed on the same steps. */
  readonly scenarios: readonly Scenario[];
  readonly finding: Finding;
  /** Best first, at least one. */
  readonly recommendations: readonly Recommendation[];
  readonly notes: readonly string[];
}

/**
 * Judges the losses of a training by measurements of some dozens of its steps. Pure: numbers in, numbers and sentences out; the
 * same measurements give the same diagnosis, whatever the order of the losses.
 *
 * Rules and thresholds with their sources: `thresholds.ts` and docs/diagnose.md.
 *
 * @throws RangeError that names the step, from 1, and the field that cannot be used.
 */
export function diagnose(measurements: readonly Measurement[], remarks: DiagnoseRemarks = {}): Diagnosis {
  const { order, signed = [], targets = {} } = remarks;
  const measured = checkMeasurements(measurements, order);
  for (const [field, told] of [
    ['signed', signed],
    ['targets', Object.keys(targets)],
  ] as const) {
    const unknown = told.find((name) => !measured.names.includes(name));
    if (unknown === undefined) continue;
    throw new RangeError(`"${field}" has "${unknown}", but the losses are ${measured.names.join(', ')}`);
  }
  const facts = factsOf(measured, signed);
  const plainSum = constantScenario(
    'plain sum',
    measured,
    measured.names.map(() => 1),
  );
  const finding = judge(facts, plainSum);
  const recommendations = recommend(finding, facts, targets);
  const division = divisionOf(measured, facts);
  const trained = asTrained(measured);
  const { gapByValue: _, ...shown } = facts;
  return {
    ...shown,
    leftOut: measured.leftOut,
    scenarios: [plainSum, division?.scenario, trained, recommended(measured, recommendations)].filter(
      (scenario) => scenario !== undefined,
    ),
    finding,
    recommendations,
    notes: notesOf(facts, measured.leftOut, { plainSum, division, trained }),
  };
}

/** The largest loss by a constant, of equals the first by name; the others as they are. */
function divisionOf(measured: Measured, { losses }: Facts): Division | undefined {
  if (losses.length < 2) return undefined;
  const [largest] = losses.toSorted((a, b) => (b.scale ?? 0) - (a.scale ?? 0) || (a.name < b.name ? -1 : 1));
  const loss = largest!.name;
  const weights = losses.map(({ name }) => (name === loss ? 1 / FIXED_DIVISOR : 1));
  return { loss, scenario: constantScenario(`${loss} / ${FIXED_DIVISOR}`, measured, weights) };
}

/** Only if every step says what it was trained with, and some weight is not 1. */
function asTrained(measured: Measured): Scenario | undefined {
  const weights = measured.steps.map((step) =>
    step.weights.map((weight, k) => (Number.isNaN(step.losses[k]) ? 0 : weight)),
  );
  const all = weights.flat();
  if (all.length === 0 || all.some(Number.isNaN) || all.every((weight) => weight === 1)) return undefined;
  return scenarioOf('as trained', measured, weights);
}

/** The first method that is recommended, on the same steps. */
function recommended(measured: Measured, recommendations: readonly Recommendation[]): Scenario | undefined {
  const advice = recommendations.find((one) => one.kind === 'method');
  const weights = advice && replay(methodOf(advice), measured);
  return weights ? scenarioOf([advice.method, ...advice.wraps].join(' '), measured, weights) : undefined;
}
