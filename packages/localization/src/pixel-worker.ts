/** What a thread of `PixelWorkers` runs. */
import { parentPort } from 'node:worker_threads';
import { runJob } from './image-writer.js';
import type { Answer, Order } from './pixel-workers.js';

parentPort?.on('message', ({ id, job }: Order) => {
  let answer: Answer = { id };
  try {
    runJob(job);
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
