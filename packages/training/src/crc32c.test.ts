import { expect, test } from 'vitest';
import { crc32c } from './crc32c.js';

test('the check value of the CRC catalogue', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array())).toBe(0);
});

// RFC 3720, appendix B.4, which gives the bytes in the order of the wire.
test('the examples of RFC 3720', () => {
  const onTheWire = (bytes: Uint8Array) => {
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32c(bytes));
    return crc.toString('hex');
  };
  const rising = Uint8Array.from({ length: 32 }, (_, at) => at);
  expect(onTheWire(new Uint8Array(32))).toBe('aa36918a');
  expect(onTheWire(new Uint8Array(32).fill(0xff))).toBe('43aba862');
  expect(onTheWire(rising)).toBe('4e79dd46');
  expect(onTheWire(rising.toReversed())).toBe('5cdb3f11');
});
