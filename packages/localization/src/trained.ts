/** A trained localizer, read from a run folder. */
import { existsSync } from 'node:fs';
import { type Checkpoint, loadCheckpoint, openRun, type RunFolder } from '@counterpoise/training';
import { readBoxCoding, standardizationOf } from './box-head.js';
import { checkConfig, checkOption } from './check-config.js';
import type { LocalizerConfig } from './config.js';
import { loadModelTensors } from './learner.js';
import { type BackboneName, createModel, type TwoHeadResNet } from './model.js';

export interface TrainedLocalizer {
  readonly run: RunFolder;
  readonly config: LocalizerConfig;
  /** The checkpoint that was read: the best one, or the last one where no epoch has been validated yet. */
  readonly checkpoint: string;
  readonly classes: readonly string[];
  readonly backbone: BackboneName;
  readonly imageSize: number;
  readonly model: TwoHeadResNet;
}

/** @throws Error with one line if the folder is no run, has no checkpoint, or one of another architecture. */
export async function openTrained(path: string): Promise<TrainedLocalizer> {
  const run = await openRun(path);
  const config = checkRunConfig(run);
  const checkpoint = [run.bestCheckpoint, run.lastCheckpoint].find((file) => existsSync(file));
  if (checkpoint === undefined) {
    throw new Error(`"${path}" has no checkpoint yet: its training was stopped before the first one, resume it`);
  }
  const { tensors, state } = await loadCheckpoint(checkpoint);
  const { classes, backbone, imageSize, boxCoding } = readIdentity(checkpoint, state);
  for (const [name, saved] of Object.entries({
    backbone,
    imageSize,
    boxHead: boxCoding.head,
    standardizeTargets: standardizationOf(boxCoding),
  })) {
    const wanted = config[name as keyof LocalizerConfig];
    if (saved === wanted) continue;
    throw new Error(`checkpoint "${checkpoint}" is of "${name}" ${saved}, but config.json says ${wanted}`);
  }
  const model = createModel(backbone, classes.length, boxCoding);
  try {
    loadModelTensors(model, tensors);
  } catch (error) {
    throw new Error(`checkpoint "${checkpoint}": ${(error as Error).message}`, { cause: error });
  }
  model.eval();
  return { run, config, checkpoint, classes, backbone, imageSize, model };
}

/** @throws Error that names the file if its options are wrong. */
export function checkRunConfig(run: RunFolder): LocalizerConfig {
  try {
    return checkConfig(run.config);
  } catch (error) {
    throw new Error(`"${run.path}": config.json: ${(error as Error).message}`, { cause: error });
  }
}

function readIdentity(path: string, { classes, backbone, imageSize, boxCoding }: Checkpoint['state']) {
  try {
    checkOption('backbone', backbone);
    checkOption('imageSize', imageSize);
    if (!Array.isArray(classes) || classes.length === 0 || !classes.every((name) => typeof name === 'string')) {
      throw new Error('its "classes" must be a list of names');
    }
    return {
      classes: classes as string[],
      backbone: backbone as BackboneName,
      imageSize: imageSize as number,
      boxCoding: readBoxCoding(boxCoding),
    };
  } catch (error) {
    throw new Error(`checkpoint "${path}" is not of a localizer: ${(error as Error).message}`, { cause: error });
  }
}
