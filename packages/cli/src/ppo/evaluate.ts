/** `counterpoise evaluate` of a PPO run. */
import { evaluatePolicy, openTrainedPolicy, renderEpisode, writePpoReport } from '@counterpoise/ppo';
import { writeFileAtomic } from '@counterpoise/training';

export interface EvaluatePpoOptions {
  readonly episodes?: number;
  readonly seed?: number;
  readonly draw?: string;
  readonly report?: string;
  readonly json?: true;
}

export async function evaluatePpo(path: string, { episodes, seed, draw, report, json }: EvaluatePpoOptions) {
  const { run, config, checkpoint, environment, environmentChanged, policy, release } = await openTrainedPolicy(path);
  if (environmentChanged) {
    process.stderr.write(`note: "${config.environment}" has changed since the training\n`);
  }
  try {
    const evaluation = await evaluatePolicy(environment, policy, {
      seed: seed ?? config.seed,
      ...(episodes !== undefined && { episodes }),
    });
    if (draw !== undefined) await writeFileAtomic(draw, renderEpisode(environment, evaluation.first));
    if (report !== undefined) await writePpoReport(report, [{ run, evaluation }], environment);
    const { first, ...numbers } = evaluation;
    if (json) {
      const fields = { run: path, checkpoint, environment: environment.name, ...numbers };
      process.stdout.write(`${JSON.stringify(fields)}\n`);
      return;
    }
    const rows = [
      `episodes     ${numbers.episodes}`,
      `mean return  ${numbers.meanReturn.toFixed(2)}`,
      `std return   ${numbers.stdReturn.toFixed(2)}`,
      `mean length  ${numbers.meanLength.toFixed(1)}`,
    ];
    process.stdout.write(`${rows.join('\n')}\n`);
  } finally {
    release();
  }
}
