/** One axis of a chart: from values to positions, and the ticks to draw. */
export interface Scale {
  /** The position of a value in [0, 1]; NaN for what the axis cannot show (zero and below on a log axis). */
  position(value: number): number;
  readonly ticks: readonly number[];
}

/** Beyond these the arithmetic of the axes overflows; no loss that is worth a picture gets there. */
const LARGEST = 1e300;
const SMALLEST = 1e-290;

export interface LinearOptions {
  /** About how many intervals between ticks. */
  readonly tickCount: number;
  /** End the axis on the values themselves, not on ticks around them. */
  readonly tight?: boolean;
  /** Ticks at whole numbers only. */
  readonly integers?: boolean;
}

/**
 * A linear axis that covers the values, with ticks at 1, 2 or 5 times a power of ten. Without any finite value it shows
 * 0 to 1.
 */
export function linearScale(values: Iterable<number>, { tickCount, tight, integers }: LinearOptions): Scale {
  let [low, high] = extent(values, -LARGEST) ?? [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  // A constant series (up to round-off) lies in the middle of its axis.
  const margin = size < SMALLEST ? 1 : size * 0.1;
  if (size < SMALLEST || high - low <= size * 1e-9) [low, high] = [low - margin, high + margin];
  const step = Math.max(niceStep((high - low) / tickCount), integers ? 1 : 0);
  const [first, last] = tight
    ? [Math.ceil(low / step), Math.floor(high / step)]
    : [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => clean((first + index) * step));
  const [begin, end] = tight ? [low, high] : [first * step, last * step];
  return { position: (value) => (value - begin) / (end - begin), ticks };
}

/**
 * A logarithmic axis that covers the values which are above zero; the others have no position on it. Ticks at 1, 2 and
 * 5, or 1 and 3, or 1 alone times powers of ten. Without any positive value it shows 0.1 to 1.
 */
export function logScale(values: Iterable<number>, { tickCount }: { readonly tickCount: number }): Scale {
  const [low, high] = extent(values, SMALLEST) ?? [0.1, 1];
  let ticks: number[] = [];
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    ticks = logTicks(low, high, digits);
    if (ticks.length <= tickCount + 2) break;
  }
  const [begin, end] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)];
  const stride = Math.ceil((ticks.length - 1) / (tickCount + 1));
  return {
    position: (value) => (value > 0 ? (Math.log10(value) - begin) / (end - begin) : Number.NaN),
    ticks: ticks.filter((_, index) => index % stride === 0),
  };
}

/** The ticks from the last one at or below the values to the first one at or above them; at least two. */
function logTicks(low: number, high: number, digits: readonly number[]): number[] {
  const [first, last] = [Math.floor(Math.log10(low)) - 1, Math.ceil(Math.log10(high)) + 1];
  const decades = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  // Through the text, because 10 ** -5 is 0.000009999999999999999.
  const ticks = decades.flatMap((decade) => digits.map((digit) => Number(`${digit}e${decade}`)));
  const from = ticks.findLastIndex((tick) => tick <= low);
  const to = ticks.findIndex((tick) => tick >= high);
  // A constant series lies in the middle of its axis.
  return from === to ? ticks.slice(from - 1, to + 2) : ticks.slice(from, to + 1);
}

/** Smallest and largest of the values between `smallest` and 1e300; null if there is none. */
function extent(values: Iterable<number>, smallest: number): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!(value >= smallest && value <= LARGEST)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

/** The smallest of 1, 2, 5 times a power of ten that is not below the rough step. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9))!;
  return digit * power;
}

/** 0.30000000000000004 is 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}

/** A tick in as few characters as possible: 0.25, 1500, 10k, 2M, 1e-6. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e9) return value.toExponential().replace('e+', 'e');
  if (size >= 1e6) return `${clean(value / 1e6)}M`;
  if (size >= 1e4) return `${clean(value / 1e3)}k`;
  return String(clean(value));
}
