/** Where a bundler finds the packages: their sources, as they are now. */
import { fileURLToPath } from 'node:url';

const source = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));

/** A longer name comes before its beginning. */
export const sources = {
  'counterpoise/catalog': source('counterpoise/src/catalog.ts'),
  counterpoise: source('counterpoise/src/index.ts'),
  '@counterpoise/tfjs': source('tfjs/src/index.ts'),
};
