/** Methods as a command line names them. */
import { allMethods, kebabCase, methodRow, parseComposition, parseOptions } from 'counterpoise/catalog';
import { createStepMethod } from '../full-gradient/step-method.js';
import { plain } from './contenders.js';
import type { MethodChoice } from './job.js';

/** Wrappers, as `parseComposition` calls them, where the method has no option of that name. */
const WRAPPERS = ['normalize', 'smooth', 'clamp', 'update-every', 'warm-up', 'freeze-after'];

/**
 * `ema beta=0.9,grad-norm alpha=0.12,upgrad normalize=ema`: methods with commas between them, the options and wrappers of each
 * behind its name. A comma within a value per loss, as in `static weights=class:1,box:2`, belongs to the value. `all` stands for
 * every method with its defaults.
 *
 * @throws CounterpoiseError on an unknown method or option and a wrong value.
 */
export function parseMethodList(text: string): MethodChoice[] {
  return entriesOf(text).flatMap((entry) => (entry === 'all' ? everyMethod() : [parseMethod(entry)]));
}

/** One of them: what `nameOf` writes. */
export function parseMethod(text: string): MethodChoice {
  const [method = '', ...words] = text.trim().split(/\s+/);
  const own = Object.keys(methodRow(method).options).map(kebabCase);
  const isWrapper = (word: string) => {
    const name = word.split('=', 1)[0]!;
    return WRAPPERS.includes(name) && !own.includes(name);
  };
  const choice = {
    method,
    options: words.filter((word) => !isWrapper(word)),
    wraps: words.filter(isWrapper),
  };
  check(choice);
  return choice;
}

/** Fixed weights without weights are those of the search, which is always made. */
const everyMethod = () =>
  Object.keys(allMethods)
    .filter((name) => name !== 'static')
    .map(plain);

/** A piece such as `box:2` or `box:2 seed=3` goes on with the value before it: no method has a colon in its name. */
function entriesOf(text: string): string[] {
  const entries: string[] = [];
  for (const piece of text.split(',').map((part) => part.trim())) {
    const [first = ''] = piece.split(/\s/, 1);
    const isRest = first.includes(':') && !first.includes('=') && entries.length > 0;
    if (isRest) entries.push(`${entries.pop()},${piece}`);
    else entries.push(piece);
  }
  return entries;
}

function check({ method, options, wraps }: MethodChoice): void {
  const given = parseOptions(method, options);
  // Fixed weights without weights are left to the search.
  if (method !== 'static' || options.length > 0) createStepMethod(method, given, parseComposition(wraps));
}
