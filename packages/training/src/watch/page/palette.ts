/** Colours of the theme, as the canvas needs them. */

export interface Palette {
  readonly series: readonly string[];
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
  readonly card: string;
}

export const SERIES_COLORS = 6;

/** A custom property is a text like "light-dark(...)"; only a real property resolves it. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const series = Array.from({ length: SERIES_COLORS }, (_, index) => color(`series-${index}`));
  const palette = {
    series,
    ink: color('ink'),
    muted: color('muted'),
    grid: color('grid'),
    accent: color('accent'),
    card: color('card'),
  };
  probe.remove();
  return palette;
}

/** The seventh line has the first colour again, dashed, the thirteenth dotted. */
export const DASHES = ['', 'dashed', 'dotted'] as const;

export function dashOf(color: number): (typeof DASHES)[number] {
  return DASHES[Math.floor(color / SERIES_COLORS) % DASHES.length]!;
}

export function colorIndex(color: number): number {
  return color % SERIES_COLORS;
}
