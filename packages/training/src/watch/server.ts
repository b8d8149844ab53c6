/**
 * The server of `counterpoise watch`: a page on 127.0.0.1 that shows the runs of a folder while they are written. It only
 * reads, and answers nothing but GET for the page, the events and the sample pictures.
 */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asset, loadAssets } from './assets.js';
import { findRuns, type Sample, type WatchedRun } from './catalog.js';
import { refuse, SECURITY_HEADERS } from './guard.js';
import { streamEvents } from './stream.js';
import { openPlain } from './tail.js';

export interface WatchOptions {
  /** Port on 127.0.0.1, in [0, 65535]. Default 0: one that is free. */
  readonly port?: number;
}

/** How often the folder is searched for new runs and pictures. */
const SCAN_MS = 1000;
/** Open pages; a browser opens no more than six at a time. */
const MAX_STREAMS = 24;
const MAX_SAMPLE_BYTES = 2 ** 24;
/** The id of the last event names every run; Node's default of 16 KiB is enough for 300 only. */
const MAX_HEADER_BYTES = 2 ** 16;

/**
 * Shows the runs in a folder, or the one run that the folder is, also those that appear later.
 *
 * @throws Error if there is no such folder, or the port is taken; RangeError if `port` is no port.
 */
export async function watchRuns(folder: string, { port = 0 }: WatchOptions = {}): Promise<WatchServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`"port" must be an integer in [0, 65535], got ${port}`);
  }
  return WatchServer.open(folder, port);
}

export class WatchServer {
  readonly #folder: string;
  readonly #server: Server;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #session = randomBytes(6).toString('base64url');
  readonly #closing = new AbortController();
  #runs: readonly WatchedRun[];
  #streams = 0;

  private constructor(folder: string, runs: readonly WatchedRun[]) {
    this.#folder = folder;
    this.#runs = runs;
    this.#assets = loadAssets();
    // Every page listens.
    setMaxListeners(0, this.#closing.signal);
    this.#server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async open(folder: string, port: number): Promise<WatchServer> {
    const watch = new WatchServer(folder, await findRuns(folder));
    await watch.#listen(port);
    void watch.#scan();
    return watch;
  }

  /** `http://127.0.0.1:PORT/` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** How many runs there are now. */
  get runCount(): number {
    return this.#runs.length;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const problem = error.code === 'EADDRINUSE' ? 'it is taken: choose another one' : error.message;
        reject(new Error(`cannot listen on port ${port}: ${problem}`, { cause: error }));
      });
      this.#server.listen({ host: '127.0.0.1', port }, resolve);
    });
  }

  /** Keeps the list of runs; the same list as long as nothing has changed. */
  async #scan(): Promise<void> {
    const { signal } = this.#closing;
    let shown = describe(this.#runs);
    while (!signal.aborted) {
      await sleep(SCAN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      // Nobody looks, or the folder is gone for now.
      const runs = this.#streams > 0 && !signal.aborted ? await findRuns(this.#folder).catch(() => []) : this.#runs;
      const found = describe(runs);
      if (found === shown) continue;
      [this.#runs, shown] = [runs, found];
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const refusal = refuse(request, this.#port);
    if (refusal) return refuseWith(response, refusal.status, refusal.text);
    // Behind the question mark stands only the version of a picture, for the browser.
    const path = (request.url ?? '').split('?')[0]!;
    const asset = this.#assets.get(path);
    if (asset) return sendBytes(response, asset.contentType, asset.content);
    if (path === '/events') return this.#stream(request, response);
    const sample = this.#sampleAt(path);
    if (sample) return sendSample(response, sample);
    refuseWith(response, 404, 'there is nothing here');
  }

  #sampleAt(path: string): Sample | undefined {
    const [, id, sample] = /^\/runs\/([\w-]{8})\/samples\/([\w-]{8})$/.exec(path) ?? [];
    return this.#runs.find((run) => run.info.id === id)?.samples.get(sample ?? '');
  }

  async #stream(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#streams >= MAX_STREAMS) return refuseWith(response, 503, 'too many open pages');
    const lastEventId = request.headers['last-event-id'];
    this.#streams++;
    try {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      await streamEvents(response, {
        folder: this.#folder,
        session: this.#session,
        lastEventId: Array.isArray(lastEventId) ? undefined : lastEventId,
        runs: () => this.#runs,
        signal: this.#closing.signal,
      });
    } finally {
      this.#streams--;
    }
  }
}

function describe(runs: readonly WatchedRun[]): string {
  return JSON.stringify(runs.map((run) => run.info));
}

async function sendSample(response: ServerResponse, { path, contentType }: Sample): Promise<void> {
  const file = await openPlain(path);
  if (!file) return refuseWith(response, 404, 'the picture is gone');
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > MAX_SAMPLE_BYTES) return refuseWith(response, 404, 'no picture to show');
    sendBytes(response, contentType, await file.readFile());
  } finally {
    await file.close();
  }
}

function sendBytes(response: ServerResponse, contentType: string, content: Buffer): void {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': content.byteLength });
  response.end(content);
}

function refuseWith(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...(status === 405 && { Allow: 'GET' }) });
  response.end(`${text}\n`);
}
