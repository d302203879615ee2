/** The closed table of settings. `docs/reference/configuration.md` has a row for each; a test holds both together. */
import type { AuditKind } from '../audit/kind.ts';
import { mapped, type Form } from '../manifest/form.ts';
import { flag, integer, oneOf } from '../manifest/form-scalar.ts';
import { disk, fuel, memory, output, size, timeout } from '../manifest/resources.ts';
import type { RateRule } from '../policy/hooks/rate-limits.ts';
import { age, ceiling, patterns, rates } from './forms.ts';
import { add, fixed, keepMore, lower, stricterOf, type Setting } from './setting.ts';

const alone = <T>(form: Form<T>): Form<readonly T[]> => mapped(form, (value) => [value]);

const limit = (form: Form<number>, what: string): Setting<number> => ({
  form,
  meaning: `The most ${what} that one invocation gets, whatever its manifest says.`,
  otherwise: "the manifest's",
  ...lower,
});

/** Every setting: its form, its default, what it does, and how it narrows. */
export const settings = {
  'audit.store': {
    form: oneOf(['sqlite', 'jsonl']),
    meaning:
      'Which store records: a database for many processes, or JSON lines, for one process at a time and for shipping to a log system.',
    initial: 'sqlite',
    otherwise: 'sqlite',
    ...fixed(),
  } as Setting<AuditKind>,
  'audit.durability': {
    form: oneOf(['process', 'power']),
    meaning:
      'What records survive: the end of the process, or a power failure too (one sync for each commit).',
    initial: 'power',
    otherwise: 'power',
    ...stricterOf(['process', 'power']),
  } as Setting<'process' | 'power'>,
  'audit.retention.max_age': {
    form: age,
    meaning: 'Removes invocations that are older from the audit record.',
    otherwise: 'kept',
    ...keepMore,
  } as Setting<number>,
  'audit.retention.max_records': {
    form: integer(0, Number.MAX_SAFE_INTEGER),
    meaning: 'Keeps so many of the newest invocations in the audit record.',
    otherwise: 'kept',
    ...keepMore,
  } as Setting<number>,
  'audit.retention.max_bytes': {
    form: size(0, Number.MAX_SAFE_INTEGER),
    meaning: 'Keeps the newest entries of the audit record, of together so many bytes.',
    otherwise: 'kept',
    ...keepMore,
  } as Setting<number>,
  'isolation.level': {
    form: oneOf(['thread', 'process']),
    meaning: 'Where guests run; `thread` takes effect for the trust level `trusted` only.',
    initial: 'process',
    otherwise: 'process',
    ...stricterOf(['thread', 'process']),
  } as Setting<'thread' | 'process'>,
  'isolation.os': {
    form: oneOf(['off', 'preferred', 'required']),
    meaning: 'Layers of the operating system around guests.',
    otherwise: 'preferred; required for untrusted skills',
    // Naming `preferred` lets untrusted skills off the layers: less strict than to say nothing.
    ...stricterOf(['off', 'preferred', 'required'], 1.5),
  } as Setting<'off' | 'preferred' | 'required'>,
  'runtimes.docker': {
    form: flag,
    meaning: 'Whether skills that are containers run, once they are accepted.',
    initial: true,
    otherwise: 'true',
    ...stricterOf([true, false]),
  } as Setting<boolean>,
  'runtimes.native': {
    form: flag,
    meaning:
      'Whether skills that are commands of this machine run, once they are accepted. They run outside of any sandbox.',
    initial: true,
    otherwise: 'true',
    ...stricterOf([true, false]),
  } as Setting<boolean>,
  'trust.minimum': {
    form: oneOf(['untrusted', 'third_party', 'trusted']),
    meaning: 'The lowest trust level that runs.',
    initial: 'untrusted',
    otherwise: 'untrusted',
    ...stricterOf(['untrusted', 'third_party', 'trusted']),
  } as Setting<'untrusted' | 'third_party' | 'trusted'>,
  ceiling: {
    form: alone(ceiling),
    meaning:
      'The most that any skill gets, in the forms of `[skills.capabilities]`; an absent area gives nothing.',
    otherwise: 'no such bound',
    ...add('add a further ceiling; each holds'),
  } as Setting<readonly Readonly<Record<string, unknown>>[]>,
  'policy.allow_tools': {
    form: alone(patterns),
    meaning: 'Only these tools may be called, as patterns `SKILL/TOOL`.',
    otherwise: 'all',
    ...add('add a further list; a tool must be on each'),
  } as Setting<readonly (readonly string[])[]>,
  'policy.deny_tools': {
    form: patterns,
    meaning: 'These tools may not be called; wins over `allow_tools`.',
    otherwise: 'none',
    ...add('add patterns'),
  } as Setting<readonly string[]>,
  'policy.ask_tools': {
    form: patterns,
    meaning: 'These tools ask on the terminal before each call; without one they are denied.',
    otherwise: 'none',
    ...add('add patterns'),
  } as Setting<readonly string[]>,
  'policy.read_only': {
    form: flag,
    meaning: 'Denies every tool whose skill could change something outside of itself.',
    initial: false,
    otherwise: 'false',
    ...stricterOf([false, true]),
  } as Setting<boolean>,
  'policy.rate': {
    form: rates,
    meaning: 'How often tools may be called within one process, as `skill serve` is.',
    otherwise: 'no bound',
    ...add('add rules; each holds'),
  } as Setting<readonly RateRule[]>,
  'limits.memory': limit(memory, 'linear memory (bytes)'),
  'limits.fuel': limit(fuel, 'fuel'),
  'limits.timeout': limit(timeout, 'time (seconds in the file)'),
  'limits.output': limit(output, 'output (bytes)'),
  'limits.disk': limit(disk, 'written data (bytes)'),
} as const;

/** A dotted key, such as `policy.read_only`. */
export type SettingKey = keyof typeof settings;

/** What a setting is in the program: bytes, milliseconds, lists. */
export type SettingValue<K extends SettingKey> =
  (typeof settings)[K] extends Setting<infer T> ? T : never;

/** The keys, in the order of the table. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[];
