import { describe, expect, it } from 'vitest';
import type { Annotated } from '../formats/annotated-set.js';
import { parseFold, type SplitOptions, splitItems } from './splits.js';

const ids = Array.from({ length: 50 }, (_, index) => `item${String(index).padStart(2, '0')}`);

function annotated(name: string): Annotated {
  return { files: ['a.jpg'], unit: 'pixels', objects: [{ name, box: [0, 0, 1, 1], given: '' }] };
}

/** A set of these ids, all of class "card". */
function set(names: readonly string[], lists: Record<string, string[]> = {}) {
  return { pictures: new Map(names.map((id) => [id, annotated('card')])), lists: new Map(Object.entries(lists)) };
}

describe('lists of the folder', () => {
  it('are used in their order, each item once', () => {
    const listed = set(ids, { train: ['item03', 'item01', 'item03'], val: ['item02', 'item01'] });
    const train = splitItems(listed, { split: 'train' });
    expect(train.ids).toEqual(['item03', 'item01']);
    expect(train.notices.join('\n')).toMatch(
      /"item01" listed in both train and val.*\n"item03" listed more than once in train/,
    );
    expect(splitItems(listed, { split: 'val' }).ids).toEqual(['item02', 'item01']);
  });

  it('are not needed for the whole set', () => {
    expect(splitItems(set(ids, { train: ['item00'] })).ids).toEqual(ids);
  });

  it('give the other split what one leaves out, without the test pictures', () => {
    const listed = set(ids, { train: ids.slice(0, 40), test: ids.slice(45) });
    expect(splitItems(listed, { split: 'val' }).ids).toEqual(ids.slice(40, 45));
    expect(() => splitItems(set(ids, { train: ids }), { split: 'val' })).toThrow(
      'split "val" is empty: train lists every item and there is no list of val',
    );
  });

  it('are refused where they are empty, or not there', () => {
    const listed = set(ids, { test: [] });
    expect(() => splitItems(listed, { split: 'tset' })).toThrow('"split" must be one of test, train, val, got "tset"');
    expect(() => splitItems(listed, { split: 'test' })).toThrow('split "test" is empty: its list names no item');
  });
});

describe('drawn splits', () => {
  it('are a fifth for val by the seed where there are no lists', () => {
    const draw = (split: string, seed: number) => splitItems(set(ids), { split, seed }).ids;
    expect(draw('val', 7)).toHaveLength(10);
    expect([...draw('train', 7), ...draw('val', 7)].sort()).toEqual(ids);
    expect(draw('val', 7)).toEqual(draw('val', 7));
    expect(draw('val', 8)).not.toEqual(draw('val', 7));
    expect(splitItems(set(ids.slice(0, 2)), { split: 'val' }).ids).toHaveLength(1);
    expect(splitItems(set(ids), { split: 'val' }).notices).toEqual([
      'the folder does not say what train and val are: 10 of 50 items drawn for val',
    ]);
  });

  it('do not depend on the order of the items', () => {
    const backwards = splitItems(set([...ids].reverse()), { split: 'val', seed: 3 }).ids;
    expect([...backwards].sort()).toEqual(splitItems(set(ids), { split: 'val', seed: 3 }).ids);
  });

  it('of a ratio replace the lists, and leave the test pictures alone', () => {
    const listed = set(ids, { train: ids.slice(0, 5), val: ids.slice(5, 7), test: ids.slice(40) });
    const [train, val] = (['train', 'val'] as const).map(
      (split) => splitItems(listed, { split, valFraction: 0.25 }).ids,
    );
    expect(val).toHaveLength(10);
    expect([...train!, ...val!].sort()).toEqual(ids.slice(0, 40));
    expect(splitItems(listed, { split: 'test', valFraction: 0.25 }).ids).toEqual(ids.slice(40));
  });

  it('of folds validate every item once', () => {
    const folds = [1, 2, 3, 4].map((index) => splitItems(set(ids), { split: 'val', fold: { index, of: 4 } }).ids);
    expect(folds.flat().sort()).toEqual(ids);
    expect(folds.map((fold) => fold.length).sort()).toEqual([12, 12, 13, 13]);
    const train = splitItems(set(ids), { split: 'train', fold: { index: 2, of: 4 } }).ids;
    expect([...train, ...folds[1]!].sort()).toEqual(ids);
  });

  it('take broken items like a class of their own', () => {
    const some = set(ids);
    for (const id of ids.slice(0, 10)) some.pictures.set(id, new Error('broken'));
    const val = splitItems(some, { split: 'val', valFraction: 0.5 }).ids;
    expect(val.filter((id) => ids.indexOf(id) < 10)).toHaveLength(5);
  });

  it.each<[SplitOptions, string]>([
    [{ split: 'val', valFraction: 0 }, '"valFraction" must be in (0, 1), got 0'],
    [{ split: 'val', valFraction: Number.NaN }, '"valFraction" must be in (0, 1), got NaN'],
    [{ split: 'val', fold: { index: 0, of: 5 } }, '"fold.index" must be an integer in [1, 5], got 0'],
    [{ split: 'val', fold: { index: 1, of: 1 } }, '"fold.of" must be an integer in [2, 50], got 1'],
    [{ split: 'val', fold: { index: 1, of: 51 } }, '"fold.of" must be an integer in [2, 50], got 51'],
    [{ valFraction: 0.2, fold: { index: 1, of: 5 } }, '"valFraction" and "fold" exclude each other'],
  ])('refuse %j', (options, message) => {
    expect(() => splitItems(set(ids), options)).toThrow(message);
  });

  it('say that one item is too few', () => {
    expect(() => splitItems(set(['a']), { split: 'val' })).toThrow(
      'split "val" is empty: there is 1 item to draw from',
    );
  });
});

it('parseFold reads "index/of"', () => {
  expect(parseFold('2/5')).toEqual({ index: 2, of: 5 });
  for (const text of ['0/5', '6/5', '1/1', '1', '1/', '-1/5', '1.5/5', '1/5 ', ''])
    expect(parseFold(text)).toBeUndefined();
});
