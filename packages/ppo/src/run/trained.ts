/** A trained policy, read from a run folder. */
import { existsSync } from 'node:fs';
import { openRun, type RunFolder } from '@counterpoise/training';
import type { CheckedEnvironment } from '../checked-environment.js';
import type { Policy } from '../episode.js';
import { greedyPolicy } from '../evaluate.js';
import { compileActor } from '../policy/actor.js';
import { makeEnvironment } from '../registry.js';
import { createPpoTrainer } from '../train/trainer.js';
import { checkPpoRun } from './check-config.js';
import type { PpoConfig } from './config.js';
import { environmentFingerprint, openEnvironment } from './open-environment.js';
import { readNotes } from './train.js';
import { trainerOptions } from './trainer-options.js';

export interface TrainedPolicy {
  readonly run: RunFolder;
  readonly config: PpoConfig;
  /** The checkpoint that was read. */
  readonly checkpoint: string;
  readonly environment: CheckedEnvironment;
  /** The module of the environment is not the one that the checkpoint was trained with. */
  readonly environmentChanged: boolean;
  /** Greedy, see `greedyPolicy`; observations are normalised as at the end of the training. */
  readonly policy: Policy;
  /** Frees the native memory. */
  release(): void;
}

/** @throws Error with one line if the folder is no run, has no checkpoint, or one of another training. */
export async function openTrainedPolicy(path: string): Promise<TrainedPolicy> {
  const run = await openRun(path);
  const config = checkPpoRun(run);
  const checkpoint = run.lastCheckpoint;
  if (!existsSync(checkpoint)) {
    throw new Error(`"${path}" has no checkpoint yet: its training was stopped before the first one, resume it`);
  }
  const spec = await openEnvironment(config.environment);
  const { options, normalizer } = trainerOptions(config, spec);
  const trainer = await createPpoTrainer(options);
  try {
    await trainer.load(checkpoint);
    const { model } = trainer;
    const trainedWith = (await readNotes(checkpoint)).environment;
    const actor = await compileActor(model, 1);
    return {
      run,
      config,
      checkpoint,
      environment: makeEnvironment(spec),
      environmentChanged: trainedWith !== environmentFingerprint(config.environment),
      policy: greedyPolicy(actor, model.actionSpace, normalizer?.frozen()),
      release: () => actor.release(),
    };
  } finally {
    trainer.release();
  }
}
