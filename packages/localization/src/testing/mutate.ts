/** Damaged copies of a file, the same for the same seed. */
import type { Random } from '@counterpoise/nn';

/** What parsers trip over: ends of things, numbers that are none, names of the language, ways out of a folder. */
const SPLICES = [
  ...'"\'<>&;,:[]{}-#%*!|\\/\n\r\t\0',
  'NaN',
  'nan',
  '1e999',
  '-1',
  '0x10',
  '99999999999999999999',
  '""',
  '[[[[',
  '}}',
  '<!DOCTYPE a>',
  '<![CDATA[',
  '&#0;',
  '__proto__',
  'constructor',
  '../../etc/hostname',
  '/etc/hostname',
  '..\\..\\x',
  '\ufeff',
  '\u2028',
  '💥',
  'null',
  'true',
];

/** One to four changes: a byte flipped, a piece cut, doubled or moved, or something alien put in. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let text = Buffer.from(bytes);
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  for (let changes = 1 + below(4); changes > 0; changes--) {
    const [a, b] = [below(text.length + 1), below(text.length + 1)].sort((x, y) => x - y) as [number, number];
    switch (below(5)) {
      case 0:
        if (text.length > 0) text[below(text.length)]! ^= 1 << below(8);
        break;
      case 1:
        text = Buffer.concat([text.subarray(0, a), text.subarray(b)]);
        break;
      case 2:
        text = Buffer.concat([text.subarray(0, b), text.subarray(a)]);
        break;
      case 3:
        text = text.subarray(0, b);
        break;
      default:
        text = Buffer.concat([text.subarray(0, a), Buffer.from(SPLICES[below(SPLICES.length)]!), text.subarray(a)]);
    }
  }
  return text;
}
