/** A balanced step, run on demand by another process: the protocol of torch_step.py; `ready` also tells the time to compile. */
import { createInterface } from 'node:readline';

export async function serveStep(step, { feeds, learningRate, threads, compileMs }) {
  let count = 0;
  async function run(times) {
    const ms = [];
    const totals = [];
    for (let i = 0; i < times; i++) {
      const begin = performance.now();
      const { total } = await step.run(feeds, { step: ++count, learningRate });
      ms.push(performance.now() - begin);
      totals.push(total);
    }
    return { ms, totals };
  }

  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ ready: true, threads, compileMs });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.trim().split(' ');
    if (command === 'quit') break;
    if (command === 'rss') say({ rss: process.resourceUsage().maxRSS * 1024 });
    else if (command === 'run' && Number(argument) > 0) say(await run(Number(argument)));
    else say({ error: `expected "run N", "rss" or "quit", got "${line}"` });
  }
  step.release();
}
