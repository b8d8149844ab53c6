/** Ctrl-C: the first one asks for a tidy end, the second one ends at once. */

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** 128 + the number of the signal that came; undefined if none came. */
  readonly code: number | undefined;
}

export async function withInterrupt<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let code: number | undefined;
  const listener = (name: NodeJS.Signals) => {
    const next = CODES[name as keyof typeof CODES];
    if (code !== undefined) process.exit(next);
    code = next;
    controller.abort();
  };
  for (const name of Object.keys(CODES)) process.on(name, listener);
  try {
    return await work({
      signal: controller.signal,
      get code() {
        return code;
      },
    });
  } finally {
    for (const name of Object.keys(CODES)) process.off(name, listener);
  }
}
