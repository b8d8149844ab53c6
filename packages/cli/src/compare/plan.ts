/** What is compared: from the command line, or from the folder of a comparison that goes on. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  completeConfig,
  LOCALIZER_DEFAULTS as DEFAULTS,
  type LocalizerConfig,
  type LocalizerJobOptions,
  localizerJob,
  openTrainingData,
  requireSteps,
} from '@counterpoise/localization';
import {
  type JobModule,
  type MethodChoice,
  makeFolder,
  nameOf,
  parseMethod,
  writeFileAtomic,
} from '@counterpoise/training';
import { UsageError } from '../errors.js';
import { namesInOut } from '../folders.js';

/** What a comparison asks for besides its job; kept in `compare.json`, for --resume. */
export interface Plan {
  readonly methods: readonly MethodChoice[];
  readonly learningRates: readonly number[];
  /** How many: 1, 2, ... Seed 0 is for tuning. */
  readonly seeds: number;
  /** Absent: as many as learning rates. */
  readonly staticRuns?: number;
}

export interface CompareFlags extends Partial<Omit<LocalizerJobOptions, 'data' | 'boxLosses'>>, Partial<Plan> {
  readonly data?: string;
  readonly generated?: true;
  readonly boxLoss?: LocalizerConfig['boxLosses'];
  readonly jobs?: number;
  readonly out?: string;
  readonly resume?: true;
  readonly json?: true;
}

/**
 * For adaptive optimisers those of the fairness protocol in the docs. SGD needs another rate for every scale of the weights, so its
 * list spans them.
 */
export const LEARNING_RATES = {
  sgd: [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
  adam: [3e-4, 1e-3, 3e-3],
  adamw: [3e-4, 1e-3, 3e-3],
} as const;
export const SEEDS = 5;

export interface Planned {
  readonly job: JobModule;
  readonly plan: Plan;
}

/** @throws UsageError if the folder and the flags do not fit. */
export async function planComparison(out: string, flags: CompareFlags): Promise<Planned> {
  const planned = flags.resume ? await resumed(out, flags) : await begun(out, flags);
  await makeFolder(out);
  const kept = { ...planned.plan, methods: planned.plan.methods.map(nameOf) };
  await writeFileAtomic(join(out, 'compare.json'), `${JSON.stringify(kept, null, 2)}\n`);
  return planned;
}

async function begun(out: string, flags: CompareFlags): Promise<Planned> {
  if (flags.data === undefined && !flags.generated) {
    throw new UsageError('give --data DIR, or --generated for generated pictures');
  }
  await requireNew(out);
  const job = localizerJob({ threads: 1, ...jobOptions(flags) });
  const config = completeConfig(job.options as unknown as LocalizerJobOptions);
  const { learningRates = LEARNING_RATES[config.optimizer], seeds = SEEDS, staticRuns } = flags;
  const methods = flags.methods ?? [parseMethod(DEFAULTS.balance)];
  await requireData(config, methods);
  return { job, plan: { methods, learningRates, seeds, ...(staticRuns !== undefined && { staticRuns }) } };
}

/** What cannot be trained on is told before anything is trained, and once. */
async function requireData(config: LocalizerConfig, methods: readonly MethodChoice[]): Promise<void> {
  const { train } = await openTrainingData(config, (notice) => void process.stderr.write(`note: ${notice}\n`));
  requireSteps(config, methods, train.items.length);
}

async function resumed(out: string, flags: CompareFlags): Promise<Planned> {
  if (flags.out === undefined) throw new UsageError('--resume needs --out: the folder of the comparison');
  const [kept, plan] = [await readJson(out, 'job.json'), await readJson(out, 'compare.json')];
  // What it does not mention has its default.
  const full = completeConfig(kept as unknown as LocalizerJobOptions);
  for (const [name, value] of Object.entries(jobOptions(flags))) {
    const [wanted, had] = [JSON.stringify(value), JSON.stringify(full[name as keyof LocalizerConfig])];
    if (wanted === had) continue;
    throw new UsageError(
      `--resume: the comparison in "${out}" has "${name}" ${had}, got ${wanted}: leave it out, or choose a new folder`,
    );
  }
  const job = localizerJob(kept as unknown as LocalizerJobOptions);
  const { learningRates, seeds, staticRuns } = flags;
  // Methods of before had their data.
  if (flags.methods) await requireData(full, flags.methods);
  const given = Object.fromEntries(
    Object.entries({ methods: flags.methods?.map(nameOf), learningRates, seeds, staticRuns }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  return { job, plan: checkPlan(out, { ...plan, ...given }) };
}

/** Nothing there, or what a comparison left that was killed before its first run. */
async function requireNew(out: string): Promise<void> {
  const found = await namesInOut(out);
  if (found.includes('job.json')) {
    throw new UsageError(`--out "${out}" holds a comparison already: add --resume, or choose another folder`);
  }
  if (found.some((name) => !name.startsWith('compare.') && !name.startsWith('.'))) {
    throw new UsageError(`--out "${out}" is not empty: choose a new folder`);
  }
}

/** What the command line says about the job; what it does not mention is absent. */
function jobOptions(flags: CompareFlags): Partial<LocalizerJobOptions> {
  const { data, generated, boxLoss, weights, jobs, out, resume, json, ...others } = flags;
  const { methods, learningRates, seeds, staticRuns, ...rest } = others;
  if (data !== undefined && generated) throw new UsageError('--data and --generated exclude each other: give one');
  return {
    ...rest,
    ...(data !== undefined && { data: resolve(data) }),
    ...(generated && { data: null }),
    ...(boxLoss && { boxLosses: boxLoss }),
    ...(weights != null && { weights: resolve(weights) }),
  };
}

async function readJson(out: string, name: string): Promise<Record<string, unknown>> {
  const file = join(out, name);
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`--resume: there is no comparison in "${out}": it has no ${name}`);
    }
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`--resume: "${file}" must hold a JSON object`);
}

/** The file may have been edited. */
function checkPlan(out: string, plan: Record<string, unknown>): Plan {
  const { methods, learningRates, seeds, staticRuns } = plan;
  const isList = (value: unknown, type: string): value is never[] =>
    Array.isArray(value) && value.every((item) => typeof item === type);
  const isCount = (value: unknown): value is number => Number.isInteger(value);
  const isWhole = isList(methods, 'string') && isList(learningRates, 'number') && isCount(seeds);
  if (isWhole && (staticRuns === undefined || isCount(staticRuns))) {
    return { methods: methods.map(parseMethod), learningRates, seeds, ...(staticRuns !== undefined && { staticRuns }) };
  }
  throw new UsageError(`--resume: "${join(out, 'compare.json')}" must hold "methods", "learningRates" and "seeds"`);
}
