/** The answer of the transpiling process: a length, a JSON header of that many bytes, then the payloads in order. */
export interface TranspileHeader {
  readonly ok: true;
  readonly glueBytes: number;
  readonly modules: readonly { readonly name: string; readonly bytes: number }[];
}

/** Codes that the process may answer with; a wrong one becomes `TRANSPILE_FAILED`. */
const failureCodes = [
  'TRANSPILE_FAILED',
  'TRANSPILE_LIMIT',
  'COMPONENT_MALFORMED',
  'COMPONENT_NAME_REFUSED',
  'COMPONENT_TOO_LARGE',
  'COMPONENT_UNSUPPORTED',
] as const;

export type FailureCode = (typeof failureCodes)[number];

export interface TranspileFailure {
  readonly ok: false;
  readonly code: FailureCode;
  readonly message: string;
}

export interface Transpiled {
  /** A script; see `moduleToScript`. */
  readonly glue: string;
  /** Core modules by the name with which the glue asks for them. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

const moduleName = /^component\.core[0-9]{0,5}\.wasm$/u;

export function encodeTranspiled(result: Transpiled): Uint8Array[] {
  const glue = new TextEncoder().encode(result.glue);
  const modules = [...result.modules].map(([name, bytes]) => ({ name, bytes: bytes.byteLength }));
  const header: TranspileHeader = { ok: true, glueBytes: glue.byteLength, modules };
  return [...encodeHeader(header), glue, ...result.modules.values()];
}

export function encodeHeader(header: TranspileHeader | TranspileFailure): Uint8Array[] {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.byteLength);
  return [length, json];
}

/**
 * Reads the answer as a stranger's: the process that sent it has read a hostile component.
 *
 * @throws Error when the answer is not of the form that {@link encodeTranspiled} writes
 */
export function decodeTranspiled(answer: Uint8Array): Transpiled | TranspileFailure {
  if (answer.byteLength < 4) throw new Error('the transpiler answered nothing');
  const headerBytes = new DataView(answer.buffer, answer.byteOffset, 4).getUint32(0);
  if (headerBytes > 1024 * 1024 || headerBytes > answer.byteLength - 4)
    throw new Error('the transpiler answered in part');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const header = JSON.parse(decoder.decode(answer.subarray(4, 4 + headerBytes))) as
    | Partial<TranspileHeader>
    | TranspileFailure;
  if (header.ok === false && typeof header.message === 'string') {
    const code = failureCodes.find((known) => known === header.code) ?? 'TRANSPILE_FAILED';
    return { ok: false, code, message: header.message };
  }
  if (header.ok !== true || !Array.isArray(header.modules))
    throw new Error('the transpiler answered in an unknown form');

  let at = 4 + headerBytes;
  const take = (size: unknown): Uint8Array => {
    if (
      !Number.isSafeInteger(size) ||
      (size as number) < 0 ||
      (size as number) > answer.byteLength - at
    ) {
      throw new Error('the transpiler announced more than it sent');
    }
    // A copy in memory of its own: what keeps one module must not keep the whole answer.
    const part = new Uint8Array(answer.subarray(at, at + (size as number)));
    at += size as number;
    return part;
  };
  const glue = decoder.decode(take(header.glueBytes));
  const modules = new Map<string, Uint8Array>();
  for (const entry of header.modules as { name: unknown; bytes: unknown }[]) {
    if (typeof entry.name !== 'string' || !moduleName.test(entry.name) || modules.has(entry.name)) {
      throw new Error('the transpiler sent a module with an unknown name');
    }
    modules.set(entry.name, take(entry.bytes));
  }
  if (at !== answer.byteLength) throw new Error('the transpiler sent more than it announced');
  return { glue, modules };
}
