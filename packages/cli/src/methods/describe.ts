/** Facts of the registry in words, the same for the command and the pages. */
import type { OptionSpec } from 'counterpoise';
import type { AnyMethodRow, Property } from 'counterpoise/catalog';

const PROPERTIES: Readonly<Record<Property, readonly [holds: string, fails: string]>> = {
  scaleFree: [
    'free of scale: another unit of a loss changes no term',
    'not free of scale: another unit of a loss changes the terms',
  ],
  stateless: ['no state: the weights depend on the present step alone', 'has a state: save it with the model'],
  signed: ['takes negative losses as they are', 'a negative loss is an error, unless an option says how to read it'],
  symmetric: ['the order of the tasks does not matter', 'the order of the tasks, or chance, matters'],
  linear: [
    'the update is linear in the lengths of the gradients',
    'the update is not linear in the lengths of the gradients',
  ],
  nonConflicting: [
    'to first order no loss rises: the update is against no gradient',
    'the update may raise a loss to lower others',
  ],
  stationary: [
    'stands still only where some mixture of the gradients vanishes (Pareto stationary)',
    'may stand still elsewhere than at a Pareto stationary point',
  ],
};

/** One line per property, in the order of the table. */
export function propertyLines({ properties }: AnyMethodRow): string[] {
  return Object.entries(PROPERTIES).map(([name, [holds, fails]]) =>
    properties.includes(name as Property) ? holds : fails,
  );
}

export function needsOf({ needs, family }: AnyMethodRow): string {
  if (family === 'gradients') return 'whole gradients';
  return needs.length > 0 ? needs.join(', ') : 'nothing';
}

/** The values that an option can take. */
export function valuesOf(spec: OptionSpec): string {
  switch (spec.type) {
    case 'choice':
      return spec.choices.join(' | ');
    case 'boolean':
      return 'true | false';
    case 'task':
      return 'name of a loss';
    default:
      return `${spec.type} in ${spec.range}${spec.perTask ? ', or one per loss' : ''}`;
  }
}

export function defaultOf(spec: OptionSpec): string {
  if ('required' in spec && spec.required) return 'required';
  return spec.type === 'task' ? 'the first loss' : String(spec.default ?? 'none');
}

/** Empty for pure numbers, switches and words. */
export function unitOf(spec: OptionSpec): string {
  return spec.unit === undefined || spec.unit === '1' ? '' : spec.unit;
}
