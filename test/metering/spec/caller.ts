/**
 * Calls exported functions with exact bits: floats travel as integers and vectors as two of them, through a small
 * adapter module per signature, since JavaScript numbers lose a NaN's payload and vectors have no JavaScript form.
 */

const CODES: Readonly<Record<string, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const REFS: Readonly<Record<string, number>> = {
  funcref: 0x70,
  anyfunc: 0x70,
  externref: 0x6f,
  exnref: 0x69,
};

export interface Signature {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const adapters = new Map<string, WebAssembly.Module>();

const typeCode = (type: string): number[] => {
  const code = CODES[type] ?? REFS[type];
  if (code !== undefined) return [code];
  if (type === '(ref extern)') return [0x64, 0x6f];
  if (type === '(ref func)') return [0x64, 0x70];
  throw new Error(`no adapter for ${type}`);
};
const flat = (type: string): number[] =>
  type === 'f32'
    ? [0x7f]
    : type === 'f64'
      ? [0x7e]
      : type === 'v128'
        ? [0x7e, 0x7e]
        : typeCode(type);
const words = (types: readonly string[]): number =>
  types.reduce((sum, type) => sum + (type === 'v128' ? 2 : 1), 0);
const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >> 7)];
const vector = (items: readonly number[]): number[] => [...leb(items.length), ...items];
const section = (id: number, body: readonly number[]): number[] => [id, ...vector(body)];

function assemble({ parameters, results }: Signature): WebAssembly.Module {
  const inner = [
    0x60,
    ...leb(parameters.length),
    ...parameters.flatMap(typeCode),
    ...leb(results.length),
    ...results.flatMap(typeCode),
  ];
  const flatParams = parameters.flatMap(flat);
  const outer = [
    0x60,
    ...leb(words(parameters)),
    ...flatParams,
    ...leb(words(results)),
    ...results.flatMap(flat),
  ];
  const code: number[] = [];
  let local = 0;
  for (const type of parameters) {
    code.push(0x20, ...leb(local++));
    if (type === 'f32') code.push(0xbe);
    else if (type === 'f64') code.push(0xbf);
    else if (type === 'v128') code.push(0xfd, 18, 0x20, ...leb(local++), 0xfd, 30, 1);
  }
  code.push(0x10, 0);
  // Results come back through locals of their own type, then are taken apart in order.
  for (let i = results.length - 1; i >= 0; i--) code.push(0x21, ...leb(local + i));
  for (const [i, type] of results.entries()) {
    const get = [0x20, ...leb(local + i)];
    if (type === 'v128') code.push(...get, 0xfd, 29, 0, ...get, 0xfd, 29, 1);
    else code.push(...get, ...(type === 'f32' ? [0xbc] : type === 'f64' ? [0xbd] : []));
  }
  code.push(0x0b);
  const locals = [...leb(results.length), ...results.flatMap((type) => [1, ...typeCode(type)])];
  const body = [...locals, ...code];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...HEADER,
      ...section(1, [2, ...inner, ...outer]),
      ...section(2, [1, 1, 0x61, 1, 0x66, 0, 0]),
      ...section(3, [1, 1]),
      ...section(7, [1, 1, 0x66, 0, 1]),
      ...section(10, [1, ...vector(body)]),
    ]),
  );
}

/** Calls `target`; arguments and results are bits for numbers and plain values for references. */
export function callExact(
  target: unknown,
  signature: Signature,
  args: readonly unknown[],
): unknown[] {
  const key = `${signature.parameters}->${signature.results}`;
  let adapter = adapters.get(key);
  if (adapter === undefined) adapters.set(key, (adapter = assemble(signature)));
  const { f } = new WebAssembly.Instance(adapter, { a: { f: target as () => void } }).exports;
  const flatArgs: unknown[] = [];
  for (const [i, type] of signature.parameters.entries()) {
    const value = args[i];
    if (type === 'v128') {
      flatArgs.push(BigInt.asUintN(64, value as bigint), (value as bigint) >> 64n);
    } else if (type === 'i32' || type === 'f32') flatArgs.push(Number(value));
    else flatArgs.push(value);
  }
  const returned = (f as (...flat: unknown[]) => unknown)(...flatArgs);
  const list =
    returned === undefined && signature.results.length === 0
      ? []
      : Array.isArray(returned)
        ? returned
        : [returned];
  const results: unknown[] = [];
  let at = 0;
  for (const type of signature.results) {
    const word = list[at++];
    if (type === 'v128')
      results.push(
        BigInt.asUintN(64, word as bigint) | (BigInt.asUintN(64, list[at++] as bigint) << 64n),
      );
    else if (type === 'i32' || type === 'f32')
      results.push(BigInt.asUintN(32, BigInt(word as number)));
    else if (type === 'i64' || type === 'f64') results.push(BigInt.asUintN(64, word as bigint));
    else results.push(word);
  }
  return results;
}
