import { describe, expect, it } from 'vitest';
import { splitItems } from './voc-splits.js';

const ids = Array.from({ length: 50 }, (_, index) => `item${String(index).padStart(2, '0')}`);

describe('splitItems', () => {
  it('uses the lists that are there, in their order, each item once', () => {
    const lists = new Map([
      ['train', ['item03', 'item01', 'item03']],
      ['val', ['item02', 'item01']],
    ]);
    const train = splitItems(ids, lists, 'train', 0);
    expect(train.ids).toEqual(['item03', 'item01']);
    expect(train.notices.join('\n')).toMatch(/"item01" listed in both.*\n"item03" listed more than once in train\.txt/);
    expect(splitItems(ids, lists, 'val', 0).ids).toEqual(['item02', 'item01']);
  });

  it('takes every annotated item without a split, and what is listed besides', () => {
    const all = splitItems(ids, new Map([['train', ['item00', 'lost']]]), undefined, 0);
    expect(all.ids).toEqual([...ids, 'lost']);
  });

  it('gives the other split what one list leaves out', () => {
    const lists = new Map([['train', ids.slice(0, 40)]]);
    expect(splitItems(ids, lists, 'val', 0).ids).toEqual(ids.slice(40));
    expect(() => splitItems(ids, new Map([['train', ids]]), 'val', 0)).toThrow(
      'split "val" is empty: train.txt lists every annotated item and there is no val.txt',
    );
  });

  it('draws 20 % for val by the seed where there are no lists', () => {
    const train = splitItems(ids, new Map(), 'train', 7).ids;
    const val = splitItems(ids, new Map(), 'val', 7).ids;
    expect(val).toHaveLength(10);
    expect([...train, ...val].sort()).toEqual(ids);
    expect(splitItems(ids, new Map(), 'val', 7).ids).toEqual(val);
    expect(splitItems(ids, new Map(), 'val', 8).ids).not.toEqual(val);
    expect(splitItems(ids.slice(0, 2), new Map(), 'val', 0).ids).toHaveLength(1);
  });

  it('reads the flags of class-wise lists', () => {
    const lists = new Map([['card_train', ['item01  1', 'item02 -1', 'item03  0']]]);
    expect(splitItems(ids, lists, 'card_train', 0).ids).toEqual(['item01', 'item03']);
  });

  it('refuses a split that is not there, or empty', () => {
    const lists = new Map([['test', []]]);
    expect(() => splitItems(ids, lists, 'tset', 0)).toThrow('"split" must be one of test, train, val, got "tset"');
    expect(() => splitItems(ids, lists, 'test', 0)).toThrow(/"test" is empty: .*test\.txt lists no item/);
  });
});
