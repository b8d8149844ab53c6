/**
 * A checkpoint is one safetensors file: the tensors of model and optimiser, and in its metadata everything else as JSON.
 * Loading it runs no code. The header begins with a fixed prefix,
 *
 *     {"__metadata__":{"format":"counterpoise-checkpoint","version":"1","sha256":"<64 hex digits>","state":"...
 *
 * so that version and checksum can be read before anything else of the file is trusted. The checksum is the SHA-256 of
 * the whole file with its own 64 digits replaced by zeros.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type HostTensor, readSafetensors, safetensorsParts } from '@counterpoise/nn';
import { writeFileAtomic } from './atomic.js';
import { type Json, stringifyExactly } from './json.js';

const FORMAT = 'counterpoise-checkpoint';
const VERSION = 1;
const NO_CHECKSUM = '0'.repeat(64);
const PREFIX = new RegExp(
  `^\\{"__metadata__":\\{"format":"${FORMAT}","version":"(\\d{1,9})","sha256":"([0-9a-f]{64})","state":"`,
);
/** Longer than the longest prefix. */
const PREFIX_BYTES = 256;
const CHUNK_BYTES = 1 << 22;

export interface Checkpoint {
  /** For example `model.conv1.weight`, `optimizer.momentum.conv1.weight`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Everything that is no tensor: balancer, schedule, epoch, position, random state, fingerprint of the config. */
  readonly state: { readonly [key: string]: Json };
}

/**
 * Writes a checkpoint atomically: whatever happens, the path holds the old one or the new one, whole. No copy of the
 * tensors is made, so they must not change before the promise settles.
 *
 * @throws TypeError if the state is not plain JSON (NaN and Infinity are not), Error if the file cannot be written.
 */
export async function saveCheckpoint(path: string, { tensors, state }: Checkpoint): Promise<void> {
  const metadata = {
    format: FORMAT,
    version: String(VERSION),
    sha256: NO_CHECKSUM,
    state: stringifyExactly('state', state),
  };
  const parts = safetensorsParts(tensors, metadata);
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const header = Buffer.from(parts[0]!.buffer);
  header.write(hash.digest('hex'), header.indexOf(NO_CHECKSUM), 'latin1');
  await writeFileAtomic(path, parts);
}

/**
 * Reads a checkpoint and verifies its checksum before any of its content is used.
 *
 * @throws Error with one line that names the file: it is missing, no checkpoint, of a newer version, or damaged.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'the file does not exist' : error.message;
    throw new Error(`cannot read checkpoint "${path}": ${problem}`, { cause: error });
  });
  try {
    await verify(file, path);
  } finally {
    await file.close();
  }
  const { tensors, metadata } = readSafetensors(path);
  return { tensors, state: parseState(metadata.state!, path) };
}

/** The checksum keeps accidents out, not forgery, so the state is checked as any other input. */
function parseState(text: string, path: string): Checkpoint['state'] {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state === 'object' && state !== null && !Array.isArray(state)) return state as Checkpoint['state'];
  } catch {
    // Not JSON at all: the same message.
  }
  throw new Error(`checkpoint "${path}": its state is not a JSON object`);
}

async function verify(file: FileHandle, path: string): Promise<void> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let { bytesRead } = await read(file, chunk, 0, path);
  const prefix = PREFIX.exec(chunk.toString('latin1', 8, Math.min(bytesRead, 8 + PREFIX_BYTES)));
  if (!prefix) throw new Error(`"${path}" is not a counterpoise checkpoint, or its first bytes are damaged`);
  const [, version, checksum] = prefix as unknown as [string, string, string];
  if (Number(version) > VERSION) {
    throw new Error(
      `checkpoint "${path}" has format version ${version}, this program reads up to ${VERSION}: update counterpoise`,
    );
  }
  chunk.write(NO_CHECKSUM, chunk.indexOf(checksum), 'latin1');
  const hash = createHash('sha256');
  for (let position = 0; bytesRead > 0; { bytesRead } = await read(file, chunk, position, path)) {
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
  if (hash.digest('hex') !== checksum) {
    throw new Error(`checkpoint "${path}" is damaged: ${findDamage(path)}`);
  }
}

async function read(file: FileHandle, chunk: Buffer, position: number, path: string) {
  return file.read(chunk, 0, chunk.length, position).catch((error: Error) => {
    throw new Error(`cannot read checkpoint "${path}": ${error.message}`, { cause: error });
  });
}

/** Why the checksum may be wrong: a broken structure (a file cut short, for instance) says more than the checksum. */
function findDamage(path: string): string {
  try {
    readSafetensors(path);
    return 'its SHA-256 checksum does not match its content';
  } catch (error) {
    return (error as Error).message;
  }
}
