/** Spawns the built command, as a user's shell does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

export function start(args: readonly string[], cwd: string): Running {
  if (!existsSync(MAIN)) throw new Error('the command is not built: run "npm run build" first');
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, outcome };
}

export function counterpoise(args: readonly string[], cwd: string): Promise<Outcome> {
  return start(args, cwd).outcome;
}

/** A training of eight steps on pictures of 16 x 16. */
export const TINY =
  'train localize --generated --generated-train 16 --generated-val 6 --image-size 16 --box-loss mse --batch-size 4 --epochs 2 --threads 1'.split(
    ' ',
  );
