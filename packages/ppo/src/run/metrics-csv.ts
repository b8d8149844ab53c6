import { join } from 'node:path';
import { type RunFolder, readMetrics, writeFileAtomic } from '@counterpoise/training';

/** `metrics.csv`: the records of `metrics.jsonl`, a row each; what a record lacks is an empty cell. */
export async function writeMetricsCsv(run: RunFolder): Promise<void> {
  const records = readMetrics(run.metrics);
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))].filter((name) => name !== 'kind');
  const rows = records.map((record) => columns.map((name) => record[name] ?? '').join(','));
  await writeFileAtomic(join(run.path, 'metrics.csv'), [columns.join(','), ...rows, ''].join('\n'));
}
