import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import {
  drawPrediction,
  type FilePrediction,
  openTrained,
  type PictureSource,
  Predictor,
  pictureSources,
} from '@counterpoise/localization';
import { makeFolder } from '@counterpoise/training';
import type { Command } from 'commander';
import { numberFor } from '../arguments.js';
import type { SetExitCode } from '../errors.js';
import { FAILURE, lineOf } from '../errors.js';
import { openLocalizerRun } from '../localizer-run.js';

interface Options {
  readonly draw?: string;
  readonly threads?: number;
  readonly json?: true;
}

export function addPredict(program: Command, setExitCode: SetExitCode): void {
  program
    .command('predict')
    .description('Name and frame the object of pictures. Boxes are x1 y1 x2 y2 in pixels of the upright picture.')
    .argument('<run>', 'the run folder')
    .argument(
      '<image...>',
      'JPEG or PNG files; a folder stands for those below it; - for stdin: one picture, or names, one a line',
    )
    .option('--draw <dir>', 'write every picture with its box into this folder, as PNG')
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
    .option('--json', 'print one JSON object per picture')
    .action(async (path: string, images: readonly string[], options: Options) => {
      const trained = await openTrained((await openLocalizerRun(path)).path);
      if (options.draw !== undefined) await makeFolder(options.draw);
      const predictor = await Predictor.compile(trained, options.threads ?? availableParallelism());
      const drawings = new DrawingNames();
      const predictOne = async (source: PictureSource) => {
        if (source instanceof Error) throw source;
        const prediction = await predictor.predict(source);
        if (options.draw !== undefined) {
          const drawing = await drawPrediction(prediction, source);
          await writeFile(join(options.draw, drawings.next(prediction.image)), drawing);
        }
        return prediction;
      };
      try {
        for await (const source of pictureSources(images, process.stdin)) {
          try {
            const prediction = await predictOne(source);
            process.stdout.write(`${options.json ? JSON.stringify(prediction) : describe(prediction)}\n`);
          } catch (error) {
            // One bad file does not keep the others from their answer.
            process.stderr.write(`error: ${lineOf(error)}\n`);
            setExitCode(FAILURE);
          }
        }
      } finally {
        predictor.release();
      }
    });
}

function describe({ image, class: name, score, box }: FilePrediction): string {
  return `${image}: ${name} ${(100 * score).toFixed(1)} %, box ${box.map((side) => side.toFixed(1)).join(' ')}`;
}

/** Pictures of different folders may have one name: `a.png`, `a-2.png`. */
class DrawingNames {
  readonly #taken = new Set<string>();

  next(image: string): string {
    const stem = basename(image, extname(image));
    for (let number = 1; ; number++) {
      const name = number === 1 ? `${stem}.png` : `${stem}-${number}.png`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}
