import { CounterpoiseError } from './errors.js';
import { isRecord, type Json, sameJson, show } from './json.js';
import type { OptionValues } from './options.js';

/** What `Balancer.state()` gives and `Balancer.load()` takes. */
export interface BalancerState {
  readonly version: 1;
  readonly method: string;
  readonly options: OptionValues;
  /** `null` before the first step when no tasks were given. */
  readonly tasks: readonly string[] | null;
  /** The method's memory. */
  readonly state: Json;
  readonly steps: number;
}

/** Checks the envelope against the method and the losses of the balancer that loads it; the memory is the method's to check. */
export function readBalancerState(
  json: unknown,
  method: { readonly name: string; readonly options: OptionValues },
  tasks: readonly string[] | null,
): { readonly tasks: readonly string[] | null; readonly state: unknown; readonly steps: number } {
  if (!isRecord(json)) throw wrong(`must be an object as given by state(), got ${show(json)}`);
  if (json.version !== 1) throw wrong(`has "version" ${show(json.version)}, but this release reads version 1`);
  if (json.method !== method.name) throw wrong(`is of "method" ${show(json.method)}, but this is ${method.name}`);
  checkOptions(method.options, json.options);
  const { steps } = json;
  if (!Number.isSafeInteger(steps) || (steps as number) < 0) {
    throw wrong(`must have integer "steps" of at least 0, got ${show(steps)}`);
  }
  const savedTasks = readTasks(json.tasks);
  if (savedTasks && tasks && !sameJson([...tasks].sort(), [...savedTasks].sort())) {
    throw wrong(`has the losses ${savedTasks.join(', ')}, but this balancer has ${tasks.join(', ')}`);
  }
  return { tasks: savedTasks ?? tasks, state: json.state, steps: steps as number };
}

function readTasks(tasks: unknown): readonly string[] | null {
  if (tasks === null) return null;
  if (!Array.isArray(tasks) || !tasks.every((task): task is string => typeof task === 'string')) {
    throw wrong(`must have "tasks", a list of loss names or null, got ${show(tasks)}`);
  }
  return tasks;
}

function checkOptions(options: OptionValues, saved: unknown): void {
  if (!isRecord(saved)) throw wrong(`must have "options", an object, got ${show(saved)}`);
  for (const name of new Set([...Object.keys(options), ...Object.keys(saved)])) {
    const [here, there] = [options[name], saved[name]];
    if (here === undefined || !sameJson(here, there)) {
      throw wrong(`has "${name}" ${show(there)}, but this balancer has ${show(here)}`);
    }
  }
}

function wrong(what: string): CounterpoiseError {
  return new CounterpoiseError('state', `balancer state ${what}`);
}
