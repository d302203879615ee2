/** `[skills.resources]`, also `limits`: sizes, budgets and rates. */
import { Refusal } from '../authority/refusal.ts';
import { byKind, described, mapped, type Form } from './form.ts';
import { table, type TableValue } from './form-compound.ts';
import { integer, number, parsedText } from './form-scalar.ts';
import { suggest } from './suggest.ts';
import type { RateLimit, ResourceLimits } from './types.ts';

const units = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;
const periods = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export const defaultResources: ResourceLimits = {
  memoryBytes: 64 * units.M,
  fuel: 10_000_000_000,
  timeoutMs: 30_000,
  outputBytes: units.M,
  diskBytes: 64 * units.M,
  cpu: undefined,
  concurrency: undefined,
  rate: undefined,
};

/** `64M`, `64MiB` and `64MB` are all 67 108 864 bytes; `undefined` for anything else. */
export function parseSize(text: string): number | Refusal {
  const shape = /^([0-9]{1,9})([KMG])(?:i?B)?$/.exec(text);
  if (shape !== null) return Number(shape[1]) * units[shape[2] as keyof typeof units];
  const near = /^([0-9]{1,9})\s*([kmg])(i?b)?$/i.exec(text);
  const instead = near === null ? undefined : `${near[1]}${near[2]?.toUpperCase()}`;
  return new Refusal(undefined, instead);
}

function sizeText(bytes: number): string {
  if (bytes % units.G === 0 && bytes > 0) return `${bytes / units.G}G`;
  if (bytes % units.M === 0 && bytes > 0) return `${bytes / units.M}M`;
  return bytes % units.K === 0 && bytes > 0 ? `${bytes / units.K}K` : String(bytes);
}

export function size(minimum: number, maximum: number): Form<number> {
  const allowed = `a size such as "64M" (K, M or G), from ${sizeText(minimum)} to ${sizeText(maximum)}, or a number of bytes`;
  const form: Form<number> = byKind({
    string: parsedText({
      allowed,
      schema: { pattern: '^[0-9]{1,9}[KMG](i?B)?$' },
      parse: parseSize,
    }),
    integer: { ...integer(0, Number.MAX_SAFE_INTEGER), allowed },
  });
  return mapped(form, (bytes, place, node) =>
    bytes >= minimum && bytes <= maximum ? bytes : place.wrong(node, allowed),
  );
}

function parseRate(text: string): RateLimit | Refusal {
  const shape = /^([1-9][0-9]{0,8})\/([a-z]+)$/.exec(text);
  const period = shape?.[2] ?? '';
  if (shape !== null && Object.hasOwn(periods, period)) {
    return { count: Number(shape[1]), perMs: periods[period as keyof typeof periods] };
  }
  const near = /^([1-9][0-9]{0,8})\s*(?:\/|per)\s*([a-z]+)$/i.exec(text);
  const short = { s: 'second', sec: 'second', m: 'minute', min: 'minute', h: 'hour', d: 'day' };
  const word = near?.[2]?.toLowerCase() ?? '';
  const meant = Object.hasOwn(short, word)
    ? short[word as keyof typeof short]
    : suggest(word, Object.keys(periods));
  const instead = near === null || meant === undefined ? undefined : `${near[1]}/${meant}`;
  return new Refusal(undefined, instead);
}

export const rate = parsedText({
  allowed: 'a rate such as "100/minute" (second, minute, hour or day)',
  schema: { pattern: '^[1-9][0-9]{0,8}/(second|minute|hour|day)$' },
  parse: parseRate,
});

const cpuAllowed = 'a number of processors such as "0.5", above 0 and at most 1024';
const cpuNumber = { ...number(0, 1024, '', true), allowed: cpuAllowed };
const cpu = byKind({
  string: parsedText({
    allowed: cpuAllowed,
    schema: { pattern: '^[0-9]+(\\.[0-9]+)?$' },
    parse(text) {
      const value = /^[0-9]{1,4}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : Number.NaN;
      return value > 0 && value <= 1024 ? value : new Refusal();
    },
  }),
  integer: cpuNumber,
  float: cpuNumber,
});

/** Seconds in the file, milliseconds in the program. */
export const timeout = mapped(number(0, 86_400, ' (seconds)', true), (seconds) =>
  Math.max(1, Math.round(seconds * 1000)),
);

const fields = {
  memory: described(size(64 * units.K, 16 * units.G), 'Total of all linear memories and tables.', {
    default: '64M',
  }),
  fuel: described(integer(1, Number.MAX_SAFE_INTEGER), 'Instruction budget of one invocation.', {
    default: defaultResources.fuel,
  }),
  timeout: described(timeout, 'Wall-clock seconds of one invocation.', { default: 30 }),
  output: described(size(1, units.G), 'Result, stdout and stderr together.', { default: '1M' }),
  disk: described(size(0, 1024 * units.G), 'Bytes that the invocation may write.', {
    default: '64M',
  }),
  cpu: described(cpu, 'Docker: number of processors. Without effect elsewhere.'),
  concurrency: described(integer(1, 10_000), 'Invocations of this skill at the same time.'),
  rate: described(rate, 'Invocations of this skill per period.'),
};

export const resources = table(fields);

/** The limits of one invocation. */
export const { memory, fuel, output, disk } = fields;

export type ResourceValues = TableValue<typeof fields, never>;

const keys = {
  memory: 'memoryBytes',
  fuel: 'fuel',
  timeout: 'timeoutMs',
  output: 'outputBytes',
  disk: 'diskBytes',
  cpu: 'cpu',
  concurrency: 'concurrency',
  rate: 'rate',
} as const satisfies Record<keyof typeof fields, keyof ResourceLimits>;

export function normaliseResources(values: ResourceValues | undefined): {
  readonly resources: ResourceLimits;
  readonly statedResources: readonly (keyof ResourceLimits)[];
} {
  const stated = Object.entries(values ?? {}).map(
    ([key, value]) => [keys[key as keyof typeof keys], value] as const,
  );
  return {
    resources: { ...defaultResources, ...(Object.fromEntries(stated) as Partial<ResourceLimits>) },
    statedResources: stated.map(([key]) => key),
  };
}
