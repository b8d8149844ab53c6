import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { expect, test } from 'vitest';
import { findLibrary, ortApi } from './library.js';

const error = (message: RegExp) =>
  expect.objectContaining({ name: 'EngineError', code: 'library-missing', message: expect.stringMatching(message) });

test('finds the library of every platform that onnxruntime-node ships', () => {
  expect(findLibrary('linux', 'x64')).toMatch(/linux.x64.libonnxruntime\.so\.1$/);
  expect(findLibrary('linux', 'arm64')).toMatch(/linux.arm64.libonnxruntime\.so\.1$/);
  expect(findLibrary('darwin', 'arm64')).toMatch(/darwin.arm64.libonnxruntime\.1\.dylib$/);
  expect(findLibrary('win32', 'x64')).toMatch(/win32.x64.onnxruntime\.dll$/);
  expect(findLibrary('win32', 'arm64')).toMatch(/win32.arm64.onnxruntime\.dll$/);
});

test('names a platform that is not supported, and those that are', () => {
  expect(() => findLibrary('darwin', 'x64')).toThrow(error(/not available for darwin-x64; supported: linux-x64, /));
  expect(() => findLibrary('freebsd', 'x64')).toThrow(error(/freebsd-x64/));
});

test('says what to do when onnxruntime-node is not installed', () => {
  const resolve = () => {
    throw new Error('Cannot find module');
  };
  expect(() => findLibrary('linux', 'x64', resolve)).toThrow(error(/npm install onnxruntime-node$/));
});

test('says what to do when the package lacks the file', () => {
  const root = mkdtempSync(join(tmpdir(), 'engine-'));
  const manifest = join(root, 'package.json');
  writeFileSync(manifest, '{}');
  expect(() => findLibrary('linux', 'x64', () => manifest)).toThrow(error(/has no libonnxruntime\.so\.1 .* reinstall/));
});

test('gives native code the stack that ONNX Runtime needs', () => {
  ortApi();
  expect(koffi.config().async_stack_size).toBeGreaterThanOrEqual(8 * 1024 * 1024);
  expect(koffi.config().sync_stack_size).toBeGreaterThanOrEqual(8 * 1024 * 1024);
});
