import { dirname, join } from 'node:path';
import { exportLocalizer, openTrained, writeExamples } from '@counterpoise/localization';
import { makeFolder, writeFileAtomic } from '@counterpoise/training';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { openLocalizerRun } from '../localizer-run.js';

interface Options {
  readonly out?: string;
  readonly withProcessing?: true;
  readonly withExamples?: true;
  readonly json?: true;
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('Write the trained network as an ONNX file that any ONNX Runtime runs.')
    .argument('<run>', 'the run folder')
    .option(
      '--out <file>',
      'the file to write (default: model.onnx in the run folder, serve/model.onnx there with processing)',
    )
    .option(
      '--with-processing',
      'the model takes pictures of any size, uint8 [batch, height, width, 3], and gives boxes in their pixels',
    )
    .option('--with-examples', 'also write infer.mjs and index.html beside it, which use it in Node and in a browser')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
      const processing = options.withProcessing ?? false;
      if (options.withExamples && !processing) {
        throw new UsageError('--with-examples needs --with-processing: the examples hand whole pictures to the model');
      }
      const { run, config, checkpoint, model, classes, imageSize } = await openTrained(
        (await openLocalizerRun(path)).path,
      );
      const file = options.out ?? (processing ? join(run.path, 'serve', 'model.onnx') : run.model);
      const bytes = exportLocalizer(model, classes, imageSize, { processing, resize: config.resize });
      await makeFolder(dirname(file));
      const examples = options.withExamples ? await writeExamples(file, classes) : [];
      await writeFileAtomic(file, [bytes]);
      const fields = { model: file, checkpoint, bytes: bytes.byteLength, classes, imageSize, processing, examples };
      process.stdout.write(
        options.json
          ? `${JSON.stringify(fields)}\n`
          : [`${file}: ${bytes.byteLength} bytes, from ${checkpoint}`, ...examples, ''].join('\n'),
      );
    });
}
