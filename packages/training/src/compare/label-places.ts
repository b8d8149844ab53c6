/** Names beside points, moved until none lies on another. */

export interface Label {
  readonly text: string;
  /** Of the point, in user units. */
  readonly x: number;
  readonly y: number;
}

export interface PlacedLabel extends Label {
  readonly anchor: 'start' | 'end';
}

/** Of a font of 12 units. */
const LETTER = 6.6;
const LINE = 12;
const GAP = 8;

/** To the right of its point, or to the left where there is no room; further down where another name is. */
export function placeLabels(labels: readonly Label[], right: number): PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const { text, x, y } of labels.toSorted((a, b) => a.y - b.y)) {
    const isTight = x + GAP + text.length * LETTER > right;
    let label: PlacedLabel = { text, x: x + (isTight ? -GAP : GAP), y: y - 6, anchor: isTight ? 'end' : 'start' };
    while (placed.some((other) => overlap(label, other))) label = { ...label, y: label.y + 1 };
    placed.push(label);
  }
  return placed;
}

function overlap(a: PlacedLabel, b: PlacedLabel): boolean {
  const [[left, end], [otherLeft, otherEnd]] = [span(a), span(b)];
  return Math.abs(a.y - b.y) < LINE && left < otherEnd && otherLeft < end;
}

function span({ x, text, anchor }: PlacedLabel): [number, number] {
  const width = text.length * LETTER;
  return anchor === 'start' ? [x, x + width] : [x - width, x];
}
