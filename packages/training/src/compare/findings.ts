/** The comparison in sentences, the plain ones first. */
import { formatNumber } from '../format.js';
import { type Comparison, LEVEL, plusMinus, type Row } from './analysis.js';
import { leftOutLine, SEARCHED } from './contenders.js';

export function findings(comparison: Comparison): string[] {
  const { rows, learningRates, metrics, baselineMeans, leftOut } = comparison;
  const tasks = metrics.filter(({ losses }) => losses);
  const unbased = tasks.filter(({ name }) => !Object.hasOwn(baselineMeans, name));
  return [
    ...verdict(comparison),
    ...budget(comparison),
    ...litmus(rows),
    ...unbased.map(
      ({ name }) => `The task of "${name}" diverged when trained alone, so it does not count for Delta-m.`,
    ),
    ...rows.flatMap((row) => divergence(row, comparison.seeds.length)),
    ...edges(rows, learningRates),
    ...leftOut.map(leftOutLine),
  ];
}

function verdict({ rows, bestStatic, seeds }: Comparison): string[] {
  const best = rows.find(({ name }) => name === bestStatic);
  if (!best) return ['No static weights can be judged: all of them diverged, or no baseline is left.'];
  const stand = `the best static weights ("${best.name}", Delta-m ${plusMinus(best.deltaM, 2)} %)`;
  if (seeds.length < 2) return [`One seed: no difference can be told from noise, also none to ${stand}.`];
  const winners = rows.filter((row) => row.beatsStatic).sort((a, b) => a.deltaM.mean - b.deltaM.mean);
  if (winners.length === 0) {
    return [
      `Nothing beats a static weight: no method is better than ${stand} beyond noise over ${seeds.length} seeds.`,
    ];
  }
  const list = winners.map(
    (row) => `${row.name} (${plusMinus(row.deltaM, 2)} %, p ${formatNumber(row.pValue ?? Number.NaN)})`,
  );
  return [
    `Better than ${stand} beyond noise over ${seeds.length} seeds (paired t test, Holm's correction, p < ${LEVEL}): ${list.join(', ')}.`,
  ];
}

/** What was better than static weights may only have been tuned better: who searches them more finds better ones. */
function budget({ rows, learningRates, staticGrid }: Comparison): string[] {
  const searched = rows.find(({ name }) => name === SEARCHED);
  if (!searched) return [];
  const [{ runs }, count] = [searched.tuning, learningRates.length];
  if (runs !== count) return [`Static weights were searched with ${runs} tuning runs, and every method had ${count}.`];
  if (runs >= staticGrid || !rows.some(({ beatsStatic }) => beatsStatic)) return [];
  return [
    `Static weights were searched with ${runs} tuning runs, as many as every method had; the whole grid (--static-runs ${staticGrid}) may have better ones.`,
  ];
}

/** Lin et al. 2022: what is worse than random weights is noise. */
function litmus(rows: readonly Row[]): string[] {
  const random = rows.find((row) => row.kind === 'random' && row.diverged === 0);
  if (!random) return [];
  const worse = rows.filter(
    (row) => row.kind === 'adaptive' && row.diverged === 0 && row.deltaM.mean >= random.deltaM.mean,
  );
  return worse.length > 0 ? [`No better than random weights: ${worse.map(({ name }) => name).join(', ')}.`] : [];
}

function divergence({ name, diverged, learningRate }: Row, seeds: number): string[] {
  if (learningRate === undefined) return [`${name} diverged with every learning rate.`];
  return diverged > 0 ? [`${name} diverged under ${diverged} of ${seeds} seeds: it is ranked last.`] : [];
}

function edges(rows: readonly Row[], rates: readonly number[]): string[] {
  if (rates.length < 2) return [];
  const at = (edge: number) => rows.filter(({ learningRate }) => learningRate === edge).map(({ name }) => name);
  return [
    { edge: Math.min(...rates), word: 'smallest', further: 'smaller' },
    { edge: Math.max(...rates), word: 'largest', further: 'larger' },
  ].flatMap(({ edge, word, further }) => {
    const names = at(edge);
    return names.length === 0
      ? []
      : [
          `The ${word} learning rate (${edge}) was the best for ${names.join(', ')}: a ${further} one may be better still.`,
        ];
  });
}
