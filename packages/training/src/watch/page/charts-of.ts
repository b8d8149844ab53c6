/** Which charts the runs have, and which lines are in them. */
import type { TableName } from '../protocol.js';
import { after, type Line, lineOf } from './line.js';
import { cosineMapsOf, type MapSpec } from './maps-of.js';
import type { Run } from './store.js';

export interface ChartSpec {
  readonly key: string;
  readonly title: string;
  readonly canBeLog: boolean;
  /** What the y axis shows at least. */
  readonly include: readonly number[];
  readonly lines: readonly Line[];
}

export interface SectionSpec {
  readonly title: string;
  readonly note: string;
  readonly charts: readonly ChartSpec[];
  /** Before the charts, of which there may be many. */
  readonly maps: readonly MapSpec[];
}

/** A family of fields that share a chart when one run is shown, and have a chart each when several are. */
interface Family {
  readonly title: string;
  readonly note: string;
  readonly table: TableName;
  /** The name of the curve of a field; undefined if it does not belong here. */
  readonly curve: (field: string) => string | undefined;
  readonly canBeLog: boolean;
  readonly isSmoothed: boolean;
  readonly include?: readonly number[];
  /** A chart each, whatever is shown: their values have nothing in common. */
  readonly isApart?: boolean;
  readonly maps?: (runs: readonly Run[]) => readonly MapSpec[];
}

const FAMILIES: readonly Family[] = [
  {
    title: 'Validation',
    note: '',
    table: 'epoch',
    curve: after('metric/'),
    canBeLog: false,
    isSmoothed: false,
    isApart: true,
  },
  {
    title: 'Returns',
    note: 'Of reinforcement learning, under the names of CleanRL.',
    table: 'step',
    curve: after('charts/'),
    canBeLog: false,
    isSmoothed: true,
    isApart: true,
  },
  {
    title: 'Policy and critic',
    note: 'Means of every update.',
    table: 'step',
    curve: after('losses/'),
    canBeLog: false,
    isSmoothed: true,
    isApart: true,
  },
  {
    title: 'Weights',
    note: 'What each loss is multiplied by.',
    table: 'step',
    curve: after('weight/'),
    canBeLog: true,
    isSmoothed: true,
  },
  {
    title: 'Shares of the total',
    note: 'Weight times loss over the sum of all. A loss whose share stays near zero is drowned by the others.',
    table: 'step',
    curve: after('share/'),
    canBeLog: false,
    isSmoothed: true,
    include: [0, 1],
  },
  {
    title: 'Gradient norms',
    note: 'Of the raw losses.',
    table: 'gradient',
    curve: after('gradientNorm/'),
    canBeLog: true,
    isSmoothed: true,
  },
  {
    title: 'Gradient cosines',
    note: 'Below zero two losses pull in opposite directions.',
    table: 'gradient',
    curve: after('cosine/'),
    canBeLog: false,
    isSmoothed: true,
    include: [-1, 1],
    maps: cosineMapsOf,
  },
  {
    title: 'Learning rate',
    note: '',
    table: 'step',
    curve: (field) => (field === 'learningRate' ? 'learning rate' : undefined),
    canBeLog: true,
    isSmoothed: false,
  },
];

const TRAIN_LOSS = 'train/loss/';
const VAL_LOSS = 'val/loss/';

/** Columns that are axes, or the means of what is shown step by step. */
const NOT_SHOWN = /^(epoch|learningRate)$|^(train\/loss|val\/loss|weight)\//;

const OTHER: Family = {
  title: 'Other values',
  note: '',
  table: 'step',
  curve: (field) => {
    const isKnown = NOT_SHOWN.test(field) || FAMILIES.some(({ table, curve }) => table === 'step' && curve(field));
    return isKnown ? undefined : field;
  },
  canBeLog: false,
  isSmoothed: true,
  isApart: true,
};

