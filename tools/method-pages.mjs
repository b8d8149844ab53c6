/**
 * npm run build && node tools/method-pages.mjs: writes docs/methods/*.md, one page per family, from the table of methods.
 * With --check it writes nothing and fails if a page is not what the table says.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { methodPages } from '../packages/cli/dist/methods/pages.js';

const folder = new URL('../docs/methods/', import.meta.url);
const pages = Object.entries(methodPages()).map(([name, text]) => [new URL(name, folder), text]);
if (process.argv.includes('--check')) {
  const old = pages.filter(([file, text]) => readFileSync(file, 'utf8') !== text).map(([{ pathname }]) => pathname);
  if (old.length > 0)
    throw new Error(`run node tools/method-pages.mjs: ${old.join(', ')} differ from the table of methods`);
} else {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of pages) writeFileSync(file, text);
}
