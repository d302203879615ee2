/**
 * Who gets in. All of it is decided on the request's head, before a byte of the body is read.
 *
 * A page in a browser can make its reader's machine send requests to loopback, also under a name of the page's own
 * that it lets mean 127.0.0.1 (DNS rebinding: https://nvd.nist.gov/vuln/detail/CVE-2025-66414). The browser then says so,
 * in `Origin` and `Host`, which no script of a page can change.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from './address.ts';
import { refusal } from './refusal.ts';

/** The one path there is. */
export const PATH = '/mcp';

const methods = 'GET, POST, DELETE';

export interface DoorOptions {
  readonly token: string | undefined;
  /** Without ports. */
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
}

export class Door {
  readonly #token: Buffer | undefined;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor({ token, hosts, origins }: DoorOptions) {
    this.#token = token === undefined ? undefined : digest(token);
    this.#hosts = new Set(hosts.map((name) => name.toLowerCase()));
    this.#origins = new Set(origins);
  }

  /** The answer to a request that does not get in, or that is answered here; `undefined` for all others. */
  refuse(request: IncomingMessage): Response | undefined {
    if (!this.#knowsHost(request)) {
      return refusal(403, 'The Host header is none that this server answers to.');
    }
    if (!this.#letsIn(request)) {
      return refusal(403, 'Pages of this Origin may not use this server.');
    }
    const { method = '', url = '' } = request;
    if (url.split('?', 1)[0] !== PATH) return refusal(404, `There is only ${PATH} here.`);
    if (method === 'OPTIONS') return preflight();
    if (!methods.split(', ').includes(method)) {
      return refusal(405, `Allowed are ${methods}.`, { headers: { allow: methods } });
    }
    if (!this.#hasToken(request)) {
      return refusal(401, 'This server wants its access token: Authorization: Bearer TOKEN', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    return undefined;
  }

  /** What lets a page of an allowed origin read the answer; for all others, nothing. */
  headersFor({ headers: { origin } }: IncomingMessage): Readonly<Record<string, string>> {
    if (origin === undefined || !this.#origins.has(origin)) return {};
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'mcp-session-id',
      vary: 'origin',
    };
  }

  /** Names are listed; an address needs no list, for no page can make one its own by a name. */
  #knowsHost({ headersDistinct, socket }: IncomingMessage): boolean {
    const [given, ...more] = headersDistinct['host'] ?? [];
    const name = hostName(given);
    if (name === undefined || more.length > 0) return false;
    if (this.#hosts.has(name)) return true;
    const isLocal = isLoopback(socket.localAddress ?? '');
    if (name === 'localhost') return isLocal;
    return isIP(name) !== 0 && isLoopback(name) === isLocal;
  }

  /** Programs send no Origin. A page of this server itself would have its host. */
  #letsIn({ headersDistinct }: IncomingMessage): boolean {
    const origins = headersDistinct['origin'];
    if (origins === undefined) return true;
    const [origin = '', ...more] = origins;
    if (more.length > 0) return false;
    return this.#origins.has(origin) || origin === `http://${headersDistinct['host']?.[0]}`;
  }

  #hasToken({ headers }: IncomingMessage): boolean {
    if (this.#token === undefined) return true;
    const [, given] = /^bearer +([^ ]+)$/i.exec(headers.authorization ?? '') ?? [];
    // Digests are of one length, whatever is given.
    return given !== undefined && timingSafeEqual(digest(given), this.#token);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Without port and brackets. */
function hostName(header: string | undefined): string | undefined {
  const [, bracketed, plain] =
    /^(?:\[([^\]]+)\]|([^:[\]@/]+))(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

/** Browsers ask before a page's request. Which origins may, {@link Door.headersFor} says. */
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': methods,
      'access-control-allow-headers':
        'authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id',
    },
  });
}
