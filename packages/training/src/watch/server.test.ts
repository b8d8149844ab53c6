import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRuns } from './catalog.js';
import { EventReader } from './events.test.helper.js';
import { makeRun, PNG, temporaryFolder, writeSteps } from './run-folder.test.helper.js';
import { type WatchServer, watchRuns } from './server.js';

const root = temporaryFolder();
const run = makeRun(root, 'run');
writeFileSync(join(run, 'samples', 'a.png'), PNG);
writeFileSync(join(run, 'secret.txt'), 'secret');
writeSteps(run, 1, 3);

let server: WatchServer;
beforeAll(async () => {
  server = await watchRuns(root);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The path goes over the wire as it is: no client mends it. */
function ask(
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
) {
  const { hostname, port } = new URL(server.url);
  return new Promise<Answer>((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

const portOf = () => new URL(server.url).port;

test('the page and all that it imports are served, and nothing else', async () => {
  const page = await ask('/');
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  const seen = new Set<string>();
  const waiting = ['/style.css', '/icon.svg', '/watch/page/main.js'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { status, headers, body } = await ask(path);
    expect([path, status]).toEqual([path, 200]);
    if (!path.endsWith('.js')) continue;
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    for (const [, target] of body.toString().matchAll(/^(?:import|export)[^;]*? from '([^']+)'/gm)) {
      waiting.push(new URL(target!, `http://x${path}`).pathname);
    }
  }
  expect(seen.has('/chart-scale.js')).toBe(true);
  for (const path of ['/index.js', '/watch/server.js', '/watch/page/column.test.js', '/package.json']) {
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  }
});

test('the policy forbids everything that is not from here, and all inline scripts', async () => {
  for (const path of ['/', '/events-of-nobody', '/style.css']) {
    const { headers } = await ask(path);
    const policy = String(headers['content-security-policy']);
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", 'trusted-types']) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  const page = (await ask('/')).body.toString();
  expect(page).not.toMatch(/<script(?![^>]*src="\/)|<style|\son\w+=|https?:\/\//);
});

describe('a name that is not ours may not ask', () => {
  test.each([
    ['evil.example'],
    ['evil.example:PORT'],
    ['127.0.0.1'],
    ['127.0.0.1:1'],
    ['127.0.0.1.evil.example:PORT'],
    ['localhost:PORT:PORT'],
  ])('Host "%s"', async (host) => {
    for (const path of ['/', '/events', '/style.css']) {
      const answer = await ask(path, { headers: { Host: host.replaceAll('PORT', portOf()) } });
      expect([400, 403]).toContain(answer.status);
      expect(answer.body.toString()).not.toContain('Counterpoise');
    }
  });

  test.each(['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'])('no Host: %j', async (text) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: Number(portOf()) }, () => socket.end(text));
      const parts: Buffer[] = [];
      socket.on('data', (part: Buffer) => parts.push(part));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(parts).toString()));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403) /);
    expect(answer).not.toContain('<html');
  });

  test('localhost is ours', async () => {
    expect((await ask('/', { headers: { Host: `localhost:${portOf()}` } })).status).toBe(200);
  });

  test('another site may link to the page, and no more', async () => {
    const other = (mode: string) => ({ headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': mode } });
    expect((await ask('/', other('navigate'))).status).toBe(200);
    expect((await ask('/', other('no-cors'))).status).toBe(403);
    for (const path of ['/events', '/style.css']) expect((await ask(path, other('navigate'))).status).toBe(403);
    expect((await ask('/style.css', { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status).toBe(200);
  });
});

test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])('%s is not allowed', async (method) => {
  expect(await ask('/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
});

describe('files are served by id, never by path', () => {
  const address = async () => (await findRuns(root))[0]!.info.samples[0]!.url;

  test('a sample', async () => {
    const { status, headers, body } = await ask(await address());
    expect([status, headers['content-type'], body.equals(PNG)]).toEqual([200, 'image/png', true]);
  });

  test.each([
    '/../secret.txt',
    '/run/secret.txt',
    '/runs/run/secret.txt',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/../../../../../../etc/passwd',
    '//etc/passwd',
    '/style.css/../../secret.txt',
    '/watch/page/../../../package.json',
    '/runs/ID/samples/../secret.txt',
    '/runs/ID/samples/..%2fsecret.txt',
    '/runs/ID/samples/a.png',
    '/runs/ID/samples/AAAAAAAA',
    '/runs/AAAAAAAA/samples/SAMPLE',
    '/runs/ID/samples/SAMPLE/',
    '/runs/__proto__/samples/__proto__',
    '/events/',
    'http://127.0.0.1/',
    '*',
  ])('not %s', async (path) => {
    const [, , id, , sample] = (await address()).split('?')[0]!.split('/');
    const answer = await ask(path.replace('ID', id!).replace('SAMPLE', sample!));
    expect([400, 404]).toContain(answer.status);
    expect(answer.body.toString()).not.toMatch(/secret|root:/);
  });

  test('a picture that has become a link, or is gone, is not served', async () => {
    const url = await address();
    const path = join(run, 'samples', 'a.png');
    rmSync(path);
    expect((await ask(url)).status).toBe(404);
    symlinkSync(join(run, 'secret.txt'), path);
    expect((await ask(url)).status).toBe(404);
    rmSync(path);
    writeFileSync(path, PNG);
  });
});

test('no other address of this machine answers', async () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const others = own.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  for (const host of ['127.0.0.2', '::1', ...others]) {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ host, port: Number(portOf()), timeout: 3000 });
      for (const name of ['connect', 'error', 'timeout']) socket.on(name, () => resolve(name));
      socket.on('close', () => undefined);
    });
    expect([host, outcome]).toEqual([host, 'error']);
  }
});

test('a taken port and a wrong one are errors in one line', async () => {
  await expect(watchRuns(root, { port: Number(portOf()) })).rejects.toThrow(
    /^cannot listen on port \d+: it is taken: choose another one$/,
  );
  for (const port of [-1, 65536, 1.5, Number.NaN]) {
    await expect(watchRuns(root, { port })).rejects.toThrow('"port" must be an integer in [0, 65535]');
  }
});

test('only so many pages at a time; closing ends them all', async () => {
  const other = await watchRuns(root);
  const pages = await Promise.all(Array.from({ length: 24 }, () => EventReader.open(other.url)));
  const refused = await EventReader.open(other.url);
  await refused.until(({ isEnded }) => isEnded);
  expect(refused.events).toEqual([]);
  await other.close();
  for (const page of pages) await page.until(({ isEnded }) => isEnded);
});

test('nothing in the run folder is written', () => {
  expect(readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').length).toBe(4);
});
