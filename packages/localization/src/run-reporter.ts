/** The report of a training, one HTML file, and the sample pictures beside it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  curvesFrom,
  type MetricsRecord,
  type RunFolder,
  readMetrics,
  renderReport,
  writeFileAtomic,
} from '@counterpoise/training';
import type { LocalizationDataset } from './dataset.js';
import { evaluationSections, percent } from './evaluation-sections.js';
import { type Evaluation, Evaluator } from './evaluator.js';
import { type Best, isBetter } from './progress-state.js';
import { LEGEND, readEnvironment } from './run-report.js';
import { asReportPicture, drawSamples, pickSamples, SAMPLES } from './samples.js';
import { openTrained } from './trained.js';

/**
 * Writes `report.html` with the curves of all epochs, and tables and pictures of the best one, whose network the run keeps; and
 * `samples/` with pictures of the last one, to watch it learn.
 */
export class RunReporter {
  readonly #run: RunFolder;
  readonly #val: LocalizationDataset;
  #last: Evaluation | undefined;
  /** The best of this process; that of a resumed run may be older. */
  #best: Evaluation | undefined;
  /** Of the best epoch of the run. */
  #shown: { readonly epoch: number; readonly evaluation: Evaluation } | undefined;

  /** @param val what the run is validated on. */
  constructor(run: RunFolder, val: LocalizationDataset) {
    this.#run = run;
    this.#val = val;
  }

  /** To be told of every validation. */
  validated(evaluation: Evaluation): void {
    this.#last = evaluation;
    if (!this.#best || isBetter(evaluation.metrics, this.#best.metrics)) this.#best = evaluation;
  }

  /** After a validation. Where another process had the best epoch, its network is evaluated once more. */
  async write(): Promise<void> {
    const [run, val] = [this.#run, this.#val];
    if (!this.#last) throw new Error('internal: the report of a run before its first validation');
    const picked = pickSamples(val.items.length, SAMPLES);
    for (const { name, picture } of await drawSamples(val, this.#last, picked)) {
      await writeFile(join(run.samples, name), picture);
    }
    const records = readMetrics(run.metrics);
    const best = bestOf(records);
    if (this.#shown?.epoch !== best.epoch) {
      const evaluation = isOf(best, this.#best) ? this.#best! : await evaluateKept(run, val);
      this.#shown = { epoch: best.epoch, evaluation };
    }
    const { evaluation } = this.#shown;
    const { balance, backbone, imageSize } = run.config;
    const html = renderReport({
      title: `Localizer: ${backbone} at ${imageSize} pixels, ${balance}`,
      summary: `${describe(best, records, evaluation)} ${val.items.length} validation pictures. ${LEGEND}`,
      runs: [{ name: String(balance), curves: curvesFrom(records) }],
      samples: (await drawSamples(val, evaluation, picked)).map(asReportPicture),
      sections: await evaluationSections(val, evaluation),
      config: run.config,
      ...(await readEnvironment(run)),
    });
    await writeFileAtomic(run.report, html);
  }
}

interface BestEpoch extends Best {
  readonly record: MetricsRecord;
}

function bestOf(records: readonly MetricsRecord[]): BestEpoch {
  let best: BestEpoch | undefined;
  for (const record of records) {
    if (record.kind !== 'epoch') continue;
    const metric = (name: string) => Number(record[`metric/${name}`]);
    const candidate: BestEpoch = {
      record,
      epoch: Number(record.epoch),
      accuracy: metric('accuracy'),
      meanIou: metric('meanIou'),
      boxAccuracy: metric('boxAccuracy'),
      localizationAccuracy: metric('localizationAccuracy'),
    };
    if (!best || isBetter(candidate, best)) best = candidate;
  }
  if (!best) throw new Error('internal: the report of a run without a record of an epoch');
  return best;
}

/** By the losses, which are written so that they are read back bit for bit: networks at chance share their metrics. */
function isOf({ record }: BestEpoch, evaluation: Evaluation | undefined): boolean {
  if (!evaluation) return false;
  return Object.entries(evaluation.losses).every(([name, loss]) => record[`val/loss/${name}`] === loss);
}

async function evaluateKept(run: RunFolder, val: LocalizationDataset): Promise<Evaluation> {
  const { model, config } = await openTrained(run.path);
  const evaluator = await Evaluator.compile(model, config);
  try {
    return (await evaluator.evaluate(val))!;
  } finally {
    evaluator.release();
  }
}

function describe(best: BestEpoch, records: readonly MetricsRecord[], shown: Evaluation): string {
  const { epoch, accuracy, meanIou, localizationAccuracy } = best;
  const last = records.findLast(({ kind }) => kind === 'epoch')!.epoch;
  // A run that was killed right after a better epoch keeps its network, and comes to that epoch again.
  const what = isOf(best, shown) ? `epoch ${epoch}` : 'the network that is kept';
  return (
    `Best epoch ${epoch} of ${last}: accuracy ${percent(accuracy)}, mean IoU ${meanIou.toFixed(3)}, ` +
    `localization accuracy ${percent(localizationAccuracy)}. Classes, overlaps and pictures below are of ${what}.`
  );
}
