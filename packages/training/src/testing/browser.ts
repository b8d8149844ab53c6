/**
 * A headless Chromium for tests, driven by its DevTools protocol through two pipes (`--remote-debugging-pipe`): no dependency, no
 * port, and nothing of it outlives the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrowserPage, type PageOptions } from './browser-page.js';

/** Where Debian and others put it; undefined if it is not installed. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** For the title of a suite: a test that is left out says why. */
export const chromiumOrSkipped = CHROMIUM ? '' : ' (skipped: no Chromium, apt-get install chromium)';

const FLAGS = [
  '--headless',
  '--remote-debugging-pipe',
  // A test runs as root in a container; it opens nothing but its own pages.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-extensions',
  '--disable-background-networking',
  '--disable-component-update',
  '--hide-scrollbars',
];

export type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: Params) => void;
  readonly reject: (error: Error) => void;
}

export class Browser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (method: string, params: Params) => void>();
  #nextId = 1;

  private constructor(process: ChildProcess, profile: string) {
    this.#process = process;
    this.#profile = profile;
    this.#read(process.stdio[4] as Readable);
    process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium ended'));
      this.#waiting.clear();
    });
  }

  /** @throws Error if Chromium is not installed. */
  static async launch(): Promise<Browser> {
    if (!CHROMIUM) throw new Error('Chromium is not installed');
    const profile = mkdtempSync(join(tmpdir(), 'counterpoise-chromium-'));
    const args = [...FLAGS, `--user-data-dir=${profile}`];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    const browser = new Browser(spawn(CHROMIUM, args, { stdio: [...stdio] }), profile);
    await browser.send('Browser.getVersion');
    return browser;
  }

  async newPage(options: PageOptions = {}): Promise<BrowserPage> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const session = String(sessionId);
    const page = new BrowserPage((method, params) => this.send(method, params, session));
    this.#listeners.set(session, (method, params) => page.receive(method, params));
    await page.prepare(options);
    return page;
  }

  /** One command of the protocol, for the browser or for the session of a page. */
  send(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    const id = this.#nextId++;
    const message = JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)) });
      (this.#process.stdio[3] as Writable).write(`${message}\0`);
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    // The answer may be lost in the end of the process.
    this.send('Browser.close').catch(() => undefined);
    await Promise.race([ended, sleep(5000).then(() => this.#process.kill('SIGKILL'))]);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #read(pipe: Readable): void {
    // Parts are joined only when a message ends: a screenshot comes in hundreds of them.
    let parts: Buffer[] = [];
    pipe.on('data', (data: Buffer) => {
      let start = 0;
      for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, start)) {
        parts.push(data.subarray(start, end));
        this.#receive(JSON.parse(Buffer.concat(parts).toString('utf8')));
        parts = [];
        start = end + 1;
      }
      parts.push(data.subarray(start));
    });
  }

  #receive({ id, method, sessionId, params = {}, result = {}, error }: Message): void {
    if (id === undefined) {
      if (method && sessionId !== undefined) this.#listeners.get(sessionId)?.(method, params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
