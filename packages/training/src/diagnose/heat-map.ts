/** A square of numbers in [-1, 1] as a picture: blue above zero, orange below, with the number in every cell. */
import { chartSvg, INK, pixels, plotArea, seriesColor, text } from '../chart-frame.js';
import { escapeHtml } from '../html.js';

export interface HeatMapOptions {
  readonly title: string;
  /** Of rows and columns alike. */
  readonly names: readonly string[];
  /** [row][column], in [-1, 1]; null where not known. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** Smaller cells have their number in their title alone. */
const MIN_WIDTH = 32;
const MIN_HEIGHT = 14;
/** Room for the names of the rows, left of the plot. */
const NAMES_WIDTH = 90;
/** Without fonts at hand a letter counts 6.6 units. */
const LETTER = 6.6;

/** An SVG element of 560 x 300 user units. @throws RangeError if the values are not square. */
export function heatMap({ title, names, values }: HeatMapOptions): string {
  if (values.length !== names.length || values.some((row) => row.length !== names.length)) {
    throw new RangeError(`"values" must be ${names.length} x ${names.length}, as many as names`);
  }
  const plot = plotArea(0);
  const left = plot.left + NAMES_WIDTH;
  const width = (plot.right - left) / names.length;
  const height = (plot.bottom - plot.top) / names.length;
  const fitsNumber = width >= MIN_WIDTH && height >= MIN_HEIGHT;
  const middle = (at: number) => pixels(plot.top + (at + 0.5) * height + 4);
  const cells = names.flatMap((rowName, row) =>
    names.map((columnName, column) => {
      const value = values[row]![column]!;
      const [x, y] = [pixels(left + column * width), pixels(plot.top + row * height)];
      const shown = value === null ? '–' : value.toFixed(2);
      const color = seriesColor((value ?? 0) < 0 ? 1 : 0);
      const label = escapeHtml(`${rowName}, ${columnName}: ${shown}`);
      const rectangle =
        `<rect x="${x}" y="${y}" width="${pixels(width)}" height="${pixels(height)}" fill="${color}" ` +
        `fill-opacity="${(0.6 * Math.abs(value ?? 0)).toFixed(3)}"><title>${label}</title></rect>`;
      const number = `<text x="${pixels(x + width / 2)}" y="${middle(row)}" text-anchor="middle" fill="${INK}">${shown}</text>`;
      return fitsNumber ? rectangle + number : rectangle;
    }),
  );
  const labels =
    height >= MIN_HEIGHT
      ? names.flatMap((name, at) => [
          text(left - 8, middle(at), cut(name, plot.left + NAMES_WIDTH - 12), 'end'),
          text(pixels(left + (at + 0.5) * width), plot.bottom + 17, cut(name, width), 'middle'),
        ])
      : [];
  return chartSvg({ title, description: describe(names, values), body: [...cells, ...labels] });
}

function cut(name: string, room: number): string {
  const letters = Math.max(1, Math.floor(room / LETTER));
  return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
}

/** The pairs above the diagonal in words. */
function describe(names: readonly string[], values: HeatMapOptions['values']): string {
  const pairs = names.flatMap((a, i) =>
    names.slice(i + 1).flatMap((b, offset) => {
      const value = values[i]![i + 1 + offset];
      return value == null ? [] : [`${a} and ${b}: ${value.toFixed(2)}.`];
    }),
  );
  return pairs.join(' ') || 'No data.';
}
