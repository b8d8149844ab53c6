import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeSafetensors, type HostTensor, readSafetensors, safetensorsParts } from './safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with this header text, however wrong, and this many data bytes. */
function file(header: string | Uint8Array, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

const arrays: Record<HostTensor['dtype'], (values: number[]) => HostTensor['data']> = {
  F32: (values) => Float32Array.from(values),
  F64: (values) => Float64Array.from(values),
  I64: (values) => BigInt64Array.from(values.map((value) => BigInt(Math.trunc(value) || 0))),
  I32: (values) => Int32Array.from(values),
  U8: (values) => Uint8Array.from(values),
  BOOL: (values) => Uint8Array.from(values.map((value) => (value > 0 ? 1 : 0))),
};

const tensor: fc.Arbitrary<HostTensor> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(arrays) as HostTensor['dtype'][])),
    fc.array(fc.nat(3), { maxLength: 4 }),
    fc.array(fc.double({ min: -1e9, max: 1e9 }), { minLength: 81, maxLength: 81 }),
  )
  .map(([dtype, shape, values]) => {
    const count = shape.reduce((total, size) => total * size, 1);
    return { dtype, shape, data: arrays[dtype](values.slice(0, count)) } as HostTensor;
  });

const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__proto__' && text !== '__metadata__');

describe('round trip', () => {
  it('any tensors and metadata come back equal, in order, from bytes and from a file', () => {
    const path = join(folder, 'round.safetensors');
    const metadata = fc.dictionary(name, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), metadata, (pairs, texts) => {
        const tensors = new Map(pairs);
        const bytes = encodeSafetensors(tensors, texts);
        writeFileSync(path, bytes);
        for (const read of [readSafetensors(bytes), readSafetensors(path)]) {
          expect([...read.tensors]).toEqual([...tensors]);
          expect({ ...read.metadata }).toEqual({ ...texts });
        }
        expect(Buffer.from(encodeSafetensors(new Map(pairs), texts)).equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every bit of floats: NaN payloads apart, -0, infinities, subnormals', () => {
    const values = Float32Array.of(-0, Infinity, -Infinity, 1e-45, NaN);
    const read = readSafetensors(encodeSafetensors(new Map([['x', { dtype: 'F32', shape: [5], data: values }]])));
    expect(Object.is(read.tensors.get('x')!.data[0], -0)).toBe(true);
    expect(read.tensors.get('x')!.data).toEqual(values);
  });

  it('writes views, not only whole buffers, and aligns every tensor to its values', () => {
    const data = Float64Array.of(1, 2, 3).subarray(1);
    const tensors = new Map<string, HostTensor>([
      ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(7, 8, 9) }],
      ['doubles', { dtype: 'F64', shape: [2], data }],
    ]);
    const parts = safetensorsParts(tensors);
    expect(parts[0]!.length % 8).toBe(0);
    expect(parts[1]).toEqual(new Uint8Array(data.buffer, 8, 16));
    expect([...readSafetensors(encodeSafetensors(tensors)).tensors]).toEqual([...tensors]);
  });

  it('what is read shares no memory with the bytes, also when they are a Buffer', () => {
    const bytes = Buffer.from(encodeSafetensors(new Map([['x', { dtype: 'U8', shape: [1], data: Uint8Array.of(5) }]])));
    const read = readSafetensors(bytes);
    bytes.fill(0);
    expect(read.tensors.get('x')!.data[0]).toBe(5);
  });
});

