/** Between Node's requests and responses, and those of the Fetch standard that the MCP SDK takes. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** The request without its body, which is handed on parsed, and without its token, which is nobody's business further in. */
export function headOf(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name === 'authorization' || name.startsWith(':')) continue;
    headers.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''));
  }
  return new Request(`http://${request.headers.host}${request.url}`, {
    method: request.method ?? 'GET',
    headers,
    signal,
  });
}

/** `undefined` where there are more bytes; what is left of them is not read. */
export async function bodyOf(request: IncomingMessage, most: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined;
  const parts: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not end the connection, over which the refusal still has to go.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @param stallMs how long a client may leave what was sent to it unread, before its connection is ended */
export async function send(
  answer: Response,
  response: ServerResponse,
  stallMs: number,
): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) {
    response.end();
    return;
  }
  response.flushHeaders();
  const reader = answer.body.getReader();
  response.once('close', () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!response.write(value) && !(await drained(response, stallMs))) {
      response.destroy();
      return;
    }
  }
  response.end();
}

async function drained(response: ServerResponse, stallMs: number): Promise<boolean> {
  if (response.destroyed) return false;
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race([
      once(response, 'drain', { signal }).then(() => true),
      once(response, 'close', { signal }).then(() => false),
      pause(stallMs, false, { signal, ref: false }),
    ]);
  } finally {
    over.abort();
  }
}
