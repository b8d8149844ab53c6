/** Numbers for people: the same width for neighbours of a series, so that a live line does not jump. */

/** Four significant digits: 0.001234, 2.306, 12346, 1.23e-5, 1.23e+6; NaN and infinities as words. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 99_999.5) return value.toExponential(2);
  return size >= 999.95 ? value.toFixed(0) : value.toPrecision(4);
}

/** Whole numbers of things: as they are; others with four significant digits. */
export function formatCell(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? String(value) : formatNumber(value);
}

/** Seconds as 0:07, 12:34, 1:02:03, and "?" for what is not known. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A rate per second: 0.52, 7.3, 148. */
export function formatRate(rate: number): string {
  if (rate >= 9.95) return rate.toFixed(0);
  return rate.toFixed(rate >= 0.995 ? 1 : 2);
}
