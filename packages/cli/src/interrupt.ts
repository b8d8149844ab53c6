/** Ctrl-C: the first one asks for a tidy end, the second one ends at once. A reader of the output that goes away asks for one too. */

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** 128 + the number of the signal that came; undefined if none came, also where the reader went away. */
  readonly code: number | undefined;
}

/** @throws Error of stdout after the tidy end, if it failed otherwise than by the leaving of its reader: the disk of a log is full. */
export async function withInterrupt<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let code: number | undefined;
  let failure: Error | undefined;
  const listener = (name: NodeJS.Signals) => {
    const next = CODES[name as keyof typeof CODES];
    if (code !== undefined) process.exit(next);
    code = next;
    controller.abort();
  };
  const outputFailed = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
    controller.abort();
  };
  for (const name of Object.keys(CODES)) process.on(name, listener);
  process.stdout.on('error', outputFailed);
  try {
    const result = await work({
      signal: controller.signal,
      get code() {
        return code;
      },
    });
    if (failure) throw failure;
    return result;
  } finally {
    for (const name of Object.keys(CODES)) process.off(name, listener);
    process.stdout.off('error', outputFailed);
  }
}
