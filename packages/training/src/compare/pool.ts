/** Runs in child processes, a few at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Order } from './child.js';
import type { JobModule, RunOutcome, RunRequest } from './job.js';
import { readOutcome } from './store.js';

export interface PoolOptions {
  readonly job: JobModule;
  readonly out: string;
  /** Children at the same time. */
  readonly jobs: number;
  readonly onProgress: (request: RunRequest, share: number) => void;
}

/** Why a run has no result: the comparison was asked to stop. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

interface Waiting {
  readonly request: RunRequest;
  resolve(outcome: RunOutcome): void;
  reject(error: Error): void;
}

// The compiled file, also when this one runs from its source: Node.js 20 cannot start TypeScript.
const CHILD = fileURLToPath(new URL('../../dist/compare/child.js', import.meta.url));
/** A child saves its state when it is asked to stop; then it is killed. */
const STOP_MS = 60_000;
/** Of what a child says before it dies. */
const LAST_WORDS = 2000;

export class ChildPool {
  readonly #options: PoolOptions;
  readonly #waiting: Waiting[] = [];
  readonly #children = new Map<ChildProcess, Promise<void>>();
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** @throws StoppedError after `stop`; Error if the job failed. */
  run(request: RunRequest): Promise<RunOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  /** Asks all children to save what they have and to end, and waits for that. Nothing new begins. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new StoppedError('stopped'));
    for (const child of this.#children.keys()) {
      child.send('stop', () => {});
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.once('exit', () => clearTimeout(timer));
    }
    await Promise.all(this.#children.values());
  }

  #next(): void {
    if (this.#stopped) {
      for (const { reject } of this.#waiting.splice(0)) reject(new StoppedError('stopped'));
    }
    while (this.#children.size < this.#options.jobs) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#start(next);
    }
  }

  #start({ request, resolve, reject }: Waiting): void {
    const { job, out, onProgress } = this.#options;
    const child = fork(CHILD, [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let answer: Exclude<Answer, { readonly kind: 'progress' }> | undefined;
    let words = '';
    child.stderr?.on('data', (data) => {
      words = (words + data).slice(-LAST_WORDS);
    });
    child.on('message', (message: Answer) => {
      if (message.kind === 'progress') onProgress(request, message.share);
      else answer = message;
    });
    const ended = new Promise<void>((end) => {
      const finish = (trouble?: string) => {
        if (!this.#children.delete(child)) return;
        end();
        if (answer?.kind === 'done') {
          readOutcome(out, request).then((outcome) => {
            if (outcome) resolve(outcome);
            else reject(new Error('internal: a child said that its run is done, and there is no result'));
          }, reject);
        } else if (answer?.kind === 'stopped' || (this.#stopped && !answer)) reject(new StoppedError('stopped'));
        else reject(new Error(`${describe(request)}: ${answer?.message ?? trouble ?? 'it ended without a word'}`));
        this.#next();
      };
      child.on('error', (error) => finish(error.message));
      child.on('close', (code, signal) => {
        const cause = signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`;
        finish([cause, words.trim().split('\n').at(-1)].filter(Boolean).join(': '));
      });
    });
    this.#children.set(child, ended);
    // A child that dies at once is told by 'close'.
    child.send({ job, out, request } satisfies Order, () => {});
  }
}

/** A run in a few words: `log-sum, learning rate 0.001, seed 3`. */
export function describe({ method, options, wraps, learningRate, seed }: RunRequest): string {
  return `${[method, ...options, ...wraps].join(' ')}, learning rate ${learningRate}, seed ${seed}`;
}