describe('known answers', () => {
  it('writes the layout of the format, byte for byte', () => {
    const data = Float32Array.of(1);
    const bytes = encodeSafetensors(new Map([['a', { dtype: 'F32', shape: [1, 1], data }]]), { k: 'v' });
    const text = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}';
    expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(88n);
    expect(new TextDecoder().decode(bytes.subarray(8, 96))).toBe(text.padEnd(88));
    expect([...bytes.subarray(96)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('reads F16: every kind of value', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    const bytes = file(`{"h":${entry('F16', [10], 0, 20)}}`, new Uint8Array(halves.buffer));
    const expected = [1, -2, 65504, 2 ** -14, 2 ** -24, -0, Infinity, -Infinity, NaN, 0.333251953125];
    expect(readSafetensors(bytes).tensors.get('h')).toEqual({
      dtype: 'F32',
      shape: [10],
      data: Float32Array.from(expected),
    });
  });

  it('reads BF16: every kind of value', () => {
    const halves = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x4049);
    const bytes = file(`{"h":${entry('BF16', [8], 0, 16)}}`, new Uint8Array(halves.buffer));
    const expected = [1, -2, 2 ** -133, -0, Infinity, -Infinity, NaN, 3.140625];
    expect(readSafetensors(bytes).tensors.get('h')!.data).toEqual(Float32Array.from(expected));
  });

  it('reads scalars, empty tensors, an empty file, and a header padded with spaces', () => {
    const header = `{"s":${entry('U8', [], 0, 1)},"e":${entry('F32', [0, 3], 1, 1)}}   `;
    const { tensors } = readSafetensors(file(header, Uint8Array.of(9)));
    expect(tensors.get('s')).toEqual({ dtype: 'U8', shape: [], data: Uint8Array.of(9) });
    expect(tensors.get('e')!.data.length).toBe(0);
    expect(readSafetensors(file('{}'))).toEqual({ tensors: new Map(), metadata: {} });
  });
});

describe('hostile and broken files', () => {
  const good = encodeSafetensors(new Map([['w', { dtype: 'F32', shape: [4], data: new Float32Array(4) }]]));
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const cases: [string, Uint8Array, string][] = [
    ['no bytes', new Uint8Array(0), 'truncated: 0 bytes, the header length alone takes 8'],
    ['a header length past the limit', file('{}', 0, 100_000_001n), 'header of 100000001 bytes, at most 100000000'],
    ['the largest header length', file('{}', 0, 2n ** 64n - 1n), 'header of 18446744073709551615 bytes'],
    ['a header past the end', file('{}', 0, 3n), 'truncated: the header takes 3 bytes, the file has 2'],
    ['data cut short', good.subarray(0, good.length - 1), 'truncated: tensor "w" ends at byte 16 of the data'],
    ['bytes after the data', Buffer.concat([good, Buffer.of(1)]), 'the last 1 bytes belong to no tensor'],
    ['a PNG', file(Uint8Array.of(0x89, 0x50)), 'the header is not valid UTF-8'],
    ['white space before the brace', file(' {}'), 'the header must start with "{"'],
    ['an array', file('[]'), 'the header must start with "{"'],
    ['a byte order mark', file('\ufeff{}'), 'the header must start with "{"'],
    ['broken JSON', file('{"a":\n}'), 'the header is not valid JSON'],
    ['two equal names', file('{"a":1,"a":2}'), 'the key "a" occurs twice in the header'],
    ['two equal names, one escaped', file('{"a":1,"\\u0061":2}'), 'the key "a" occurs twice in the header'],
    ['two equal fields', file('{"a":{"dtype":"F32","dtype":"U8"}}'), 'the key "dtype" occurs twice'],
    ['two equal metadata keys', file('{"__metadata__":{"k":"1","k":"2"}}'), 'the key "k" occurs twice'],
    ['__proto__ as a tensor', file('{"__proto__":{}}'), '"__proto__" is not allowed as the name of a tensor'],
    ['__proto__ as metadata', file('{"__metadata__":{"__proto__":"x"}}'), 'must not have the key "__proto__"'],
    ['metadata that is no text', file('{"__metadata__":{"k":1}}'), '"__metadata__" must hold strings, got 1 at "k"'],
    ['metadata that is no object', file('{"__metadata__":[]}'), '"__metadata__" must be an object of strings'],
    ['a tensor that is a number', file('{"a":1}'), 'tensor "a" must be an object, got 1'],
    ['a deep nest', file(deep), 'tensor "a" must be an object'],
    ['no dtype', file('{"a":{}}'), 'tensor "a": "dtype" must be one of F64, I64, F32'],
    ['a dtype from the prototype', file(`{"a":${entry('toString', [], 0, 0)}}`), 'got "toString"'],
    ['an unsupported dtype', file(`{"a":${entry('F8_E4M3', [1], 0, 1)}}`, 1), 'got "F8_E4M3"'],
    ['a negative size', file(`{"a":${entry('U8', [-1], 0, 1)}}`, 1), '"shape" must be an array of non-negative'],
    ['a fractional size', file(`{"a":${entry('U8', [0.5], 0, 1)}}`, 1), '"shape" must be an array of non-negative'],
    ['offsets back to front', file(`{"a":${entry('U8', [1], 1, 0)}}`, 1), '"data_offsets" must be [begin, end]'],
    ['three offsets', file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', 1), '"data_offsets" must be'],
    ['an unknown field', file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":0}}', 1), 'unknown field "x"'],
    [
      'a shape too large',
      file(`{"a":${entry('F32', [5], 0, 16)}}`, 16),
      'F32 [5] takes 20 bytes, "data_offsets" give 16',
    ],
    ['a product that overflows', file(`{"a":${entry('U8', [2 ** 32, 2 ** 32], 0, 1)}}`, 1), 'takes Infinity bytes'],
    ['an offset past the file', file(`{"a":${entry('U8', [2 ** 40], 0, 2 ** 40)}}`, 4), 'ends at byte 1099511627776'],
    ['an overlap', file(`{"a":${entry('U8', [2], 0, 2)},"b":${entry('U8', [2], 1, 3)}}`, 3), 'tensor "b" overlaps'],
    ['a hole', file(`{"a":${entry('U8', [1], 0, 1)},"b":${entry('U8', [1], 2, 3)}}`, 3), 'tensor "b" leaves a hole'],
    ['a BOOL of 2', file(`{"a":${entry('BOOL', [1], 0, 1)}}`, Uint8Array.of(2)), 'BOOL values must be 0 or 1'],
    ['control codes in a name', file('{"\\u001b[2J":1}'), 'tensor "\\u001b[2J" must be an object'],
  ];

  it.each(cases)('%s', (_, bytes, message) => {
    const error = errorOf(() => readSafetensors(bytes));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^safetensors bytes: /);
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(600);
  });

  it('names the file', () => {
    const path = join(folder, 'bad.safetensors');
    writeFileSync(path, file('{"a":1}'));
    expect(() => readSafetensors(path)).toThrow(`safetensors file "${path}": tensor "a" must be an object, got 1`);
    expect(() => readSafetensors(join(folder, 'none'))).toThrow(/safetensors file ".*none": ENOENT/);
  });

  it('any damage to a good file is either refused with one line or leaves a file that reads', () => {
    const bytes = encodeSafetensors(
      new Map([['w', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]),
      { k: 'v' },
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        try {
          readSafetensors(damaged);
        } catch (error) {
          expect((error as Error).message).toMatch(/^safetensors bytes: [^\n]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('bad tensors on writing', () => {
  const encode = (tensor: unknown, key = 'w') => encodeSafetensors(new Map([[key, tensor as HostTensor]]));

  it('names the tensor', () => {
    const data = Float32Array.of(1, 2);
    expect(() => encode({ dtype: 'F32', shape: [3], data })).toThrow(
      'tensor "w": "shape" [3] does not fit its 2 values',
    );
    expect(() => encode({ dtype: 'F64', shape: [2], data })).toThrow('F64 needs a Float64Array, got Float32Array');
    expect(() => encode({ dtype: 'F16', shape: [2], data })).toThrow('"dtype" must be one of F64, I64');
    expect(() => encode({ dtype: 'F32', shape: [2], data }, '__proto__')).toThrow('"__proto__" is not allowed');
    expect(() => encode({ dtype: 'F32', shape: [2], data }, '__metadata__')).toThrow('"__metadata__" is not allowed');
    expect(() => encode({ dtype: 'BOOL', shape: [1], data: Uint8Array.of(3) })).toThrow('BOOL values must be 0 or 1');
    expect(() => encodeSafetensors(new Map(), { k: 1 } as unknown as Record<string, string>)).toThrow(
      'must hold strings',
    );
  });
});

function errorOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
