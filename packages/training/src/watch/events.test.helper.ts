/** A page without a browser: reads the events of a server. */
import { get, type IncomingMessage } from 'node:http';

export interface WatchEvent {
  readonly event: string;
  readonly id: string;
  // The tests know what they expect.
  readonly data: Record<string, unknown>;
}

export class EventReader {
  readonly events: WatchEvent[] = [];
  #response: IncomingMessage | undefined;
  #text = '';
  #changed: () => void = () => undefined;
  isEnded = false;

  static open(url: string, lastEventId?: string): Promise<EventReader> {
    const reader = new EventReader();
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    return new Promise((resolve, reject) => {
      get(`${url}events`, { headers }, (response) => {
        reader.#response = response;
        response.setEncoding('utf8');
        response.on('data', (text: string) => reader.#add(text));
        response.on('error', () => undefined);
        response.on('close', () => {
          reader.isEnded = true;
          reader.#changed();
        });
        resolve(reader);
      }).on('error', reject);
    });
  }

  /** Waits until the events that have come satisfy a condition, and gives what it gives. */
  async until<T>(condition: (reader: EventReader) => T | undefined | false): Promise<T> {
    const end = performance.now() + 10_000;
    for (;;) {
      const found = condition(this);
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not within 10 s; ${this.events.length} events`)),
          end - performance.now(),
        );
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  of(event: string): WatchEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** All values of a field of a table, of all rows that have come since the last reset. */
  values(table: string, field: string): number[] {
    const last = this.events.findLastIndex(({ event }) => event === 'reset');
    return this.events.slice(last + 1).flatMap(({ event, data }) => {
      if (event !== 'rows') return [];
      const tables = data.tables as { table: string; steps: string; columns: [string, string][] }[];
      return tables.flatMap((one) => {
        if (one.table !== table) return [];
        if (field === 'step') return [...new Float64Array(bytesOf(one.steps))];
        const column = one.columns.find(([name]) => name === field);
        return column ? [...new Float32Array(bytesOf(column[1]))] : [];
      });
    });
  }

  close(): void {
    this.#response?.destroy();
  }

  #add(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
      this.events.push({
        event: fields.get('event') ?? '',
        id: fields.get('id') ?? '',
        data: JSON.parse(fields.get('data') ?? 'null'),
      });
    }
    this.#changed();
  }
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
}
