import { CounterpoiseError } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import { checkConfig, checkOption, completeConfig } from './check-config.js';
import { LOCALIZER_DEFAULTS, type LocalizerConfig, OptionError } from './config.js';
import type { BoxLoss } from './losses.js';

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

test('losses on the overlap of boxes get the head that gives valid ones, standardised targets their unit', () => {
  const settings = (given: Partial<LocalizerConfig>) => {
    const { boxHead, boxUnits } = completeConfig({ threads: 1, ...given });
    return [boxHead, boxUnits];
  };
  expect(settings({})).toEqual(['center', 'pixels']);
  expect(settings({ boxLosses: ['mse'] })).toEqual(['corners', 'pixels']);
  expect(settings({ boxLosses: ['smooth-l1', 'ciou'] })).toEqual(['center', 'pixels']);
  expect(settings({ boxLosses: ['l1'], boxHead: 'center' })).toEqual(['center', 'pixels']);
  expect(settings({ standardizeTargets: true })).toEqual(['center', 'std']);
  expect(settings({ standardizeTargets: true, boxLosses: ['mse'] })).toEqual(['corners', 'std']);
  expect(settings({ standardizeTargets: true, boxUnits: 'pixels', boxLosses: ['giou'] })).toEqual(['center', 'pixels']);
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
    ['format', 'kitti', '"format" must be one of voc, coco, yolo, csv, got "kitti"'],
    ['valFraction', 1, '"valFraction" must be a number greater than 0 and less than 1, got 1'],
    ['fold', '6/5', '"fold" must be like 2/5, the second of five folds, got "6/5"'],
    ['epochs', 0, '"epochs"'],
    ['threads', 0, '"threads"'],
    ['seed', 0.5, '"seed"'],
    ['learningRate', 0, '"learningRate" must be a number greater than 0, got 0'],
    ['learningRate', Number.NaN, '"learningRate"'],
    ['weightDecay', -1, '"weightDecay" must be a number of 0 or more, got -1'],
    ['warmUp', -1, '"warmUp"'],
    ['backbone', 'vgg16', '"backbone" must be one of resnet18, resnet34, resnet50, resnet101, got "vgg16"'],
    ['boxLosses', 'giou', '"boxLosses" must be one of mse, l1, smooth-l1, giou, diou, ciou, or several'],
    ['boxLosses', [], 'or several different ones, got []'],
    ['boxLosses', ['mse', 'iou'], 'got ["mse","iou"]'],
    ['boxLosses', ['mse', 'mse'], 'got ["mse","mse"]'],
    ['boxLosses', 7, 'got 7'],
    ['smoothL1Beta', -0.1, '"smoothL1Beta" must be a number of 0 or more, got -0.1'],
    ['boxHead', 'edges', '"boxHead" must be one of corners, center, got "edges"'],
    ['standardizeTargets', 'yes', '"standardizeTargets" must be one of false, true, pop-art, got "yes"'],
    ['partlyLabelled', true, '"partlyLabelled" must be one of drop, keep, got true'],
    ['boxUnits', 'cm', '"boxUnits" must be one of pixels, unit, std, got "cm"'],
    ['optimizer', 'lion', '"optimizer" must be one of sgd, adam, adamw'],
    ['schedule', 'linear', '"schedule" must be one of constant, step, cosine'],
    ['balance', 'gradnorm2', 'there is no method "gradnorm2"'],
    ['balance', 1, '"balance" must be the name of a method, got 1'],
    ['balanceOptions', 'decay=1', '"balanceOptions" must be a list of texts'],
    ['priorities', { box: -1 }, '"priorities" of loss "box" must be a number of 0 or more, got -1'],
    ['priorities', null, '"priorities" must be an object'],
    ['data', '', '"data" must be a path'],
    ['classes', 'ring', '"classes" must be a list of texts, got "ring"'],
    ['augment', true, '"augment" must be a list of changes, or none, got true'],
    ['augment', 'flip,spin', 'or none, got "spin"'],
    ['resize', 'crop', '"resize" must be one of stretch, letterbox, got "crop"'],
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

  test('a box head that gives no valid boxes for a loss that needs them', () => {
    expect(() => completeConfig({ threads: 1, boxLosses: ['mse', 'giou'], boxHead: 'corners' })).toThrow(
      '"boxHead" must be center with the box loss giou, which needs valid boxes, got "corners"',
    );
  });

  test('standard deviations of targets that are not standardised', () => {
    expect(() => completeConfig({ threads: 1, boxUnits: 'std' })).toThrow('"boxUnits" std needs "standardizeTargets"');
  });

  test('priorities of losses that are not trained', () => {
    const withPriorities = (priorities: Record<string, number>, boxLosses: BoxLoss[]) => () =>
      completeConfig({ threads: 1, priorities, boxLosses });
    expect(withPriorities({ cls: 1 }, ['mse'])).toThrow('"priorities" must be of the losses class, box, got "cls"');
    expect(withPriorities({ mse: 1 }, ['l1', 'ciou'])).toThrow('losses class, l1, ciou, box, got "mse"');
    expect(withPriorities({ box: 1 }, ['l1', 'ciou'])).not.toThrow();
    expect(withPriorities({ class: 1, ciou: 3 }, ['l1', 'ciou'])).not.toThrow();
  });

  test('options that the method does not have, or has for other losses', () => {
    const withOptions = (balance: string, balanceOptions: string[]) => () =>
      completeConfig({ threads: 1, boxLosses: ['mse'], balance, balanceOptions });
    expect(withOptions('running-max', ['window=2', 'speed=1'])).toThrow('running-max has no option "speed"');
    expect(withOptions('static', [])).toThrow('static needs the option "weights"');
    expect(withOptions('static', ['weights=class:1'])).toThrow(CounterpoiseError);
    expect(withOptions('static', ['weights=class:1,boxes:2'])).toThrow('"boxes"');
    expect(withOptions('static', ['weights=class:1,box:2'])).not.toThrow();
    const several = { threads: 1, balance: 'static', boxLosses: ['smooth-l1', 'giou'] } as const;
    const balanceOptions = ['weights=class:1,smooth-l1:2,giou:0.5'];
    expect(completeConfig({ ...several, balanceOptions }).balanceOptions).toEqual(balanceOptions);
  });

  test('gradients of losses that share nothing, and batches that are compared', () => {
    const withOptions = (options: Partial<LocalizerConfig>) => () =>
      completeConfig({ threads: 1, weights: '/w.safetensors', boxLosses: ['mse'], ...options });
    const frozen = { balance: 'upgrad', freeze: 'backbone' } as const;
    expect(withOptions(frozen)).toThrow('"freeze" leaves the losses no shared parameter whose gradients upgrad could');
    expect(withOptions({ ...frozen, freeze: 'none', headsFirst: 2 })).toThrow(
      '"headsFirst" leaves the losses no shared',
    );
    expect(withOptions({ ...frozen, boundary: 'representation', boxLosses: ['l1', 'giou'] })).toThrow(
      '"freeze" leaves',
    );
    expect(withOptions({ ...frozen, boundary: 'output' })).not.toThrow();
    expect(withOptions({ ...frozen, boxLosses: ['l1', 'giou'] })).not.toThrow();
    expect(withOptions({ ...frozen, balance: 'log-sum' })).not.toThrow();
    expect(withOptions({ balance: 'modo', accumulate: 2 })).toThrow('"accumulate" must be 1 with modo, which compares');
    expect(withOptions({ balance: 'modo', boundary: 'output' })).toThrow(
      '"boundary" must be parameters or last-layer with',
    );
    expect(withOptions({ balance: 'modo', balanceEvery: 3 })).not.toThrow();
    expect(withOptions({ balance: 'grad-drop', boundary: 'representation' })).toThrow(
      '"boundary" must be parameters with grad-drop, which works on whole gradients, got "representation"',
    );
    expect(withOptions({ ...frozen, balance: 'grad-drop' })).toThrow('"freeze" leaves the losses no shared parameter');
    expect(withOptions({ balance: 'trimmed-mean' })).toThrow('"trim" 1 needs at least 3 losses, got 2');
    expect(withOptions({ balance: 'moco', balanceWraps: ['normalize=ema'] })).toThrow('"normalize" does not go with');
    expect(withOptions({ balance: 'db-mtl', balanceOptions: ['momentum=0.9'], balanceEvery: 3 })).not.toThrow();
    expect(withOptions({ balanceEvery: 2, balanceWraps: ['update-every=3'] })).toThrow(
      '"balanceEvery" and the wrapper',
    );
    expect(withOptions({ balanceEvery: 0 })).toThrow('"balanceEvery" must be an integer in [1, 1000000000], got 0');
    expect(withOptions({ boundary: 'trunk' as never })).toThrow(
      '"boundary" must be one of parameters, representation,',
    );
    expect(withOptions({ headGradients: 'no' as never })).toThrow(
      '"headGradients" must be one of weighted, unweighted',
    );
  });

  test('a missing and an unknown option, as in an edited file', () => {
    const { seed: _, ...rest } = completeConfig({ threads: 1 });
    expect(() => checkConfig(rest)).toThrow('"seed" must be an integer');
    expect(() => checkConfig({ ...rest, seed: 1, sead: 2 })).toThrow('there is no option "sead"');
    expect(() => checkConfig(rest)).toThrow(OptionError);
  });
});
