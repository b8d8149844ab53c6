/** Files that somebody made to do harm, or that are broken in one place. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ascii,
  dict,
  floats,
  global,
  int,
  type Member,
  program,
  pth,
  tensor,
  text,
  tuple,
  zip,
} from './archives.test.helper.js';
import { readPth } from './state-dict.js';

const START = '\x80\x02';
const STORAGE = { 0: floats(1, 2, 3, 4) };
const one = (value: Uint8Array) => program(START, dict(text('a'), value), '.');
const A = { shape: [2, 2], strides: [2, 1] };

/** The message, after the name of the source. */
function refusal(file: Uint8Array): string {
  try {
    readPth(file);
  } catch (error) {
    const { message } = error as Error;
    expect(message).toMatch(/^weights bytes: [^\n]+$/);
    return message.slice('weights bytes: '.length);
  }
  throw new Error('it was read');
}

describe('pickles', () => {
  it('the file that the cases below are variants of is read', () => {
    const { tensors } = readPth(pth(one(tensor(A)), STORAGE));
    expect(tensors.get('a')).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  });

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['__builtin__', 'exec'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['torch.evil', 'FloatStorage'],
    ['torch', 'FloatStorage.from_file'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['collections', 'OrderedDict.__init__'],
    ['collections', 'namedtuple'],
    ['', ''],
  ])('%s.%s is not called, in either protocol', (module, name) => {
    const args = tuple(text('touch /tmp/owned'));
    const problem = `its pickle wants to use ${JSON.stringify(`${module}.${name}`)}, and only tensors are read`;
    expect(refusal(pth(one(program(global(module, name), args, 'R'))))).toContain(problem);
    expect(refusal(pth(one(program(text(module), text(name), '\x93', args, 'R'))))).toContain(problem);
  });

  it.each([
    ['NEWOBJ', program(global('collections', 'OrderedDict'), ')', '\x81')],
    ['INST', program('(ios\nsystem\n')],
    ['OBJ', program('(', global('collections', 'OrderedDict'), 'o')],
    ['EXT1', program('\x82\x01')],
    ['BINSTRING', program('T\x01\0\0\0a')],
    ['PERSID', program('Pid\n')],
    ['NEXT_BUFFER', program('\x97')],
  ])('the instruction %s is not known', (_name, instructions) => {
    expect(refusal(pth(one(instructions)))).toMatch(/instruction ".+", which no state dict needs/);
  });

  it.each([
    ['nothing', program(''), 'truncated'],
    ['no end', program(START, '}'), 'truncated'],
    ['an end without a value', program(START, '.'), 'nothing is left on the stack'],
    ['an end below a mark', program(START, '}(.'), 'nothing is left on the stack'],
    ['an element for a list below a mark', program(START, '](K\x01a.'), 'nothing is left on the stack'],
    ['a pair over a mark', program(START, 'K\x01(K\x02\x86.'), 'nothing is left on the stack'],
    ['a protocol of tomorrow', program('\x80\x09}.'), 'protocol 9 is none of 2 to 5'],
    ['a text longer than the file', program(START, 'X\xff\xff\xff\xff.'), 'truncated'],
    ['a text that is not UTF-8', program(START, 'X\x01\0\0\0\xff.'), 'not valid UTF-8'],
    ['a missing mark', program(START, 't.'), 'there is no mark'],
    ['an unknown memory', program(START, 'j\xff\xff\xff\xff.'), 'nothing is remembered under 4294967295'],
    ['an item for a number', program(START, 'K\x01K\x02K\x03s.'), 'an item for a number'],
    ['an element for a tuple', program(START, ')K\x01a.'), 'an element for a tuple'],
    ['an odd number of items', program(START, '}(K\x01u.'), 'a key without a value'],
    ['a dict as a key', program(START, '}}K\x01s.'), 'a key must be a text or a number, got a dict'],
    ['attributes for a list', program(START, ']}b.'), 'attributes for a list'],
    ['a call of a text', program(START, text('print'), ')R.'), 'a call of a text with a tuple'],
    [
      'a call of a storage class',
      program(START, global('torch', 'FloatStorage'), ')R.'),
      'a call of torch.FloatStorage',
    ],
    ['a list instead of arguments', program(START, global('collections', 'OrderedDict'), ']R.'), 'with a list'],
    ['an OrderedDict of something', program(START, global('collections', 'OrderedDict'), '}\x85R.'), 'with arguments'],
    ['a parameter of a text', program(START, global('torch._utils', '_rebuild_parameter'), 'N\x85R.'), 'no tensor'],
    ['a persistent id of a file', program(START, text('/etc/passwd'), 'Q.'), 'not of a storage'],
    ['a number alone', program(START, 'K\x01.'), 'it holds no state dict: expected a dict of tensors'],
    ['a dict of numbers', program(START, dict(text('lr'), int(1)), '.'), 'got a dict with the keys ["lr"]'],
  ])('%s', (_name, pickle, problem) => {
    expect(refusal(pth(pickle))).toContain(problem);
  });

  it.each([
    [{ shape: [2, 2], strides: [2, 1], offset: 1 }, 'reaches element 4 of a storage of 4'],
    [{ shape: [2], strides: [4] }, 'reaches element 4 of a storage of 4'],
    [{ shape: [2], strides: [-1], offset: 3 }, 'whole numbers of 0 or more'],
    [{ shape: [-1], strides: [1] }, 'whole numbers of 0 or more'],
    [{ shape: [2], strides: [] }, 'whole numbers of 0 or more'],
    [{ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }, 'repeats the 4 elements'],
    [{ shape: [2 ** 30, 2 ** 30, 0], strides: [1, 1, 1], count: 4 }, undefined],
    [{ shape: [2], strides: [1], count: 5 }, 'the storage of tensor "a" needs 20 bytes, "a/data/0" takes 16 bytes'],
    [{ shape: [2], strides: [1], key: '../../etc/passwd' }, 'is not in the archive'],
    [{ shape: [2], strides: [1], type: 'ComplexFloatStorage' }, 'tensor "a" has a torch.ComplexFloatStorage'],
    [{ shape: [2], strides: [1], type: 'toStringStorage' }, 'tensor "a" has a torch.toStringStorage'],
    [{ shape: [16], strides: [1], type: 'BoolStorage', count: 16 }, 'bool values must be 0 or 1'],
  ])('tensor %j', (options, problem) => {
    const file = pth(one(tensor(options)), STORAGE);
    if (problem) expect(refusal(file)).toContain(problem);
    else expect(readPth(file).tensors.get('a')!.data).toHaveLength(0);
  });

  it('many tensors over one storage do not multiply it', () => {
    const items = [...Array(5).keys()].flatMap((i) => [text(`t${i}`), tensor(A)]);
    expect(refusal(pth(program(START, dict(...items), '.'), STORAGE))).toContain('5 tensors repeat the 4 elements');
    const other = tensor({ shape: [8], strides: [1], type: 'HalfStorage', count: 8 });
    const two = program(START, dict(text('a'), tensor(A), text('b'), other), '.');
    expect(refusal(pth(two, STORAGE))).toContain('tensors "a" and "b" disagree about their storage "0"');
  });

  it('a memory bomb, a tower of lists and an endless program end quickly', () => {
    const begin = performance.now();
    // Thirty times a pair of what was before: 2^30 values if anybody counted them.
    let bomb = program(START, ')q\0');
    for (let i = 0; i < 30; i++)
      bomb = program(
        bomb,
        `h${String.fromCharCode(i)}h${String.fromCharCode(i)}`,
        `\x86q${String.fromCharCode(i + 1)}`,
      );
    expect(refusal(pth(program(bomb, '.')))).toContain('got a tuple');
    const tower = program(START, ']'.repeat(500_000), 'a'.repeat(499_999), '.');
    expect(refusal(pth(tower))).toContain('got a list');
    expect(refusal(pth(program(START, '('.repeat(1_000_000), '.')))).toContain('nothing is left');
    expect(refusal(pth(program(START, '}'.repeat(2_100_000))))).toContain('more than 2000000 instructions');
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  it('keys of JavaScript are keys like others', () => {
    const items = ['__proto__', 'constructor', 'toString'].flatMap((key) => [
      text(key),
      tensor({ shape: [1], strides: [1] }),
    ]);
    const { tensors } = readPth(pth(program(START, dict(...items), '.'), STORAGE));
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as { data?: unknown }).data).toBeUndefined();
  });
});

