import { Command } from 'commander';
import { addCompare } from './commands/compare.js';
import { addDemo } from './commands/demo.js';
import { addDiagnose } from './commands/diagnose.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExport } from './commands/export.js';
import { addInspect } from './commands/inspect.js';
import { addMethods } from './commands/methods.js';
import { addPredict } from './commands/predict.js';
import { addTrain } from './commands/train.js';
import { addWatch } from './commands/watch.js';
import { addWeigh } from './commands/weigh.js';
import type { SetExitCode } from './errors.js';
import { VERSION } from './version.js';

export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('counterpoise')
    .description('Train models that have several losses of different scales, so that no loss drowns the others.')
    .version(VERSION)
    .exitOverride()
    // An option belongs to the command that it stands behind: `diagnose localize --steps` is not that of `diagnose`.
    .enablePositionalOptions()
    // One line per error: no second one with a guess.
    .showSuggestionAfterError(false)
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 100, 120) });
  addInspect(program, setExitCode);
  addTrain(program, setExitCode);
  addEvaluate(program);
  addPredict(program, setExitCode);
  addExport(program);
  addDemo(program, setExitCode);
  addCompare(program, setExitCode);
  addDiagnose(program, setExitCode);
  addMethods(program);
  addWatch(program, setExitCode);
  addWeigh(program);
  return program;
}
