/** A diagnosis as lines for a terminal. */
import { alignedTable } from '../aligned-table.js';
import type { Diagnosis } from './diagnose.js';
import type { Recommendation } from './recommend.js';
import { lossTable, pairTable, scenarioTable } from './tables.js';
import { steps } from './words.js';

/** What to type for a recommendation; undefined where there is nothing to type. */
export type CommandOf = (recommendation: Recommendation) => string | undefined;

/** Without control of their width: a line is a sentence or a row. Names stand in them as they were given. */
export function describeDiagnosis(diagnosis: Diagnosis, commandOf: CommandOf): string[] {
  const { finding, recommendations, notes } = diagnosis;
  const pairs = pairTable(diagnosis);
  return [
    `${steps(diagnosis.steps)} measured; gradients are those of each raw loss on the shared parameters`,
    '',
    ...alignedTable(lossTable(diagnosis)),
    '',
    ...alignedTable(scenarioTable(diagnosis)),
    ...(pairs.length > 1 ? ['', ...alignedTable(pairs)] : []),
    '',
    `finding  ${finding.sentence}`,
    '',
    ...recommendations.flatMap((recommendation, at) => {
      const command = commandOf(recommendation);
      return [
        `${at === 0 ? 'do      ' : 'or      '} ${headline(recommendation)}: ${recommendation.reason}`,
        ...(command === undefined ? [] : [`         ${command}`]),
      ];
    }),
    ...notes.map((note) => `note     ${note}`),
  ];
}

/** A recommendation in two or three words. */
export function headline(recommendation: Recommendation): string {
  switch (recommendation.kind) {
    case 'nothing':
      return 'leave the weights at 1';
    case 'measure':
      return 'measure more';
    case 'targets':
      return `standardise the targets of ${recommendation.loss}`;
    case 'method':
      return [recommendation.method, ...recommendation.options, ...recommendation.wraps].join(' ');
  }
}
