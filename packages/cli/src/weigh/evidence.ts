/** One line of the input as the evidence of a step. */
import type { Evidence, Measurements, Remarks } from 'counterpoise';
import { type Parsed, parseJson } from './parse-json.js';

const FIELDS = {
  losses: true,
  gramian: true,
  crossGramian: true,
  gradientNorms: true,
  gradientMax: true,
  gradientMean: true,
  epoch: true,
  mask: true,
  priorities: true,
  lossesAfter: true,
  // `counts` is for ranks that merge their evidence: here one process speaks for all.
} as const satisfies Record<Exclude<keyof Measurements | keyof Remarks, 'counts'>, true>;

/** The records of `Measurements` that name every task, in the order in which the balancer looks for names. */
const NAMING = ['losses', 'gradientNorms', 'gradientMax', 'gradientMean'];

export interface ShownStep {
  /** The balancer checks the values against the method. */
  readonly evidence: Evidence<never>;
  /** Names of the tasks in the order of the text; undefined where the line shows matrices alone. */
  readonly tasks: readonly string[] | undefined;
}

/** A field that is `null` counts as not given. @throws SyntaxError, and Error on what cannot be evidence of any method. */
export function parseEvidence(text: string): ShownStep {
  const parsed = parseJson(text);
  if (!(parsed instanceof Map)) {
    throw new Error(`it must be an object such as {"losses": {"class": 2.3, "box": 5000}}, got ${text.slice(0, 40)}`);
  }
  const given = [...(parsed as ReadonlyMap<string, Parsed>)].filter(([, value]) => value !== null);
  const unknown = given.find(([field]) => !Object.hasOwn(FIELDS, field));
  if (unknown) throw new Error(`there is no field "${unknown[0]}"; the fields are ${Object.keys(FIELDS).join(', ')}`);
  const naming = NAMING.map((field) => parsed.get(field)).find((record) => record instanceof Map);
  return {
    evidence: Object.fromEntries(given.map(([field, value]) => [field, plain(value)])) as Evidence<never>,
    tasks: naming && [...(naming as ReadonlyMap<string, Parsed>).keys()],
  };
}

function plain(value: Parsed): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
