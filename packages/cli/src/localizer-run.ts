import { isPpoRun } from '@counterpoise/ppo';
import { openRun, type RunFolder } from '@counterpoise/training';
import { UsageError } from './errors.js';

/** Opens a run for a command that is of localizers alone. @throws UsageError if the run is one of PPO. */
export async function openLocalizerRun(path: string): Promise<RunFolder> {
  const run = await openRun(path);
  if (isPpoRun(run)) throw new UsageError(`"${path}" is a run of PPO: give one of a localizer`);
  return run;
}
