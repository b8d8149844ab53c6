/** One script of `page.ts`. */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { sources } from './sources.js';

export async function bundlePage(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('page.ts', import.meta.url)),
    platform: 'browser',
    resolve: { alias: sources, extensionAlias: { '.js': ['.ts', '.js'] } },
    // The root configuration belongs to other tools.
    tsconfig: false,
    // Packages of TensorFlow.js name modules of Node that no browser asks for.
    logLevel: 'silent',
  });
  const { output } = await build.generate({ format: 'iife', codeSplitting: false });
  await build.close();
  return output[0].code;
}
