/** Values of test scripts, as the integers that their bits are. */
import { head, isList, type List, type Node } from './sexpr.ts';

/** One value: numbers by their bits, references as JavaScript sees them. */
export interface Value {
  readonly type: string;
  readonly bits: bigint;
  readonly ref: unknown;
  /** What a NaN result may be, lane by lane; `undefined` where bits must be equal. */
  readonly nan: readonly (string | undefined)[];
  readonly lanes: number;
  /** A reference result of which only the kind is given. */
  readonly anyOf: readonly Value[] | undefined;
}

const LANES: Readonly<Record<string, number>> = {
  i8x16: 16,
  i16x8: 8,
  i32x4: 4,
  i64x2: 2,
  f32x4: 4,
  f64x2: 2,
};
const hosts = new Map<string, object>();

function host(name: string): object {
  let value = hosts.get(name);
  if (value === undefined) hosts.set(name, (value = { host: name }));
  return value;
}

export function parseValue(node: Node): Value {
  const kind = head(node);
  const items = (node as List).items;
  const base = { ref: undefined, nan: [], lanes: 1, anyOf: undefined };
  if (kind === 'either')
    return { ...base, type: 'either', bits: 0n, anyOf: items.slice(1).map(parseValue) };
  if (kind === 'i32.const') return { ...base, type: 'i32', bits: integer(String(items[1]), 32) };
  if (kind === 'i64.const') return { ...base, type: 'i64', bits: integer(String(items[1]), 64) };
  if (kind === 'f32.const' || kind === 'f64.const') {
    const width = kind === 'f32.const' ? 32 : 64;
    const text = String(items[1]);
    const nan = text === 'nan:canonical' || text === 'nan:arithmetic' ? text : undefined;
    return { ...base, type: kind.slice(0, 3), bits: nan ? 0n : float(text, width), nan: [nan] };
  }
  if (kind === 'v128.const') {
    const shape = String(items[1]);
    const lanes = LANES[shape] ?? 0;
    const width = 128 / lanes;
    let bits = 0n;
    const nan = items.slice(2).map((item, lane) => {
      const text = String(item);
      const wild = text === 'nan:canonical' || text === 'nan:arithmetic';
      if (!wild)
        bits |=
          (shape.startsWith('f') ? float(text, width) : integer(text, width)) <<
          BigInt(lane * width);
      return wild ? text : undefined;
    });
    return { ...base, type: 'v128', bits, nan, lanes };
  }
  if (kind === 'ref.extern' || kind === 'ref.host') {
    return {
      ...base,
      type: 'externref',
      bits: 0n,
      ref: items[1] === undefined ? undefined : host(String(items[1])),
    };
  }
  if (kind === 'ref.null')
    return { ...base, type: items[1] === 'extern' ? 'externref' : 'funcref', bits: 0n, ref: null };
  if (isList(node) && kind.startsWith('ref.')) return { ...base, type: kind, bits: 0n };
  throw new Error(`unknown value ${kind}`);
}

function integer(text: string, width: number): bigint {
  const plain = text.replaceAll('_', '');
  const negative = plain.startsWith('-');
  const magnitude = BigInt(plain.replace(/^[-+]/, ''));
  return BigInt.asUintN(width, negative ? -magnitude : magnitude);
}

const view = new DataView(new ArrayBuffer(8));

function float(text: string, width: number): bigint {
  const plain = text.replaceAll('_', '');
  const sign = plain.startsWith('-') ? 1n : 0n;
  const body = plain.replace(/^[-+]/, '');
  const top = sign << BigInt(width - 1);
  const infinity = width === 32 ? 0x7f800000n : 0x7ff0000000000000n;
  if (body === 'inf') return top | infinity;
  if (body === 'nan') return top | infinity | (width === 32 ? 0x400000n : 0x8000000000000n);
  if (body.startsWith('nan:')) return top | infinity | BigInt(body.slice(4));
  return top | (body.startsWith('0x') ? hexFloat(body, width) : decimal(body, width));
}

function decimal(body: string, width: number): bigint {
  if (width === 64) {
    view.setFloat64(0, Number(body));
    return view.getBigUint64(0);
  }
  view.setFloat32(0, singleOf(body));
  return BigInt(view.getUint32(0));
}

