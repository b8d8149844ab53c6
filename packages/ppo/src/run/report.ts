/** The report of one PPO run, or of several that differ in their seeds: one HTML file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatCell,
  type Json,
  type ReportSection,
  type ReportTable,
  type RunFolder,
  readMetrics,
  renderReport,
  writeFileAtomic,
} from '@counterpoise/training';
import type { CheckedEnvironment } from '../checked-environment.js';
import type { PolicyEvaluation } from '../evaluate.js';
import { renderEpisode } from '../render/render-episode.js';
import { balanceCharts, lossCharts, type PpoRecords, returnCharts, updateCharts } from './charts.js';
import type { PpoConfig } from './config.js';
import { recentReturns } from './records.js';

/** A run, and how good its policy is at the end. */
export interface ReportedRun {
  readonly run: RunFolder;
  readonly evaluation: PolicyEvaluation;
}

/**
 * Writes the report.
 * @param runs at least one; of several, all with the same config but for the seed.
 * @param environment draws the first episode of the evaluation of the first run, if it has a scene.
 */
export async function writePpoReport(
  path: string,
  runs: readonly ReportedRun[],
  environment: CheckedEnvironment,
): Promise<void> {
  const config = runs[0]!.run.config as unknown as PpoConfig;
  const shown = runs.map(({ run }): PpoRecords => ({ records: readMetrics(run.metrics) }));
  const seeds = runs.map(({ run }) => run.config.seed).join(', ');
  const html = renderReport({
    title: `PPO: ${environment.name}, ${config.balance}`,
    summary: summaryOf(shown, runs),
    runs: [],
    sections: [
      { title: 'Return', text: RETURN_NOTE, charts: returnCharts(shown) },
      evaluationSection(runs, environment),
      { title: 'Losses', text: LOSSES_NOTE, charts: lossCharts(shown) },
      { title: 'Balance', text: BALANCE_NOTE, charts: balanceCharts(shown) },
      { title: 'Critic and updates', text: UPDATES_NOTE, charts: updateCharts(shown) },
    ],
    config: { ...runs[0]!.run.config, ...(runs.length > 1 && { seed: seeds }) },
    ...(await readEnvironment(runs[0]!.run)),
  });
  await writeFileAtomic(path, html);
}

const RETURN_NOTE =
  'Sum of the rewards of an episode, as the environment gives them, against the steps of all environments together. While learning, actions are drawn at random from the policy. Faint: the episodes that ended in an update, or of several seeds each one.';
const LOSSES_NOTE =
  'Means over the minibatches of an update, before any weight. The policy loss has no meaning of its own: it is near zero by construction. The value loss is told in the unit in which the critic learns, see the option balance.';
const BALANCE_NOTE =
  'Weight: what a loss is multiplied by. Gradient norms: of the raw losses where they were measured; total is that of the weighted sum, before it was limited. Logarithmic axes. Returns: the mean and standard deviation that PopArt normalises by, in the unit of the scaled rewards.';
const UPDATES_NOTE =
  'Explained variance: how much of the returns the critic foretold, at best 1. KL divergence and share of clipped ratios: how far the updates moved the policy.';

function summaryOf(shown: readonly PpoRecords[], runs: readonly ReportedRun[]): string {
  const lasts = shown.flatMap(({ records }) => recentReturns(records).at(-1) ?? []);
  const step = Math.min(...shown.map(({ records }) => Number(records.at(-1)?.step ?? 0)));
  const episodesEach = Math.min(...lasts.map((last) => last.episodes));
  const learned =
    lasts.length === shown.length
      ? `return ${list(lasts.map(({ mean }) => mean))} in the last ${episodesEach} episodes`
      : '';
  const means = runs.map(({ evaluation }) => evaluation.meanReturn);
  const { episodes } = runs[0]!.evaluation;
  const parts = [learned, `${list(means)} in ${episodes} episodes of the likeliest actions`].filter(
    (part) => part !== '',
  );
  return `After ${step} steps: ${parts.join(', ')}${runs.length > 1 ? ' (mean over the seeds, and each)' : ''}.`;
}

function list(values: readonly number[]): string {
  if (values.length === 1) return formatCell(values[0]!);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${formatCell(mean)} (${values.map(formatCell).join(', ')})`;
}

function evaluationSection(runs: readonly ReportedRun[], environment: CheckedEnvironment): ReportSection {
  const rows = runs.map(({ run, evaluation }): ReportTable['rows'][number] => {
    const { episodes, meanReturn, stdReturn, meanLength } = evaluation;
    return [String(run.config.seed), episodes, meanReturn, stdReturn, meanLength];
  });
  const { first } = runs[0]!.evaluation;
  return {
    title: 'Evaluation',
    text: 'The policy at the end, always with its likeliest action.',
    table: { columns: ['seed', 'episodes', 'mean return', 'standard deviation', 'mean length'], rows },
    ...(environment.scene && {
      pictures: [
        {
          dataUrl: `data:image/svg+xml;base64,${Buffer.from(renderEpisode(environment, first)).toString('base64')}`,
          caption: 'The first of these episodes, in its own time.',
        },
      ],
    }),
  };
}

/** Missing where the run was killed in its first moment. */
async function readEnvironment(run: RunFolder): Promise<{ environment?: { readonly [field: string]: Json } }> {
  try {
    return { environment: JSON.parse(await readFile(join(run.path, 'environment.json'), 'utf8')) };
  } catch {
    return {};
  }
}
