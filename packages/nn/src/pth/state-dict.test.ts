/** Files of torch.save, made by `tools/goldens/make_pth.py`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withSource } from '../byte-source.js';
import { Random } from '../random.js';
import type { HostTensor } from '../safetensors.js';
import { dict, floats, program, tensor, text, zip } from './archives.test.helper.js';
import { readPth } from './state-dict.js';
import { ZipArchive } from './zip.js';

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** As Python prints them. */
  readonly values: readonly string[];
}

const path = (name: string) => fileURLToPath(new URL(`../../goldens/pth/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(path('expected.json'), 'utf8')).tensors as Record<string, Expected>;

/** Python's text of a number, as the number that a tensor of this dtype holds. */
function parse(value: string, dtype: string): number | bigint {
  if (dtype === 'I64') return BigInt(value);
  const words: Record<string, number> = { True: 1, False: 0, inf: Number.POSITIVE_INFINITY };
  return words[value] ?? Number(value);
}

function check(tensors: ReadonlyMap<string, HostTensor>, prefix = ''): void {
  expect([...tensors.keys()]).toEqual(Object.keys(expected).map((key) => prefix + key));
  for (const [key, { dtype, shape, values }] of Object.entries(expected)) {
    const found = tensors.get(prefix + key)!;
    expect({ dtype: found.dtype, shape: found.shape, values: [...found.data] }).toEqual({
      dtype,
      shape,
      values: values.map((value) => parse(value, dtype)),
    });
  }
}

describe('a file of torch.save', () => {
  it('gives every kind of tensor: views, transposed, tied, parameters, half precision, whole numbers, empty', () => {
    const { tensors, path: keys, ignored } = readPth(path('state-dict.pth'));
    check(tensors);
    expect({ keys, ignored }).toEqual({ keys: [], ignored: [] });
    // Tied weights are copies of their own.
    expect(tensors.get('tied.a')!.data.buffer).not.toBe(tensors.get('tied.b')!.data.buffer);
  });

  it('is read from bytes, and with pickle protocol 4', () => {
    check(readPth(readFileSync(path('state-dict.pth'))).tensors);
    check(readPth(path('protocol4.pth')).tensors);
  });

  it('may be a checkpoint around the state dict; what else is in it is named', () => {
    const { tensors, path: keys, ignored } = readPth(path('checkpoint.pth'));
    check(tensors, 'module.');
    expect(keys).toEqual(['state_dict']);
    expect(ignored).toEqual(['epoch', 'best', 'note', 'sizes', 'optimizer']);
    const module = readPth(path('module.pth'));
    expect(module.path).toEqual(['model']);
    expect([...module.tensors.keys()].slice(0, 3)).toEqual(['0.weight', '0.bias', '1.weight']);
  });

  it('may have been compressed since', () => {
    const content = floats(...new Array(4000).fill(0.5));
    const pickle = program('\x80\x02', dict(text('a'), tensor({ shape: [4000], strides: [1], count: 4000 })), '.');
    const file = zip([
      { name: 'x/data.pkl', content: pickle, deflate: true },
      { name: 'x/data/0', content, deflate: true },
    ]);
    expect(file.length).toBeLessThan(1000);
    expect(readPth(file).tensors.get('a')!.data).toEqual(new Float32Array(4000).fill(0.5));
  });
});

describe('what holds more than tensors is refused in one line with the conversion', () => {
  it.each([
    ['refused-model.pth', 'its pickle wants to use "torch.nn.modules.container.Sequential", and only tensors'],
    ['refused-numpy.pth', 'its pickle wants to use "numpy.core.multiarray._reconstruct"'],
    ['refused-legacy.pth', 'the form of PyTorch before 1.6 is not read'],
    ['refused-script.pth', 'it is a TorchScript archive'],
  ])('%s', (name, problem) => {
    expect(() => readPth(path(name))).toThrow(`weights file "${path(name)}": ${problem}`);
    expect(() => readPth(path(name))).toThrow(/^[^\n]*python3 -c "import sys, torch; [^\n"]*" IN.pth OUT.safetensors$/);
  });
});

it('a thousand damaged files give an error of one line or the right tensors, quickly', () => {
  const random = new Random(0);
  const begin = performance.now();
  const outcomes = { read: 0, refused: 0 };
  for (const name of ['state-dict.pth', 'protocol4.pth', 'checkpoint.pth', 'module.pth']) {
    const whole = readFileSync(path(name));
    for (let i = 0; i < 250; i++) {
      const stream = random.fork(name, i);
      const bytes = Uint8Array.from(whole.subarray(0, i % 10 === 0 ? stream.integer(whole.length) : whole.length));
      for (let flips = i % 10 === 0 ? 0 : 1 + stream.integer(8); flips > 0; flips--) {
        bytes[stream.integer(bytes.length)] = stream.integer(256);
      }
      try {
        readPth(bytes);
        outcomes.read++;
      } catch (error) {
        outcomes.refused++;
        expect((error as Error).message).toMatch(/^weights bytes: [^\n]+$/);
        expect((error as Error).message).not.toContain('internal');
      }
    }
  }
  // Most bytes are under a checksum; the rest is padding and dates.
  expect(outcomes.refused).toBeGreaterThan(500);
  expect(performance.now() - begin).toBeLessThan(10_000);
});

it('a thousand damaged pickles, which no checksum protects', () => {
  const members = membersOf(readFileSync(path('state-dict.pth')));
  const whole = members.find(({ name }) => name.endsWith('data.pkl'))!;
  const random = new Random(1);
  const begin = performance.now();
  let read = 0;
  for (let i = 0; i < 1000; i++) {
    const stream = random.fork(i);
    const content = Uint8Array.from(whole.content);
    for (let flips = 1 + stream.integer(3); flips > 0; flips--) {
      content[stream.integer(content.length)] = stream.integer(256);
    }
    try {
      const { tensors } = readPth(zip(members.map((member) => (member === whole ? { ...whole, content } : member))));
      for (const { data, shape } of tensors.values()) {
        expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      }
      read++;
    } catch (error) {
      expect((error as Error).message).toMatch(/^weights bytes: [^\n]+$/);
    }
  }
  // Names, numbers and memo places may be others without harm.
  expect(read).toBeGreaterThan(20);
  expect(performance.now() - begin).toBeLessThan(10_000);
});

function membersOf(file: Uint8Array): { name: string; content: Uint8Array }[] {
  return withSource('weights', file, (source) => {
    const archive = new ZipArchive(source, (problem) => {
      throw new Error(problem);
    });
    return archive.names.map((name) => ({ name, content: archive.read(name) }));
  });
}
