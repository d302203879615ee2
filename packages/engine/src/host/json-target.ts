/** Where values of the guest become JSON, and how much of it there may be. */
import { BLOB_BYTES } from '../isolate/wire.ts';
import type { Json, JsonTarget } from '../wit/to-json.ts';
import type { WitTypes } from '../wit/types.ts';
import type { HostSession } from './session.ts';

/** JSON text as it is: in exponent form, a number is not taken for an integer. */
const rawJson = (JSON as unknown as { rawJSON: (text: string) => Json }).rawJSON;

/** Values become JSON only as far as the output limit lets them: the text of a large list is many times its bytes. */
export function jsonTarget(session: HostSession, types: WitTypes, isOutput = true): JsonTarget {
  // Arguments for the host are no output; they have to fit into one frame.
  let left = isOutput ? session.outputLeft : BLOB_BYTES;
  return {
    types,
    large: (value) => rawJson(value.toExponential()),
    take(length) {
      left -= length;
      if (left >= 0) return;
      if (isOutput) session.outputExceeded();
      session.fail('interface-failed', 'Arguments for the host may have 1 MiB of JSON.');
    },
  };
}
