/** The authority of a request, read by one parser: the same host and port are judged, resolved and sent. */
import { parsePort } from '../authority/network-rule.ts';

export interface Authority {
  readonly host: string;
  readonly port: number | undefined;
}

/** Host and port, and nothing else: no user, no path, no zone, no escapes. `undefined` for anything else. */
export function parseAuthority(text: string): Authority | undefined {
  const parts = /^(\[[0-9A-Fa-f:.]{2,45}\]|[^\s:@/\\?#%[\]]{1,1024})(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, host = '', portText] = parts;
  if (portText === undefined) return { host, port: undefined };
  const port = parsePort(portText);
  return port === undefined ? undefined : { host, port };
}
