import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** What a bundler makes of an import, minified, in one file. */
export interface Bundle {
  readonly code: string;
  readonly gzipped: number;
  /** What was kept of the exports within the core, each as its file and its name: "methods/fixed/sum.ts sum". */
  readonly kept: readonly string[];
  /** Bytes of each file of the core before minifying, largest first. */
  readonly files: readonly (readonly [file: string, bytes: number])[];
}

// This file runs from src in tests and from dist in tools; the sources are beside both.
const sources = new URL('../../src/', import.meta.url);
const ENTRY = 'entry.js';

/** Bundles `export <what> from <file>`: `*`, or names in braces; the file is by default the whole core. */
export async function bundle(what: string, file = 'index.ts'): Promise<Bundle> {
  const from = fileURLToPath(new URL(file, sources));
  const build = await rolldown({
    input: ENTRY,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    // The root configuration belongs to other tools.
    tsconfig: false,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? `export ${what} from ${JSON.stringify(from)};` : null),
      },
    ],
  });
  const { output } = await build.generate({ minify: true });
  await build.close();
  if (output.length !== 1) throw new Error(`the bundle of ${what} has ${output.length} files, expected 1`);
  const { code, modules } = output[0];
  const rendered = Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id, module]) => ({ ...module, file: id.slice(id.lastIndexOf('/src/') + 5) }));
  return {
    code,
    gzipped: gzipSync(code, { level: 9 }).length,
    kept: rendered.flatMap(({ file, renderedExports }) => renderedExports.map((name) => `${file} ${name}`)),
    files: rendered.map(({ file, renderedLength }) => [file, renderedLength] as const).sort((a, b) => b[1] - a[1]),
  };
}
