/**
 * The part of Python's pickle format (docs.python.org/3/library/pickletools.html) that state dicts are made of. Pickle is a
 * program for a stack machine and may call any function of Python; this machine has no way to call anything but the three
 * functions of `torch-objects.ts`, and refuses every other name and every other instruction.
 */
import { type Fail, show } from '../safetensors-header.js';
import { Cursor } from './cursor.js';
import { allowedGlobal, call, storageFor } from './torch-objects.js';
import { kindOf, LIST, PickleDict, PickleTuple, type PickleValue } from './values.js';

/** ResNet-101 takes 40,000 instructions. Each makes one small value at most, so this bounds the memory too. */
const MAX_INSTRUCTIONS = 2_000_000;
export const MAX_PICKLE_BYTES = 32 * 2 ** 20;

/** Runs the program and hands out its result. @param fail throws one line that names the file. */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, fail: Fail): PickleValue {
  return new Machine(bytes, fail).run();
}

class Machine {
  readonly #code: Cursor;
  readonly #fail: Fail;
  /** Says nothing of bytes: of a global its name is what matters. */
  readonly #refuse: Fail;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at the marks; nothing reaches below the last one. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array<ArrayBuffer>, fail: Fail) {
    this.#refuse = fail;
    this.#fail = (problem) => fail(`its pickle, before byte ${this.#code.position}: ${problem}`);
    this.#code = new Cursor(bytes, this.#fail);
  }

  run(): PickleValue {
    for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
      const instruction = String.fromCharCode(this.#code.uint8());
      if (instruction === '.') return this.#pop();
      const value = this.#produce(instruction);
      if (value === undefined) this.#act(instruction);
      else this.#stack.push(value);
    }
    return this.#fail(`more than ${MAX_INSTRUCTIONS} instructions`);
  }

  /** What an instruction pushes; undefined for one that pushes nothing. Names are those of Python's pickle.py. */
  #produce(instruction: string): PickleValue | undefined {
    const code = this.#code;
    switch (instruction) {
      case 'N': // NONE
        return null;
      case '\x88': // NEWTRUE
        return true;
      case '\x89': // NEWFALSE
        return false;
      case 'K': // BININT1
        return code.uint8();
      case 'M': // BININT2
        return code.uint16();
      case 'J': // BININT
        return code.int32();
      case '\x8a': // LONG1
        return code.long(code.uint8());
      case 'G': // BINFLOAT
        return code.float64();
      case 'X': // BINUNICODE
        return code.text(code.uint32());
      case '\x8c': // SHORT_BINUNICODE
        return code.text(code.uint8());
      case ')': // EMPTY_TUPLE
        return new PickleTuple([]);
      case '\x85': // TUPLE1
        return new PickleTuple(this.#popSome(1));
      case '\x86': // TUPLE2
        return new PickleTuple(this.#popSome(2));
      case '\x87': // TUPLE3
        return new PickleTuple(this.#popSome(3));
      case 't': // TUPLE
        return new PickleTuple(this.#popToMark());
      case ']': // EMPTY_LIST
        return LIST;
      case '}': // EMPTY_DICT
        return new PickleDict();
      case 'h': // BINGET
        return this.#recall(code.uint8());
      case 'j': // LONG_BINGET
        return this.#recall(code.uint32());
      case 'c': // GLOBAL
        return allowedGlobal(code.line(), code.line(), this.#refuse);
      case '\x93': // STACK_GLOBAL
        return this.#global();
      case 'Q': // BINPERSID
        return storageFor(this.#pop(), this.#fail);
      case 'R': // REDUCE
        return this.#call();
      default:
        return undefined;
    }
  }

  #act(instruction: string): void {
    const code = this.#code;
    switch (instruction) {
      case '\x80': // PROTO
        this.#checkProtocol(code.uint8());
        break;
      case '\x95': // FRAME: a length that helps to read ahead
        code.skip(8);
        break;
      case '(': // MARK
        this.#marks.push(this.#stack.length);
        break;
      case 'a': // APPEND
        this.#pop();
        this.#checkList();
        break;
      case 'e': // APPENDS
        this.#popToMark();
        this.#checkList();
        break;
      case 's': // SETITEM
        this.#setItems(this.#popSome(2));
        break;
      case 'u': // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 'q': // BINPUT
        this.#memo.set(code.uint8(), this.#top());
        break;
      case 'r': // LONG_BINPUT
        this.#memo.set(code.uint32(), this.#top());
        break;
      case '\x94': // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 'b': // BUILD: attributes. An OrderedDict has them (_metadata), and nobody needs them.
        this.#pop();
        if (!(this.#top() instanceof PickleDict)) this.#fail(`attributes for ${kindOf(this.#top())}`);
        break;
      default:
        this.#fail(`the instruction ${show(instruction)}, which no state dict needs`);
    }
  }

  #checkProtocol(version: number): void {
    if (version < 2 || version > 5) this.#fail(`protocol ${version} is none of 2 to 5`);
  }

  #global(): PickleValue {
    const [module, name] = this.#popSome(2);
    if (typeof module !== 'string' || typeof name !== 'string') return this.#fail('a global without a name');
    return allowedGlobal(module, name, this.#refuse);
  }

  #call(): PickleValue {
    const [callee, args] = this.#popSome(2);
    return call(callee!, args!, this.#fail);
  }

  #pop(): PickleValue {
    this.#need(1);
    return this.#stack.pop()!;
  }

  #top(): PickleValue {
    this.#need(1);
    return this.#stack.at(-1)!;
  }

  #popSome(count: number): PickleValue[] {
    this.#need(count);
    return this.#stack.splice(-count);
  }

  #popToMark(): PickleValue[] {
    return this.#stack.splice(this.#marks.pop() ?? this.#fail('there is no mark on the stack'));
  }

  #need(count: number): void {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count) this.#fail('nothing is left on the stack');
  }

  #checkList(): void {
    if (this.#top() !== LIST) this.#fail(`an element for ${kindOf(this.#top())}`);
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict)) this.#fail(`an item for ${kindOf(dict)}`);
    if (items.length % 2 !== 0) this.#fail('a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (typeof key !== 'string' && typeof key !== 'number') {
        this.#fail(`a key must be a text or a number, got ${kindOf(key)}`);
      }
      dict.entries.set(key, items[i + 1]!);
    }
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    return value === undefined ? this.#fail(`nothing is remembered under ${index}`) : value;
  }
}
