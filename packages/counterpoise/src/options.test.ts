import { describe, expect, test } from 'vitest';
import { methods, parseComposition, parseOptions } from './catalog.js';
import { compose, createMethod } from './index.js';

describe('parseOptions', () => {
  test('numbers, switches, choices and values per loss', () => {
    const texts = ['decay=0.99', 'absolute=false', ' renormalise = sum-k ', 'lowerBound=class:0,box:-1e1', 'warmup=3'];
    expect(parseOptions('running-max', texts)).toEqual({
      decay: 0.99,
      absolute: false,
      renormalise: 'sum-k',
      lowerBound: { class: 0, box: -10 },
      warmup: 3,
    });
    expect(parseOptions('running-max', ['lowerBound=-2'])).toEqual({ lowerBound: -2 });
    expect(parseOptions('static', ['weights=a:b:1,c:2'])).toEqual({ weights: { 'a:b': 1, c: 2 } });
    expect(parseOptions('sum', [])).toEqual({});
  });

  test.each([
    ['running-max', 'decay', 'an option must look like name=value, got "decay"'],
    ['running-max', '=3', 'an option must look like name=value, got "=3"'],
    ['running-max', 'decay=', '"decay" must be in (0, 1], got ""'],
    ['running-max', 'decay=high', '"decay" must be in (0, 1], got "high"'],
    ['running-max', 'window=a:1', '"window" must be an integer in [1, inf), got "a:1"'],
    ['running-max', 'absolute=1', '"absolute" must be true or false, got "1"'],
    ['running-max', 'renormalise=sumK', '"renormalise" must be one of none, sum-k, preserve-total, got "sumK"'],
    ['running-max', 'lowerBound=x', '"lowerBound" must be in (-inf, inf) or one such number per loss, got "x"'],
    ['running-max', 'lowerBound=a:', '"lowerBound" of loss "a" must be in (-inf, inf), got ""'],
    ['running-max', 'lowerBound=a:1,2', 'a value per loss must look like name:value, got "2"'],
    ['running-max', 'lowerBound=a:1,a:2', 'loss "a" is given twice'],
    ['running-max', 'decai=1', 'running-max has no option "decai"; its options are decay, window, quantile,'],
    ['running-max', 'toString=1', 'running-max has no option "toString"'],
    ['sum', 'decay=1', 'sum has no option "decay"; it has none'],
    ['maximum', 'decay=1', 'there is no method "maximum"; the methods are sum, mean, static, random,'],
  ])('%s %s is refused', (method, text, message) => {
    expect(() => parseOptions(method, [text])).toThrow(message);
  });

  test('an option may be given once', () => {
    expect(() => parseOptions('ema', ['beta=0.9', 'beta=0.8'])).toThrow('"beta" is given twice');
  });
});

describe('parseComposition', () => {
  test('wrappers by name', () => {
    const { normalize, ...numbers } = parseComposition(['normalize=ema', 'smooth=0.9', 'update-every=10', 'clamp=1e2']);
    expect(normalize?.name).toBe('ema');
    expect(numbers).toEqual({ smooth: 0.9, updateEvery: 10, clamp: 100 });
    expect(parseComposition([])).toEqual({});
    const method = compose(
      createMethod('upgrad'),
      parseComposition(['normalize=log-sum', 'freeze-after=3', 'warm-up=1']),
    );
    expect(method.name).toBe('freeze(warm-up(normalize-first(log-sum)(upgrad)))');
  });

  test.each([
    ['smooth=1', '"smooth" must be in [0, 1), got 1'],
    [
      'smoth=1',
      'compose has no option "smoth"; its options are normalize, smooth, clamp, update-every, warm-up, freeze-after',
    ],
    ['normalize=emma', '"normalize" must be one of sum, mean, static,'],
    ['normalize=static', 'static needs the option "weights"'],
  ])('%s is refused', (text, message) => {
    expect(() => parseComposition([text])).toThrow(message);
  });
});

describe('registry', () => {
  test('rows are complete and named after their key', () => {
    for (const [key, row] of Object.entries(methods)) {
      expect(row.name).toBe(key);
      for (const text of [row.summary, row.citation, row.formula]) expect(text.length, key).toBeGreaterThan(10);
    }
  });

  test('defaults of the table are the defaults of the method', () => {
    for (const row of Object.values(methods)) {
      const required = row.name === 'static' ? { weights: 1 } : {};
      const defaults = Object.fromEntries(Object.entries(row.options).map(([name, spec]) => [name, spec.default]));
      expect(createMethod(row.name, required).needs).toEqual(row.needs);
      expect(createMethod(row.name, required).options).toEqual({ ...defaults, ...required });
    }
  });

  test('bounds read from the interval text', () => {
    expect(methods['running-max'].options.decay).toMatchObject({ range: '(0, 1]', min: 0, max: 1, open: 'min' });
    expect(methods['running-max'].options.lowerBound).toMatchObject({ min: -Infinity, max: Infinity, open: 'both' });
    expect(methods.ema.options.beta).toMatchObject({ min: 0, max: 1, open: 'max' });
  });

  test('unknown methods and options, and options that are no object', () => {
    expect(() => createMethod('constructor')).toThrow('there is no method "constructor"; the methods are sum, mean,');
    expect(() => createMethod<string>('ema', { decay: 0.9 })).toThrow(
      'ema has no option "decay"; its options are beta,',
    );
    expect(() => createMethod('ema', JSON.parse('[1]'))).toThrow('"options" must be an object, got [1]');
    expect(() => createMethod<string>('ema', { beta: null })).toThrow('"beta" must be in [0, 1), got null');
  });
});
