/** The cosine matrices of runs: what is in which cell. */
import { type PairMatrix, pairMatrix } from '../../cosine-matrix.js';
import { after, type Line, lineOf } from './line.js';
import type { Run } from './store.js';

export interface MapSpec {
  readonly key: string;
  readonly title: string;
  readonly run: Run;
  readonly matrix: PairMatrix<Line>;
}

/** One per run that has measured cosines. */
export function cosineMapsOf(runs: readonly Run[]): MapSpec[] {
  return runs.flatMap((run): MapSpec[] => {
    const gradients = [...run.table('gradient').columns.keys()];
    if (!gradients.some(after('cosine/'))) return [];
    const names = [
      ...[...run.table('step').columns.keys()].map(after('train/loss/')),
      ...gradients.map(after('gradientNorm/')),
    ].filter((name) => name !== undefined);
    const matrix = pairMatrix([...new Set(names)], (pair) =>
      lineOf(run, 'gradient', `cosine/${pair}`, { label: pair, color: 0, isSmoothed: true }),
    );
    const title = runs.length > 1 ? run.info.name : 'Cosine matrix';
    return matrix ? [{ key: `cosines ${run.info.id}`, title, run, matrix }] : [];
  });
}
