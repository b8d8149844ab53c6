import { exportLocalizer, openTrained } from '@counterpoise/localization';
import { writeFileAtomic } from '@counterpoise/training';
import type { Command } from 'commander';

export function addExport(program: Command): void {
  program
    .command('export')
    .description('Write the trained network as an ONNX file that any ONNX Runtime runs.')
    .argument('<run>', 'the run folder')
    .option('--out <file>', 'the file to write (default: model.onnx in the run folder)')
    .option('--json', 'print one JSON object')
    .action(async (path: string, { out, json }: { out?: string; json?: true }) => {
      const { run, checkpoint, model, classes, imageSize } = await openTrained(path);
      const file = out ?? run.model;
      const bytes = exportLocalizer(model, classes, imageSize);
      await writeFileAtomic(file, [bytes]);
      const fields = { model: file, checkpoint, bytes: bytes.byteLength, classes, imageSize };
      process.stdout.write(
        json ? `${JSON.stringify(fields)}\n` : `${file}: ${bytes.byteLength} bytes, from ${checkpoint}\n`,
      );
    });
}
