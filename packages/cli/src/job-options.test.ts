import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addJobOptions, configOf, type JobFlags } from './job-options.js';

function parsed(args: readonly string[]) {
  const command = addJobOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  command.parse(args, { from: 'user' });
  return configOf(command.opts<JobFlags>(), command);
}

test('--standardize-targets stands alone or says how', () => {
  expect(parsed(['--standardize-targets', '--lr', '0.1'])).toEqual({ standardizeTargets: true, learningRate: 0.1 });
  expect(parsed(['--standardize-targets', 'pop-art'])).toEqual({ standardizeTargets: 'pop-art' });
  expect(parsed([])).toEqual({});
  expect(() => parsed(['--standardize-targets', 'popart'])).toThrow('It must stand alone, or be pop-art.');
});

test('--partly-labelled', () => {
  expect(parsed(['--partly-labelled', 'keep'])).toEqual({ partlyLabelled: 'keep' });
  expect(() => parsed(['--partly-labelled', 'maybe'])).toThrow(
    '"partlyLabelled" must be one of drop, keep, got "maybe"',
  );
});
