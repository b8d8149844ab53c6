/** The files of the page, by address. Read once: what is not in this map does not exist for the server. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ICON, PAGE } from './page-html.js';
import { PAGE_STYLE } from './page-style.js';

export interface Asset {
  readonly contentType: string;
  readonly content: Buffer;
}

/** The compiled modules: the same place from src/watch and from dist/watch. */
const BUILT = new URL('../../dist/', import.meta.url);
const MODULES = 'watch/page/';
/** What the page shares with the rest of the package; the list of `tsconfig.page.json`. */
const SHARED = ['chart-scale.js', 'cosine-matrix.js', 'format.js', 'watch/protocol.js'];

/** @throws Error if the package is not built. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const folder = new URL(MODULES, BUILT);
  if (!existsSync(folder)) throw new Error('the page of "counterpoise watch" is not built: run "npm run build" first');
  const own = readdirSync(folder).filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'));
  const modules = [...own.map((name) => MODULES + name), ...SHARED].map((path): [string, Asset] => {
    return [`/${path}`, asset('text/javascript; charset=utf-8', readFileSync(new URL(path, BUILT)))];
  });
  return new Map([
    ['/', asset('text/html; charset=utf-8', Buffer.from(PAGE))],
    ['/style.css', asset('text/css; charset=utf-8', Buffer.from(PAGE_STYLE))],
    ['/icon.svg', asset('image/svg+xml', Buffer.from(ICON))],
    ...modules,
  ]);
}

function asset(contentType: string, content: Buffer): Asset {
  return { contentType, content };
}
