/** Progress on a terminal: a line that is drawn anew again and again, and a table that grows by a row per epoch. */
import { EpochMeans } from './epoch-means.js';
import { bar, colored, describeRate, describeTime, liveLine } from './progress-line.js';
import { tableLines } from './progress-table.js';
import type { Progress, Settings } from './progress-types.js';

const INTERVAL_MS = 100;
const CLEAR_LINE = '\r\x1b[K';

export function liveProgress(settings: Settings): Progress {
  const { stream, meter, now, epochs, stepsPerEpoch, unit, labels, color } = settings;
  const means = new EpochMeans();
  let position = '';
  let lastDraw = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  let header = '';
  // The last column stays free: writing there makes some terminals wrap.
  const width = () => (stream.columns || 80) - 1;
  const clear = () => {
    if (isDrawn) stream.write(CLEAR_LINE);
    isDrawn = false;
    lastDraw = Number.NEGATIVE_INFINITY;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  const draw = (isLast: boolean, text: () => string) => {
    if (now() - lastDraw < INTERVAL_MS && !isLast) return;
    lastDraw = now();
    isDrawn = true;
    stream.write(CLEAR_LINE + (color ? colored(text()) : text()));
  };
  return {
    step(progress) {
      meter.endStep(now(), progress.count);
      means.add(progress);
      const { epoch, step } = progress;
      position = `${epoch}/${epochs}`;
      draw(step === stepsPerEpoch, () => {
        const standing = { position, step, stepsPerEpoch, ...means.values };
        return liveLine(standing, describeRate(meter, unit), describeTime(meter), width());
      });
    },
    validation(done, total) {
      draw(done === total, () =>
        `${position}  ${bar(done / total, 20)}  ${done}/${total}  validation`.slice(0, width()),
      );
    },
    epoch(progress) {
      const seconds = meter.endEpoch(now());
      const { perSecond } = meter;
      const lines = tableLines({ ...progress, epochs, unit, labels, perSecond, seconds }, width());
      const wanted = lines.header.join('\n');
      if (wanted !== header) for (const text of lines.header) line(color ? `\x1b[1m${text}\x1b[0m` : text);
      header = wanted;
      line(lines.row);
    },
    message: line,
    finish: clear,
  };
}
