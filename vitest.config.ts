import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Tests run the sources, not the built files: every workspace package resolves to its src/index.ts.
const packages = readdirSync(new URL('packages', import.meta.url)).map((folder) => ({
  find: folder === 'counterpoise' ? /^counterpoise$/ : new RegExp(`^@counterpoise/${folder}$`),
  replacement: new URL(`packages/${folder}/src/index.ts`, import.meta.url).pathname,
}));

// Second entry points.
packages.push(
  {
    find: /^counterpoise\/catalog$/,
    replacement: new URL('packages/counterpoise/src/catalog.ts', import.meta.url).pathname,
  },
  {
    find: /^@counterpoise\/tfjs\/layers$/,
    replacement: new URL('packages/tfjs/src/layers/index.ts', import.meta.url).pathname,
  },
);

export default defineConfig({
  resolve: { alias: packages },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'conformance/**/*.test.ts'],
    testTimeout: 60_000,
    // Native memory lives per process: forks keep one file's sessions from counting in another's.
    pool: 'forks',
    maxWorkers: 2,
  },
});