/** Rounds a decimal once, to single precision: through double it could be rounded twice. */
function singleOf(body: string): number {
  const near = Number(body);
  const single = Math.fround(near);
  if (single === near || !Number.isFinite(single)) return single;
  const [mantissa = '', exponent = '0'] = body.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = Number(exponent) - fraction.length;
  const exact = BigInt(whole + fraction) * (scale > 0 ? 10n ** BigInt(scale) : 1n);
  const divisor = scale < 0 ? 10n ** BigInt(-scale) : 1n;
  return nearest(exact, divisor, single);
}

function nearest(numerator: bigint, divisor: bigint, guess: number): number {
  view.setFloat32(0, guess);
  const bits = view.getUint32(0);
  let best = guess;
  let bestError: [bigint, bigint] | undefined;
  for (const candidate of [bits - 1, bits, bits + 1]) {
    if (candidate < 0) continue;
    view.setUint32(0, candidate);
    const value = view.getFloat32(0);
    const [n, d] = fraction(value);
    const difference = numerator * d - n * divisor;
    const error: [bigint, bigint] = [difference < 0n ? -difference : difference, d * divisor];
    const closer = bestError === undefined ? 1n : bestError[0] * error[1] - error[0] * bestError[1];
    if (closer > 0n || (closer === 0n && candidate % 2 === 0)) {
      best = value;
      bestError = error;
    }
  }
  return best;
}

function fraction(value: number): [bigint, bigint] {
  let scaled = value;
  let shift = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return [BigInt(scaled), 1n << shift];
}

function hexFloat(body: string, width: number): bigint {
  const [mantissa = '', exponent = '0'] = body.slice(2).toLowerCase().split('p');
  const [whole = '', part = ''] = mantissa.split('.');
  let value = BigInt(`0x${whole}${part}`);
  if (value === 0n) return 0n;
  const fractionBits = width === 32 ? 23 : 52;
  const bias = width === 32 ? 127 : 1023;
  const length = value.toString(2).length;
  let e = Number(exponent) - part.length * 4 + length - 1;
  const smallest = 1 - bias;
  const keep = fractionBits + 1 - Math.max(0, smallest - e);
  const drop = length - keep;
  if (drop > 0) {
    const half = 1n << BigInt(drop - 1);
    const rest = value & ((1n << BigInt(drop)) - 1n);
    value >>= BigInt(drop);
    if (rest > half || (rest === half && value & 1n)) value++;
  } else value <<= BigInt(-drop);
  if (e < smallest) return value;
  if (value >> BigInt(fractionBits + 1)) {
    value >>= 1n;
    e++;
  }
  return (BigInt(e + bias) << BigInt(fractionBits)) | (value & ((1n << BigInt(fractionBits)) - 1n));
}

/** Whether a result is what the script expects. */
export function matches(expected: Value, type: string, actual: unknown): boolean {
  if (expected.anyOf !== undefined) return expected.anyOf.some((one) => matches(one, type, actual));
  if (expected.type === 'externref' || expected.type === 'funcref') {
    if (expected.ref === undefined) return actual !== null;
    return actual === expected.ref;
  }
  if (expected.type.startsWith('ref.')) return actual !== null;
  const width = 128 / expected.lanes / (type === 'v128' ? 1 : type.endsWith('64') ? 2 : 4);
  const mask = (1n << BigInt(width)) - 1n;
  for (let lane = 0; lane < expected.lanes; lane++) {
    const got = ((actual as bigint) >> BigInt(lane * width)) & mask;
    const want = (expected.bits >> BigInt(lane * width)) & mask;
    const nan = expected.nan[lane];
    if (nan === undefined ? got !== want : !isNan(got, width, nan)) return false;
  }
  return true;
}

function isNan(bits: bigint, width: number, kind: string): boolean {
  const quiet = width === 32 ? 0x7fc00000n : 0x7ff8000000000000n;
  const magnitude = bits & ((1n << BigInt(width - 1)) - 1n);
  return kind === 'nan:canonical' ? magnitude === quiet : (magnitude & quiet) === quiet;
}
