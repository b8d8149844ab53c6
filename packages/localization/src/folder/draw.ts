/** Drawing splits at random, class by class, so that each has the classes in the proportions of the whole. */
import { Random } from '@counterpoise/nn';

/** The share of items that become `val` where nothing else is said. */
export const VAL_FRACTION = 0.2;

export interface Drawable {
  readonly id: string;
  /** Items of one class are drawn from together. */
  readonly stratum: string;
}

/**
 * `fraction` of the items, rounded, at least one of two and never all. Each class gives its share, rounded so that the sum
 * is right: those with the largest remainders give one more, and a class gives its last item only if nothing else is left.
 * What is drawn of a class depends on the seed, its name and its items alone.
 * @param fraction in (0, 1).
 */
export function drawFraction(items: readonly Drawable[], fraction: number, seed: number): Set<string> {
  const wanted = items.length < 2 ? 0 : Math.min(items.length - 1, Math.max(1, Math.round(items.length * fraction)));
  const strata = shuffledStrata(items, seed).map((ids) => ({ ids, take: Math.floor(ids.length * fraction) }));
  const isLast = ({ ids, take }: (typeof strata)[number]) => Number(take + 1 >= ids.length);
  const remainder = ({ ids, take }: (typeof strata)[number]) => ids.length * fraction - take;
  const order = [...strata].sort((a, b) => isLast(a) - isLast(b) || remainder(b) - remainder(a));
  let missing = wanted - strata.reduce((sum, { take }) => sum + take, 0);
  for (const stratum of order) {
    if (missing <= 0) break;
    stratum.take++;
    missing--;
  }
  // Too many only where the wanted number was held below all: 3 of 3 at a fraction near 1.
  for (const stratum of order) {
    if (missing >= 0) break;
    if (stratum.take === 0) continue;
    stratum.take--;
    missing++;
  }
  return new Set(strata.flatMap(({ ids, take }) => ids.slice(0, take)));
}

/**
 * The items of fold `index` of `of`. Each class is dealt out in turn, the next one goes on where it stopped: so the
 * folds of a class differ by at most one item, and so do the folds as a whole.
 * @param index from 1.
 */
export function drawFold(items: readonly Drawable[], index: number, of: number, seed: number): Set<string> {
  return new Set(
    shuffledStrata(items, seed)
      .flat()
      .filter((_, at) => at % of === index - 1),
  );
}

/** Classes by name, so that the order of the items on the disk makes no difference. */
function shuffledStrata(items: readonly Drawable[], seed: number): string[][] {
  const strata = new Map<string, string[]>();
  for (const { id, stratum } of items) {
    const ids = strata.get(stratum);
    if (ids) ids.push(id);
    else strata.set(stratum, [id]);
  }
  const random = new Random(seed).fork('split');
  return [...strata.keys()].sort().map((name) => {
    const ids = strata.get(name)!.sort();
    return [...random.fork(name).permutation(ids.length)].map((at) => ids[at]!);
  });
}
