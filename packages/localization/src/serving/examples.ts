/** Programs that use an exported model, written beside it: one for Node, one page for browsers. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '@counterpoise/training';
import { isCode } from '../files.js';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** The files that `writeExamples` writes. */
export const EXAMPLES = ['infer.mjs', 'index.html'] as const;

/**
 * Writes `infer.mjs` and `index.html` into the folder of a model that was exported with `processing`. They need packages
 * that are not written: onnxruntime-node and sharp, or onnxruntime-web.
 *
 * @param model path of the ONNX file; its folder must be there.
 * @returns the paths of the two files.
 * @throws Error if one of them is there already and says something else: somebody may have changed it.
 */
export async function writeExamples(model: string, classes: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    EXAMPLES.map(async (name) => {
      const template = await readFile(new URL(name, TEMPLATES), 'utf8');
      return { path: join(dirname(model), name), text: fillIn(template, basename(model), classes) };
    }),
  );
  for (const { path, text } of files) await checkUnchanged(path, text);
  for (const { path, text } of files) await writeFileAtomic(path, text);
  return files.map(({ path }) => path);
}

function fillIn(template: string, model: string, classes: readonly string[]): string {
  const values = new Map<string, unknown>([
    ["MODEL = 'model.onnx'", model],
    ["CLASSES = ['first', 'second']", classes],
  ]);
  let text = template;
  for (const [place, value] of values) {
    if (text.split(place).length !== 2) throw new Error(`internal: a template must have "${place}" once`);
    // A class may be called "</script>", which would end the script of a page.
    const json = JSON.stringify(value).replaceAll('<', '\\u003c');
    text = text.replace(place, () => `${place.split('=', 1)[0]}= ${json}`);
  }
  return text;
}

async function checkUnchanged(path: string, text: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return text;
    throw error;
  });
  if (present !== text)
    throw new Error(`"${path}" is there and differs from what would be written: move it away first`);
}
