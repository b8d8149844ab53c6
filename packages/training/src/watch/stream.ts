/** The events for one page: what is there already, then what is written, until the page leaves. */
import type { ServerResponse } from 'node:http';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchedRun } from './catalog.js';
import { formatEventId, parseEventId, RUN_START, type RunPosition } from './event-id.js';
import type { Hello, Problem, Reset, Rows, RunInfo, SystemLoad, TableName } from './protocol.js';
import { metricsTable, parseRows } from './rows.js';
import { readPiece, START } from './tail.js';

/** How often files are looked at, and the machine. */
const POLL_MS = 250;
const SYSTEM_MS = 2000;

interface Events {
  readonly hello: Hello;
  readonly runs: readonly RunInfo[];
  readonly rows: Rows;
  readonly reset: Reset;
  readonly problem: Problem;
  readonly system: SystemLoad;
}

export interface StreamOptions {
  readonly folder: string;
  /** Of this server: positions of another one mean nothing. */
  readonly session: string;
  readonly lastEventId: string | undefined;
  /** The runs of now; another list after every change. */
  readonly runs: () => readonly WatchedRun[];
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

/** Writes events until the page or the server closes. */
export async function streamEvents(response: ServerResponse, options: StreamOptions): Promise<void> {
  const stream = new EventStream(response, options);
  try {
    await stream.run();
  } finally {
    response.end();
  }
}

class EventStream {
  readonly #response: ServerResponse;
  readonly #options: StreamOptions;
  readonly #positions: Map<string, RunPosition>;
  readonly #resumed: boolean;
  /** Files with a line that is too long to go on. */
  readonly #stuck = new Set<string>();

  constructor(response: ServerResponse, options: StreamOptions) {
    this.#response = response;
    this.#options = options;
    const kept = parseEventId(options.lastEventId ?? '', options.session);
    this.#positions = kept ?? new Map();
    this.#resumed = kept !== undefined;
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#response.destroyed;
  }

  async run(): Promise<void> {
    await this.#send('hello', { folder: this.#options.folder, resumed: this.#resumed });
    let shown: readonly WatchedRun[] | undefined;
    let nextSystem = 0;
    while (!this.#isOver) {
      const runs = this.#options.runs();
      if (runs !== shown) {
        this.#forget(runs);
        await this.#send(
          'runs',
          runs.map((run) => run.info),
        );
        shown = runs;
      }
      if (performance.now() >= nextSystem) {
        await this.#send('system', systemLoad());
        nextSystem = performance.now() + SYSTEM_MS;
      }
      let isNew = false;
      // In turn, a piece each: no run waits for another one's million steps.
      for (const run of runs) {
        isNew = (await this.#advance(run, 'metrics')) || isNew;
        isNew = (await this.#advance(run, 'timing')) || isNew;
      }
      if (!isNew) await sleep(POLL_MS, undefined, { signal: this.#options.signal }).catch(() => undefined);
    }
  }

  /** The page drops a run that is gone: should it come back, it begins anew. */
  #forget(runs: readonly WatchedRun[]): void {
    const ids = new Set(runs.map((run) => run.info.id));
    for (const id of this.#positions.keys()) if (!ids.has(id)) this.#positions.delete(id);
  }

  /** Sends the next piece of a file. @returns whether there was one. */
  async #advance(run: WatchedRun, file: keyof RunPosition): Promise<boolean> {
    if (this.#isOver || this.#stuck.has(run[file])) return false;
    const { id } = run.info;
    const before = this.#positions.get(id) ?? RUN_START;
    const piece = await readPiece(run[file], before[file]);
    if (piece.kind === 'none') return false;
    if (piece.kind === 'overlong') {
      this.#stuck.add(run[file]);
      await this.#problem(id, `${file}.jsonl has a line longer than 1 MiB: what follows is not shown`);
      return false;
    }
    if (piece.kind === 'reset') {
      this.#positions.set(id, { ...before, [file]: START });
      const tables: readonly TableName[] = file === 'metrics' ? ['step', 'gradient', 'epoch'] : ['timing'];
      await this.#send('reset', { run: id, tables });
      return true;
    }
    const tableOf = file === 'metrics' ? metricsTable : (): TableName => 'timing';
    const { tables, badLines } = parseRows(piece.lines, tableOf);
    this.#positions.set(id, { ...before, [file]: piece.position });
    if (tables.length > 0) await this.#send('rows', { run: id, tables });
    if (badLines > 0) await this.#problem(id, `${file}.jsonl has lines that are no records; they are left out`);
    return true;
  }

  #problem(run: string, text: string): Promise<void> {
    return this.#send('problem', { run, text });
  }

  /** Writes one event, and waits while the page is slower than we are. */
  async #send<K extends keyof Events>(event: K, data: Events[K]): Promise<void> {
    if (this.#isOver) return;
    const id = formatEventId(this.#options.session, this.#positions);
    // JSON has no line feeds of its own.
    const isSent = this.#response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    if (!isSent) await drained(this.#response, this.#options.signal);
  }
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const name of ['drain', 'close'] as const) response.off(name, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const name of ['drain', 'close'] as const) response.on(name, done);
    signal.addEventListener('abort', done);
  });
}

function systemLoad(): SystemLoad {
  const totalBytes = totalmem();
  return { load: loadavg(), processors: availableParallelism(), usedBytes: totalBytes - freemem(), totalBytes };
}
