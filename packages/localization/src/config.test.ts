import { CounterpoiseError } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import {
  checkConfig,
  checkOption,
  completeConfig,
  LOCALIZER_DEFAULTS,
  type LocalizerConfig,
  OptionError,
} from './config.js';

test('defaults are filled in, the learning rate by the optimiser, the warm-up by the epochs', () => {
  const config = completeConfig({ threads: 2 });
  expect(config).toMatchObject({ ...LOCALIZER_DEFAULTS, threads: 2, learningRate: 0.001, warmUp: 10 });
  expect(completeConfig({ threads: 2, optimizer: 'sgd', epochs: 5 })).toMatchObject({
    learningRate: 0.01,
    warmUp: 0.5,
  });
  expect(completeConfig({ threads: 2, optimizer: 'adam', learningRate: 0.5 }).learningRate).toBe(0.5);
  // As a command line passes what was not given.
  expect(completeConfig({ threads: 2, ...{ epochs: undefined } }).epochs).toBe(LOCALIZER_DEFAULTS.epochs);
});

test('a config survives JSON', () => {
  const config = completeConfig({ threads: 2, priorities: { box: 2 }, balanceOptions: ['decay=0.9'] });
  expect(checkConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

describe('what is impossible is named', () => {
  const cases: [keyof LocalizerConfig, unknown, string][] = [
    ['batchSize', 0, '"batchSize" must be an integer in [1, 65536], got 0'],
    ['batchSize', 2.5, 'got 2.5'],
    ['imageSize', -1, '"imageSize" must be an integer in [16, 2048], got -1'],
    ['imageSize', '64', 'got "64"'],
    ['epochs', 0, '"epochs"'],
    ['threads', 0, '"threads"'],
    ['seed', 0.5, '"seed"'],
    ['learningRate', 0, '"learningRate" must be a number greater than 0, got 0'],
    ['learningRate', Number.NaN, '"learningRate"'],
    ['weightDecay', -1, '"weightDecay" must be a number of 0 or more, got -1'],
    ['warmUp', -1, '"warmUp"'],
    ['backbone', 'vgg16', '"backbone" must be one of resnet18, resnet34, resnet50, resnet101, got "vgg16"'],
    ['boxLoss', 'giou', '"boxLoss" must be one of mse, l1, smooth-l1'],
    ['boxUnits', 'cm', '"boxUnits" must be one of pixels, unit'],
    ['optimizer', 'lion', '"optimizer" must be one of sgd, adam, adamw'],
    ['schedule', 'linear', '"schedule" must be one of constant, step, cosine'],
    ['balance', 'gradnorm2', 'there is no method "gradnorm2"'],
    ['balance', 1, '"balance" must be the name of a method, got 1'],
    ['balanceOptions', 'decay=1', '"balanceOptions" must be a list of texts'],
    ['priorities', { cls: 1 }, '"priorities" must be of the losses class, box, got "cls"'],
    ['priorities', { box: -1 }, '"priorities" of loss "box" must be a number of 0 or more, got -1'],
    ['priorities', null, '"priorities" must be an object'],
    ['data', '', '"data" must be a path'],
    ['classes', 'ring', '"classes" must be a list of texts, got "ring"'],
    ['augment', 1, '"augment" must be true or false, got 1'],
  ];
  test.each(cases)('%s = %j', (name, value, message) => {
    expect(() => checkOption(name, value)).toThrow(message);
    expect(() => completeConfig({ threads: 1, [name]: value })).toThrow(message);
  });

  test('options that contradict each other', () => {
    expect(() => completeConfig({ threads: 1, batchSize: 1, imageSize: 32 })).toThrow(
      '"batchSize" must be at least 2 at image size 32',
    );
    expect(completeConfig({ threads: 1, batchSize: 1, imageSize: 33 }).batchSize).toBe(1);
    expect(() => completeConfig({ threads: 1, classes: ['ring', 'heart'] })).toThrow(
      '"classes" of generated pictures must be of circle, square, triangle, star, cross, ring, got "heart"',
    );
    expect(completeConfig({ threads: 1, classes: ['heart'], data: '/cards' }).classes).toEqual(['heart']);
    expect(() => completeConfig({ threads: 1, epochs: 2, warmUp: 2 })).toThrow(
      '"warmUp" must be less than the 2 epochs',
    );
  });

  test('options that the method does not have, or has for other losses', () => {
    const withOptions = (balance: string, balanceOptions: string[]) => () =>
      completeConfig({ threads: 1, balance, balanceOptions });
    expect(withOptions('running-max', ['window=2', 'speed=1'])).toThrow('running-max has no option "speed"');
    expect(withOptions('static', [])).toThrow('static needs the option "weights"');
    expect(withOptions('static', ['weights=class:1'])).toThrow(CounterpoiseError);
    expect(withOptions('static', ['weights=class:1,boxes:2'])).toThrow('"boxes"');
    expect(withOptions('static', ['weights=class:1,box:2'])).not.toThrow();
  });

  test('methods that need what is not measured', () => {
    const withMethod = (balance: string) => () => completeConfig({ threads: 1, balance });
    expect(withMethod('upgrad')).toThrow(OptionError);
    expect(withMethod('upgrad')).toThrow('"balance" upgrad needs "gramian"');
    expect(withMethod('db-mtl')).toThrow('"balance" db-mtl needs "gradientNorms"');
    for (const balance of ['dwa', 'stch', 'famo']) expect(withMethod(balance)).not.toThrow();
  });

  test('a missing and an unknown option, as in an edited file', () => {
    const { seed: _, ...rest } = completeConfig({ threads: 1 });
    expect(() => checkConfig(rest)).toThrow('"seed" must be an integer');
    expect(() => checkConfig({ ...rest, seed: 1, sead: 2 })).toThrow('there is no option "sead"');
    expect(() => checkConfig(rest)).toThrow(OptionError);
  });
});
