/** Environments by name, or from a module of the user's own. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CounterpoiseError } from 'counterpoise';
import { type Environment, firstLine } from '../environment.js';
import { type EnvironmentSpec, environmentNames, environmentSpec } from '../registry.js';
import { type ActionSpace, Box, Discrete } from '../spaces.js';

/** What Node.js can import; `.ts` from version 22.18 on. */
const MODULES = ['.mjs', '.js', '.cjs', '.ts', '.mts'];

/** Whether this is the path of a module, and not the name of an environment. */
export function isModule(environment: string): boolean {
  return MODULES.includes(extname(environment));
}

/**
 * @param environment a registered name, or the absolute path of a module whose default export is an `EnvironmentSpec`. Such a module
 * needs not import anything: its spaces may be `{ kind: 'discrete', n }` and `{ kind: 'box', low, high }` (and `shape`).
 * @throws CounterpoiseError for an unknown name, Error naming the module and what is wrong with it.
 */
export async function openEnvironment(environment: string): Promise<EnvironmentSpec> {
  if (isModule(environment)) return importSpec(environment);
  if (environmentNames().includes(environment)) return environmentSpec(environment);
  throw new CounterpoiseError(
    'option',
    `"${environment}" is no environment; there are ${environmentNames().join(', ')}, and modules such as ./my-environment.mjs`,
  );
}

/** SHA-256 of a module, for a run to go on with the same; `null` for a name. What the module imports is not looked at. */
export function environmentFingerprint(environment: string): string | null {
  return isModule(environment) ? createHash('sha256').update(readFileSync(environment)).digest('hex') : null;
}

async function importSpec(path: string): Promise<EnvironmentSpec> {
  if (!existsSync(path)) throw new Error(`environment module "${path}": there is no such file`);
  const module = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new Error(`environment module "${path}" cannot be imported: ${firstLine(cause)}`, { cause });
  });
  const spec = (module as { readonly default?: Partial<EnvironmentSpec> }).default;
  if (typeof spec?.name !== 'string' || typeof spec.create !== 'function') {
    throw new Error(`environment module "${path}": its default export must be an object with "name" and "create"`);
  }
  return { ...(spec as EnvironmentSpec), create: () => withSpaces(spec.create!()) };
}

/** The module may come with a copy of this package of its own, or with none: a space is known by its `kind`. */
function withSpaces(environment: Environment): Environment {
  for (const name of ['observationSpace', 'actionSpace'] as const) {
    const value = spaceOf(environment?.[name]);
    if (value) Object.defineProperty(environment, name, { value, configurable: true });
  }
  return environment;
}

/** Undefined for what is no space: that is left to the check that every environment passes. */
function spaceOf(space: unknown): ActionSpace | undefined {
  const { kind, n, low, high, shape } = (space ?? {}) as { [field: string]: unknown };
  if (kind === 'discrete') return new Discrete(n as number);
  if (kind !== 'box') return undefined;
  const bound = (value: unknown) => {
    if (typeof value === 'number') return value;
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<number>);
    throw new RangeError('"low" and "high" of a box must be numbers or lists of numbers');
  };
  return new Box(bound(low), bound(high), shape as readonly number[] | undefined);
}
