import { constants, existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { writeFileAtomic } from '@counterpoise/training';
import type { Command } from 'commander';
import { compose } from 'counterpoise';
import { parseComposition, parseOptions, resolveMethod } from 'counterpoise/catalog';
import { collect, parsePriorities } from '../arguments.js';
import { exitCodeOf, lineOf, USAGE, UsageError } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { readLines } from '../weigh/lines.js';
import { Weigher } from '../weigh/weigher.js';

/** A line of 64 tasks with two matrices has less than 1 MiB. */
const LINE_BYTES = 2 ** 24;

interface Options {
  readonly option?: readonly string[];
  readonly wrap?: readonly string[];
  readonly priority?: Readonly<Record<string, number>>;
  readonly state?: string;
}

const HELP = `
Standard input: one JSON object per optimiser step, with what the method needs ("counterpoise methods NAME"):

  losses                                     {"class": 2.3, "box": 5000}
  gradientNorms, gradientMax, gradientMean   of the gradient of each raw loss, by name
  gramian, crossGramian                      [[g1.g1, g1.g2], [g2.g1, g2.g2]], rows in the order of the tasks
  epoch                                      from 0
  mask                                       {"box": false}: no sample of that task in this step
  priorities                                 in the place of --priority, for this step
  lossesAfter                                losses of the batch before, measured after its update (famo)

The tasks are those of the first line's losses (or norms), in that order; t1, t2, ... for a matrix alone. NaN, Infinity and
-Infinity are numbers here: such a loss gets weight 0, a reason, and changes no statistics. null is "not given".
Every line is answered at once by one line, before the next is read. Blank lines are skipped.
A line that cannot be used ends the command with exit code 1 and no answer; the state is that of the line before.

  $ echo '{"losses": {"class": 2, "box": 5000}}' | counterpoise weigh running-max --priority box=4
  {"weights":{"class":0.5,"box":0.0008},"total":5,"terms":{"class":1,"box":4}}
`;

export function addWeigh(program: Command): void {
  program
    .command('weigh')
    .description('Weights for a training loop in any language: JSON lines in, JSON lines out.')
    .argument('<method>', 'name of a method, see "counterpoise methods"')
    .option('--option <name=value>', 'option of the method, repeatable; see "counterpoise methods NAME"', collect)
    .option(
      '--wrap <name=value>',
      'wrapper round the method, repeatable: normalize=METHOD, smooth, clamp, update-every, warm-up, freeze-after',
      collect,
    )
    .option(
      '--priority <loss=number,...>',
      'priority of a loss, such as class=1,box=2 (default: 1 each)',
      parsePriorities,
    )
    .option('--state <file>', 'go on from this state if the file is there, and save it at the end or when interrupted')
    .addHelpText('after', HELP)
    .action(async (method: string, { option = [], wrap = [], priority = {}, state: file }: Options) => {
      const inner = resolveMethod(method, parseOptions(method, option));
      if (inner.wholeGradients) {
        throw new UsageError(
          `${[method, ...option].join(' ')} works on whole gradients, and a line has only numbers: use "train localize"`,
        );
      }
      const weigher = new Weigher(compose(inner.method, parseComposition(wrap)), priority);
      if (file !== undefined) await load(weigher, file);
      const code = await withInterrupt(async (interruption) => {
        try {
          await answerLines(weigher, interruption.signal);
        } finally {
          // Before the first answer there is nothing to keep; the options may turn out wrong by then.
          if (file !== undefined && weigher.answers > 0)
            await writeFileAtomic(file, `${JSON.stringify(weigher.state())}\n`);
        }
        return interruption.code;
      });
      // An answer that nobody has read would keep the process alive.
      if (code !== undefined) process.exit(code);
    });
}

/** Until the end of the input, the signal, or the end of the reader. */
async function answerLines(weigher: Weigher, signal: AbortSignal): Promise<void> {
  const write = writer(signal);
  try {
    for await (const line of readLines(addAbortSignal(signal, process.stdin), LINE_BYTES)) {
      if (line.text.trim() !== '') await write(`${weigher.weigh(line)}\n`);
      if (signal.aborted) return;
    }
  } catch (error) {
    const isReaderGone = (error as NodeJS.ErrnoException).code === 'EPIPE';
    if (!signal.aborted && !isReaderGone) throw error;
  }
}

/** Writes and waits until the text has left this process, or until the signal: a reader that sleeps must not hold up the state. */
function writer(signal: AbortSignal): (text: string) => Promise<void> {
  let release: () => void = () => undefined;
  signal.addEventListener('abort', () => release());
  return (text) =>
    new Promise((resolve, reject) => {
      release = resolve;
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
}

async function load(weigher: Weigher, file: string): Promise<void> {
  // Now, and not after a long training, is the time to find out.
  await access(dirname(file), constants.W_OK).catch((cause: unknown) => {
    throw new UsageError(`--state "${file}" cannot be written: ${lineOf(cause)}`);
  });
  if (!existsSync(file)) return;
  try {
    weigher.load(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (exitCodeOf(error) === USAGE) throw error;
    throw new Error(`--state "${file}": ${lineOf(error)}`, { cause: error });
  }
}
