/** The cosines between the gradients of losses as a heat map: a table whose numbers say what its colours show. */
import { formatCosine, pairMatrix, shadeOf } from './cosine-matrix.js';
import { escapeHtml } from './html.js';
import type { RunCurves, Series } from './records.js';
import type { ReportRun } from './report-charts.js';
import { matrixHead, matrixTable } from './report-table.js';

export interface ReportHeatMap {
  readonly title: string;
  /** Of rows and columns alike. */
  readonly names: readonly string[];
  /** [row][column], in [-1, 1]; NaN where nothing is known. The diagonal is not looked at. */
  readonly cosines: readonly (readonly number[])[];
}

/** Side by side; nothing without any. @throws RangeError if the cosines of one are not square. */
export function renderHeatMaps(maps: readonly ReportHeatMap[]): string {
  return maps.length > 0 ? `<div class="maps">${maps.map(renderHeatMap).join('\n')}</div>` : '';
}

function renderHeatMap({ title, names, cosines }: ReportHeatMap): string {
  if (cosines.length !== names.length || cosines.some((row) => row.length !== names.length)) {
    throw new RangeError(`"cosines" must be ${names.length} x ${names.length}, as many as names`);
  }
  const rows = names.map((name, row) => {
    const cells = cosines[row]!.map((cosine, column) => (row === column ? '<td>1</td>' : renderCell(cosine)));
    return `<tr>${matrixHead('row', name)}${cells.join('')}</tr>`;
  });
  const heads = names.map((name) => matrixHead('col', name)).join('');
  const caption = `<caption>${escapeHtml(title)}</caption>`;
  return matrixTable(
    names.length,
    `${caption}<thead><tr><td></td>${heads}</tr></thead><tbody>${rows.join('')}</tbody>`,
  );
}

function renderCell(cosine: number): string {
  const { kind, share } = shadeOf(cosine);
  return `<td class="${kind}" style="--share:${share.toFixed(3)}">${formatCosine(cosine)}</td>`;
}

/** For every run that measured cosines their mean over the run, and over its last finished epoch if that is not the only one. */
export function cosineMaps(runs: readonly ReportRun[]): ReportHeatMap[] {
  return runs.flatMap(({ name, curves }) => {
    const suffix = runs.length > 1 ? `: ${name}` : '';
    const last = Object.values(curves.trainLosses)[0]?.x.at(-1) ?? 1;
    return [
      meanMap(curves, `Mean cosines of the run${suffix}`),
      last > 1 ? meanMap(curves, `Mean cosines of epoch ${last}${suffix}`, last) : undefined,
    ].filter((map) => map !== undefined);
  });
}

function meanMap(curves: RunCurves, title: string, epoch?: number): ReportHeatMap | undefined {
  const losses = Object.keys({ ...curves.stepLosses, ...curves.gradientNorms });
  const matrix = pairMatrix(losses, (pair) => meanOf(curves.cosines[pair], curves.stepsPerEpoch, epoch));
  return (
    matrix && { title, names: matrix.names, cosines: matrix.cells.map((row) => row.map((cell) => cell ?? Number.NaN)) }
  );
}

/** @returns undefined if there is no value in the epoch; without `epoch` of all steps. */
function meanOf(series: Series | undefined, stepsPerEpoch: number, epoch?: number): number | undefined {
  const values = series?.y.filter((value, at) => {
    const isInside = epoch === undefined || Math.ceil(series.x[at]! / stepsPerEpoch) === epoch;
    return isInside && Number.isFinite(value);
  });
  return values?.length ? values.reduce((sum, value) => sum + value) / values.length : undefined;
}
