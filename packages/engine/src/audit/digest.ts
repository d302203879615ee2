import { createHmac } from 'node:crypto';
import type { JsonValue } from '../schema/json.ts';
import { canonicalJson } from './canonical.ts';

/** HMAC-SHA256 of the canonical JSON, as `hmac-sha256:<64 hexadecimal digits>`. */
export function keyedDigest(key: Uint8Array, value: JsonValue): string {
  const digest = createHmac('sha256', key).update(canonicalJson(value), 'utf8').digest('hex');
  return `hmac-sha256:${digest}`;
}
