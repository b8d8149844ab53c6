/** The events of the server. The browser connects again by itself and says which event it saw last. */
import type { Hello, Problem, Reset, Rows, RunInfo, SystemLoad } from '../protocol.js';

export interface EventHandlers {
  readonly hello: (hello: Hello) => void;
  readonly runs: (runs: readonly RunInfo[]) => void;
  readonly rows: (rows: Rows) => void;
  readonly reset: (reset: Reset) => void;
  readonly problem: (problem: Problem) => void;
  readonly system: (load: SystemLoad) => void;
  readonly lost: () => void;
}

/** A refused connection is not tried again by the browser. */
const RETRY_MS = 2000;

export function connect(handlers: EventHandlers): void {
  const source = new EventSource('/events');
  const { lost, ...events } = handlers;
  for (const [name, handle] of Object.entries(events)) {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => handle(JSON.parse(data)));
  }
  source.addEventListener('error', () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(handlers), RETRY_MS);
  });
}
