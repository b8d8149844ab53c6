/** One page of a headless browser. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Params } from './browser.js';

export interface PageOptions {
  /** In CSS pixels. Default 1280. */
  readonly width?: number;
  /** Default 900. */
  readonly height?: number;
  /** What the system prefers. Default light. */
  readonly theme?: 'light' | 'dark';
}

const POLL_MS = 50;

export class BrowserPage {
  readonly #send: (method: string, params?: Params) => Promise<Params>;
  #loaded: () => void = () => undefined;
  /** Everything that went wrong in the page: exceptions, console errors, what its content policy refused, files not found. */
  readonly errors: string[] = [];

  /** Made by `Browser.newPage`. */
  constructor(send: (method: string, params?: Params) => Promise<Params>) {
    this.#send = send;
  }

  async prepare({ width = 1280, height = 900, theme = 'light' }: PageOptions): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Log']) await this.#send(`${domain}.enable`);
    await this.resize(width, height);
    await this.setTheme(theme);
  }

  resize(width: number, height: number): Promise<Params> {
    return this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  }

  setTheme(theme: 'light' | 'dark'): Promise<Params> {
    return this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: theme }] });
  }

  /** Opens an address and waits until it is loaded. */
  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    const { errorText } = await this.#send('Page.navigate', { url });
    if (errorText) throw new Error(`cannot open ${url}: ${errorText}`);
    await loaded;
  }

  /** The value of an expression in the page, as JSON; promises are waited for. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(`in the page: ${describeException(exceptionDetails as Params)}`);
    return (result as { value: T }).value;
  }

  /** Waits until an expression is true. @throws Error that names it when it is not within `timeoutMs`. */
  async waitFor(expression: string, timeoutMs = 20_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > end) throw new Error(`not true within ${timeoutMs} ms: ${expression}`);
      await sleep(POLL_MS);
    }
  }

  /** Presses and releases a key, for example "ArrowRight", "Tab", "+". */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    // The browser itself moves the focus and the slider by the number of the key.
    const windowsVirtualKeyCode = KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0);
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key, windowsVirtualKeyCode, ...text });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode });
  }

  async moveMouse(x: number, y: number): Promise<void> {
    await this.#send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
  }

  /** Presses at one place, moves, and releases at another. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const at = ([x, y]: readonly [number, number]) => ({ x, y, button: 'left', buttons: 1, clickCount: 1 });
    await this.moveMouse(...from);
    await this.#send('Input.dispatchMouseEvent', { type: 'mousePressed', ...at(from) });
    for (const share of [0.3, 0.7, 1]) {
      const place = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])] as const;
      await this.#send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at(place) });
    }
    await this.#send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at(to) });
  }

  /** @param fullPage also what is below the window. @returns a PNG file. */
  async screenshot({ fullPage = false } = {}): Promise<Buffer> {
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: fullPage });
    return Buffer.from(String(data), 'base64');
  }

  /** Called by the browser with every event of this page. */
  receive(method: string, params: Params): void {
    if (method === 'Page.loadEventFired') this.#loaded();
    if (method === 'Runtime.exceptionThrown') this.errors.push(describeException(params.exceptionDetails as Params));
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') this.errors.push(JSON.stringify(params.args));
    const entry = params.entry as { level: string; text: string; url?: string } | undefined;
    if (method === 'Log.entryAdded' && entry?.level === 'error') this.errors.push(`${entry.text} ${entry.url ?? ''}`);
  }
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ' ': 32,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};

function describeException(details: Params): string {
  const exception = details.exception as { description?: string } | undefined;
  return exception?.description ?? String(details.text);
}
