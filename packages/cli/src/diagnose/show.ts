/** How the command shows a diagnosis: lines, one JSON object, a page. */
import {
  type CommandOf,
  type DiagnosisPage,
  describeDiagnosis,
  oneLine,
  type Recommendation,
  renderDiagnosis,
  writeFileAtomic,
} from '@counterpoise/training';
import { InvalidArgumentError } from 'commander';
import { shellWord } from '../shell-word.js';

export interface ShowOptions {
  readonly report?: string;
  readonly json?: true;
}

/** Far more than a judgement needs; with 64 losses their Gramians take 33 MB. */
export const MAX_STEPS = 1000;

export function parseSteps(text: string): number {
  const steps = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(steps) && steps >= 1 && steps <= MAX_STEPS) return steps;
  throw new InvalidArgumentError(`It must be an integer in [1, ${MAX_STEPS}].`);
}

/** @param about what was diagnosed, for the JSON object and the configuration of the page. */
export async function showDiagnosis(
  page: Omit<DiagnosisPage, 'config'> & { readonly about: DiagnosisPage['config'] },
  { report, json }: ShowOptions,
): Promise<void> {
  const { diagnosis, commandOf, about } = page;
  if (report !== undefined) await writeFileAtomic(report, renderDiagnosis({ ...page, config: about }));
  if (json) {
    const recommendations = diagnosis.recommendations.map((one) => ({ ...one, command: commandOf(one) ?? null }));
    process.stdout.write(`${JSON.stringify({ ...about, ...diagnosis, recommendations })}\n`);
    return;
  }
  const lines = [...describeDiagnosis(diagnosis, commandOf), ...(report === undefined ? [] : [`report   ${report}`])];
  process.stdout.write(`${lines.map(oneLine).join('\n')}\n`);
}

/** For those who train elsewhere: through a pipe. */
export const weighCommand: CommandOf = (recommendation) => {
  if (recommendation.kind !== 'method') return undefined;
  return commandLine('counterpoise weigh', [
    recommendation.method,
    ...repeated('--option', recommendation.options),
    ...repeated('--wrap', recommendation.wraps),
  ]);
};

/** @param job the options that say the job, without those of the method. */
export function trainCommand(job: readonly string[]): CommandOf {
  return (recommendation) => {
    const own = trainArguments(recommendation);
    return own && commandLine('counterpoise train localize', [...job, ...own]);
  };
}

function trainArguments(recommendation: Recommendation): string[] | undefined {
  switch (recommendation.kind) {
    case 'method': {
      const { method, options, wraps } = recommendation;
      return ['--balance', method, ...repeated('--balance-option', options), ...repeated('--balance-wrap', wraps)];
    }
    case 'targets':
      return ['--standardize-targets'];
    case 'nothing':
      return ['--balance', 'sum'];
    case 'measure':
      return undefined;
  }
}

function repeated(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}

function commandLine(begin: string, words: readonly string[]): string {
  return [begin, ...words.map(shellWord)].join(' ');
}