const EPOCH_VALUES: Family = {
  ...OTHER,
  title: 'Other values of epochs',
  table: 'epoch',
  curve: (field) => (NOT_SHOWN.test(field) || field.startsWith('metric/') ? undefined : field),
  isSmoothed: false,
};

const TIME_NAMES: Readonly<Record<string, string>> = {
  trainSeconds: 'Training, seconds per epoch',
  valSeconds: 'Validation, seconds per epoch',
  memoryMiB: 'Memory of the training process, MiB',
};

const TIMES: Family = {
  ...EPOCH_VALUES,
  title: 'Time and memory',
  table: 'timing',
  curve: (field) => (field === 'epoch' ? undefined : (Object.hasOwn(TIME_NAMES, field) && TIME_NAMES[field]) || field),
};

/** The sections of the page, those without any chart left out. */
export function sectionsOf(runs: readonly Run[]): SectionSpec[] {
  const [metrics, ...rest] = FAMILIES;
  const sections = [
    lossSection(runs),
    ...[metrics!, ...rest, OTHER, EPOCH_VALUES, TIMES].map((family) => familySection(family, runs)),
  ];
  return sections.filter(({ charts }) => charts.length > 0);
}

function lossSection(runs: readonly Run[]): SectionSpec {
  const namesIn = (table: TableName, prefix: string) => (run: Run) =>
    [...run.table(table).columns.keys()].flatMap((field) => after(prefix)(field) ?? []);
  const losses = namesOf(runs, [namesIn('step', TRAIN_LOSS), namesIn('epoch', TRAIN_LOSS), namesIn('epoch', VAL_LOSS)]);
  const charts = losses.map((loss, index): ChartSpec => {
    const lines = runs.flatMap((run) => {
      const color = runs.length > 1 ? run.color : index;
      const label = (what: string) => (runs.length > 1 ? `${run.info.name}, ${what}` : what);
      const byStep = lineOf(run, 'step', TRAIN_LOSS + loss, { color, label: label('training'), isSmoothed: true });
      // Someone else's run may have nothing but epochs.
      const byEpoch = lineOf(run, 'epoch', TRAIN_LOSS + loss, { color, label: label('training') });
      const validation = lineOf(run, 'epoch', VAL_LOSS + loss, {
        color,
        label: label('validation'),
        isMarked: true,
      });
      return [byStep ?? byEpoch, validation].filter((line) => line !== undefined);
    });
    return { key: `loss ${loss}`, title: loss, canBeLog: true, include: [], lines };
  });
  return { title: 'Losses', note: 'Raw, before any weight.', charts, maps: [] };
}

function familySection(family: Family, runs: readonly Run[]): SectionSpec {
  const { title, note, table, curve, canBeLog, include = [] } = family;
  const fields = namesOf(runs, [(run) => [...run.table(table).columns.keys()].filter((field) => curve(field))]);
  const isMarked = table === 'epoch' || table === 'timing';
  const line = (run: Run, field: string, label: string, color: number) =>
    lineOf(run, table, field, { label, color, isMarked, isSmoothed: family.isSmoothed }) ?? [];
  const isTogether = runs.length === 1 && !family.isApart && fields.length > 1;
  const groups = isTogether ? [fields] : fields.map((field) => [field]);
  const charts = groups.map((group): ChartSpec => {
    const lines = group.flatMap((field) =>
      runs.flatMap((run) => {
        const color = runs.length > 1 ? run.color : fields.indexOf(field);
        return line(run, field, isTogether ? curve(field)! : run.info.name, color);
      }),
    );
    const chartTitle = isTogether ? title : curve(group[0]!)!;
    return { key: `${title} ${isTogether ? '' : group[0]}`, title: chartTitle, canBeLog, include, lines };
  });
  return { title, note, charts, maps: family.maps?.(runs) ?? [] };
}

/** All names of all runs, in the order of their first appearance. */
function namesOf(runs: readonly Run[], lists: readonly ((run: Run) => readonly string[])[]): string[] {
  return [...new Set(lists.flatMap((list) => runs.flatMap(list)))];
}
