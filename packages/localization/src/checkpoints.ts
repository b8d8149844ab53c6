/** The two checkpoints of a run: `last`, from which the training goes on, and `best`, the network that is kept. */
import { existsSync } from 'node:fs';
import type { PopArtState } from '@counterpoise/nn';
import {
  configFingerprint,
  DivergedError,
  firstNonFinite,
  type Json,
  loadCheckpoint,
  type MetricsLog,
  type MetricsPosition,
  type RunFolder,
  saveCheckpoint,
} from '@counterpoise/training';
import { boxCodingJson } from './box-head.js';
import { OptionError } from './config.js';
import { type Learner, learnerTensors, loadLearnerTensors, modelTensors } from './learner.js';
import { type Best, type Position, readTrainingState, startPosition } from './progress-state.js';
import { dataFingerprint, type TrainingData } from './training-data.js';

export class Checkpoints {
  readonly #run: RunFolder;
  readonly #learner: Learner;
  readonly #losses: readonly string[];
  /** What both checkpoints say about themselves; a run goes on only with the same config and data. */
  readonly #identity: { readonly config: string; readonly data: string; readonly [field: string]: Json };

  /** @param losses their names. */
  constructor(run: RunFolder, data: TrainingData, learner: Learner, losses: readonly string[]) {
    this.#run = run;
    this.#learner = learner;
    this.#losses = losses;
    const { backbone, imageSize } = run.config;
    this.#identity = {
      config: configFingerprint(run.config),
      data: dataFingerprint(data),
      classes: data.train.classes,
      backbone: backbone!,
      imageSize: imageSize!,
      boxCoding: boxCodingJson(learner.model.boxCoding),
    };
  }

  /** Brings learner and log to the last checkpoint, or to the very beginning if there is none. */
  async restore(log: MetricsLog): Promise<Position> {
    const { position, metrics } = await this.load();
    log.truncateTo(metrics);
    return position;
  }

  /** Brings the learner there and leaves the files as they are. @returns also where the log stood. */
  async load(): Promise<{ position: Position; metrics: MetricsPosition }> {
    const path = this.#run.lastCheckpoint;
    if (!existsSync(path)) return { position: startPosition(this.#losses), metrics: { jsonl: 0, csv: 0 } };
    const { tensors, state } = await loadCheckpoint(path);
    const saved = readTrainingState(path, state, this.#losses);
    if (saved.config !== this.#identity.config) {
      throw new OptionError(
        `"${this.#run.path}": config.json is not the one that the last checkpoint was trained with`,
      );
    }
    if (saved.data !== this.#identity.data) {
      throw new OptionError(`"${this.#run.path}": the data set is not the one that the last checkpoint was trained on`);
    }
    try {
      loadLearnerTensors(this.#learner, tensors);
    } catch (error) {
      throw new Error(`checkpoint "${path}": ${(error as Error).message}`, { cause: error });
    }
    this.#learner.balancer.load(saved.balancer);
    this.#learner.popArt?.load(saved.popArt as unknown as PopArtState);
    return { position: structuredClone(saved.position), metrics: saved.metrics };
  }

  /** @param metrics where the log stands. */
  async saveLast(position: Position, metrics: MetricsPosition): Promise<void> {
    this.#requireFinite(position.step);
    const state = {
      ...this.#identity,
      position: position as unknown as Json,
      balancer: this.#learner.balancer.state() as unknown as Json,
      popArt: (this.#learner.popArt?.save() ?? null) as unknown as Json,
      metrics: metrics as unknown as Json,
    };
    await saveCheckpoint(this.#run.lastCheckpoint, { tensors: learnerTensors(this.#learner), state });
  }

  /** @param step the optimiser steps done. */
  async saveBest(best: Best, step: number): Promise<void> {
    this.#requireFinite(step);
    const state = { ...this.#identity, best: { ...best } };
    await saveCheckpoint(this.#run.bestCheckpoint, { tensors: modelTensors(this.#learner.evaluated), state });
  }

  /** Finite losses may still have had an infinite gradient: such a network must not replace a good checkpoint. */
  #requireFinite(step: number): void {
    const key = firstNonFinite(learnerTensors(this.#learner));
    if (key === undefined) return;
    throw new DivergedError(
      `"${key}" is no longer finite after step ${step}: the gradients overflowed; a lower learning rate may help`,
    );
  }
}