describe('archives', () => {
  const pickle: Member = { name: 'a/data.pkl', content: one(tensor(A)) };
  const storage: Member = { name: 'a/data/0', content: STORAGE[0] };
  const broken = (claims: Member['claims'], more: Partial<Member> = {}) =>
    zip([pickle, { ...storage, ...more, claims }]);

  it.each([
    ['no archive', ascii('weights'), 'not a file of torch.save'],
    ['nothing', new Uint8Array(), 'not a file of torch.save'],
    ['an archive of pictures', zip([{ name: 'a.png', content: floats(1) }]), 'this has 0'],
    ['two pickles', zip([pickle, storage, { ...pickle, name: 'b/data.pkl' }]), 'this has 2'],
    ['an entry twice', zip([pickle, storage, storage]), 'the zip archive holds "a/data/0" twice'],
    ['a cut end', zip([pickle, storage]).subarray(0, -5), 'the zip archive has no directory at its end'],
    ['a cut start', zip([pickle, storage]).subarray(4), 'not a file of torch.save'],
    ['a wrong checksum', broken({ crc: 1 }), 'damaged: the checksum of "a/data/0" does not match'],
    ['an encrypted entry', broken({ flags: 1 }), 'it is encrypted'],
    ['an odd compression', broken({ method: 12 }), 'compression method 12 is neither'],
    ['a size that is too small', broken({ size: 8 }), 'takes 8 bytes'],
    ['a deflated size that is too small', broken({ size: 15 }, { deflate: true }), 'takes 15 bytes'],
    ['an entry beyond the end', broken({ offset: 0x7ffffff0 }), 'beyond the end'],
    ['overlapping entries', broken({ offset: 0 }), 'overlaps the one before it'],
    ['a pickle that inflates to more', zip([{ ...pickle, deflate: true, claims: { size: 3 } }, storage]), 'inflate'],
    [
      'a pickle that inflates to less',
      zip([{ ...pickle, deflate: true, claims: { size: 9999 } }, storage]),
      'inflates to',
    ],
    ['a pickle that is not deflated', zip([{ ...pickle, claims: { method: 8 } }, storage]), 'cannot be inflated'],
    ['big-endian numbers', zip([pickle, storage, { name: 'a/byteorder', content: ascii('big') }]), 'big-endian'],
  ])('%s', (_name, file, problem) => {
    expect(refusal(file)).toContain(problem);
  });

  it('a bomb of zeros is not inflated', () => {
    const zeros = new Uint8Array(64 * 2 ** 20);
    const bomb = zip([pickle, { ...storage, content: zeros, deflate: true }]);
    expect(bomb.length).toBeLessThan(100_000);
    const begin = performance.now();
    expect(refusal(bomb)).toMatch(/^the zip archive of \d+ bytes claims to hold \d+, at most \d+ are allowed$/);
    // One that lies about its size is stopped at that size.
    const liar = zip([{ ...pickle, content: zeros, deflate: true, claims: { size: 100 } }, storage]);
    expect(refusal(liar)).toContain('cannot be inflated');
    expect(performance.now() - begin).toBeLessThan(500);
  });

  it('paths in an archive lead nowhere', () => {
    const file = zip([
      { ...pickle, name: '../data.pkl' },
      { ...storage, name: '../data/0' },
    ]);
    expect(readPth(file).tensors.size).toBe(1);
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pth-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read by any name, and named in errors', () => {
    const file = join(folder, 'weights.bin');
    writeFileSync(file, pth(one(tensor(A)), STORAGE));
    expect(readPth(file).tensors.size).toBe(1);
    expect(() => readPth(join(folder, 'none.pth'))).toThrow(/^weights file ".*none\.pth": ENOENT/);
    mkdirSync(join(folder, 'a.pth'));
    expect(() => readPth(join(folder, 'a.pth'))).toThrow(/^weights file ".*a\.pth": it is not a file$/);
  });

  it.skipIf(process.platform === 'win32')('a pipe does not make us wait', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(() => readPth(join(folder, 'pipe'))).toThrow('it is not a file');
  });
});
