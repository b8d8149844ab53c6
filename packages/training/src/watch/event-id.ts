/**
 * The id of an event says how far the page has read every file: `SESSION RUN:offset.mark:offset.mark ...`, numbers in
 * base 36. The browser keeps it and sends it back when it connects again, so the server remembers nothing about pages.
 */
import { type Position, START } from './tail.js';

/** How far a page has read the files of a run. */
export interface RunPosition {
  readonly metrics: Position;
  readonly timing: Position;
}

export const RUN_START: RunPosition = { metrics: START, timing: START };

export function formatEventId(session: string, positions: ReadonlyMap<string, RunPosition>): string {
  const runs = [...positions].map(([id, { metrics, timing }]) => `${id}:${formatOne(metrics)}:${formatOne(timing)}`);
  return [session, ...runs].join(' ');
}

/** @returns undefined for anything that `formatEventId` with this session did not make: the page then starts anew. */
export function parseEventId(text: string, session: string): Map<string, RunPosition> | undefined {
  const [head, ...runs] = text.split(' ');
  if (head !== session) return undefined;
  const positions = new Map<string, RunPosition>();
  for (const run of runs) {
    const [id = '', ...rest] = run.split(':');
    const [metrics, timing] = rest.map(parseOne);
    if (!metrics || !timing || rest.length !== 2) return undefined;
    positions.set(id, { metrics, timing });
  }
  return positions;
}

function formatOne({ offset, mark }: Position): string {
  return `${offset.toString(36)}.${mark.toString(36)}`;
}

function parseOne(text: string): Position | undefined {
  const match = /^([0-9a-z]{1,11})\.([0-9a-z]{1,7})$/.exec(text);
  if (!match) return undefined;
  const [offset, mark] = [Number.parseInt(match[1]!, 36), Number.parseInt(match[2]!, 36)];
  return Number.isSafeInteger(offset) ? { offset, mark } : undefined;
}
