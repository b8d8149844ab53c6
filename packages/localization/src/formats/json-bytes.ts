/** What bytes may stand where in JSON (RFC 8259), as tables. */

export const BYTE = {
  tab: 0x09,
  lineFeed: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  backslash: 0x5c,
  u: 0x75,
  array: 0x5b,
  arrayEnd: 0x5d,
  object: 0x7b,
  objectEnd: 0x7d,
} as const;

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';

export const IS_HEX = tableOf(`${DIGITS}abcdefABCDEF`);
/** After a backslash, besides u. */
export const IS_ESCAPE = tableOf('"\\/bfnrt');
/** Right after a number or a word these make one wrong whole of the two. */
export const JOINS_WORD = tableOf(DIGITS + LETTERS);
export const JOINS_NUMBER = tableOf(`${DIGITS}${LETTERS}.+-`);

/** By their first byte. */
export const WORDS: ReadonlyMap<number, Uint8Array> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), bytesOf(word)]),
);

/**
 * number = [-] (0 | 1-9 digits) [. digits] [e [+-] digits]. States: 0 nothing yet, 1 sign, 2 zero, 3 integer, 4 point, 5 fraction,
 * 6 e, 7 sign of the exponent, 8 exponent. `NUMBER[256 * state + byte]` is the next state, 0 where the byte is of no number.
 */
export const NUMBER = new Uint8Array(9 * 256);
for (const [from, bytes, to] of [
  [0, '-', 1],
  [0, '0', 2],
  [0, '123456789', 3],
  [1, '0', 2],
  [1, '123456789', 3],
  [2, '.', 4],
  [2, 'eE', 6],
  [3, DIGITS, 3],
  [3, '.', 4],
  [3, 'eE', 6],
  [4, DIGITS, 5],
  [5, DIGITS, 5],
  [5, 'eE', 6],
  [6, '+-', 7],
  [6, DIGITS, 8],
  [7, DIGITS, 8],
  [8, DIGITS, 8],
] as const) {
  for (const byte of bytesOf(bytes)) NUMBER[256 * from + byte] = to;
}
/** By state: may a number end here? */
export const IS_NUMBER = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 0, 1);

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function tableOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytesOf(text)) table[byte] = 1;
  return table;
}
