/**
 * Who may ask. The server listens on 127.0.0.1 alone, but any page in the user's browser can send requests there: by another
 * name that resolves to it (DNS rebinding: the Host header tells), or from another site (Sec-Fetch-Site tells).
 */
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** @returns why a request is refused, or undefined. */
export function refuse({ method, headers, url = '' }: IncomingMessage, port: number): Refusal | undefined {
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) {
    return { status: 403, text: `"Host" must be 127.0.0.1:${port} or localhost:${port}` };
  }
  if (method !== 'GET') return { status: 405, text: 'only GET' };
  const site = headers['sec-fetch-site'];
  // A link to the page itself may stand anywhere.
  const isLink = url === '/' && headers['sec-fetch-mode'] === 'navigate';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink) {
    return { status: 403, text: 'not for other sites' };
  }
  return undefined;
}

/** Nothing from elsewhere, nothing inline, no text ever turned into HTML (trusted types), no frame around the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
};
