/** From settings to what the engine takes. */
import type { Retention } from '../audit/retention.ts';
import type { EngineOptions } from '../engine-options.ts';
import type { Limits } from '../execution.ts';
import type { IsolationOptions } from '../isolate/level.ts';
import type { Hook } from '../policy/hook.ts';
import type { Runtime } from '../runtime.ts';
import { askBefore, rateLimits, readOnly, toolLists } from '../policy/hooks/index.ts';
import type { Settings } from './layers.ts';
import type { SettingKey } from './table.ts';

/** Settings as the engine takes them. */
export interface SettingsOptions {
  /** For `createEngine`. */
  readonly engine: Pick<
    EngineOptions,
    'auditKind' | 'auditRetention' | 'ceiling' | 'durability' | 'hooks' | 'isolation' | 'trust'
  >;
  /** For every load. */
  readonly load: { readonly limits: Partial<Limits>; readonly isolation: IsolationOptions };
  /** Runtimes beside WebAssembly that may be given to the engine. */
  readonly runtimes: readonly Runtime['kind'][];
  /** What `prune` keeps, and the engine's own store by itself; `undefined` where nothing is to be removed. */
  readonly retention: Retention | undefined;
}

/** Give both parts to the engine: limits and a thread's isolation are matters of the load. */
export function settingsOptions(settings: Settings): SettingsOptions {
  const ceiling = settings.get('ceiling');
  const level = settings.get('isolation.level') ?? 'process';
  const os = settings.get('isolation.os');
  const retention = retentionOf(settings);
  return {
    engine: {
      auditKind: settings.get('audit.store') ?? 'sqlite',
      ...(retention === undefined ? {} : { auditRetention: retention }),
      ...(ceiling === undefined ? {} : { ceiling }),
      durability: settings.get('audit.durability') ?? 'power',
      hooks: hooksOf(settings),
      isolation: { level, ...(os === undefined ? {} : { os }) },
      trust: { minimum: settings.get('trust.minimum') ?? 'untrusted' },
    },
    load: {
      limits: present(settings, {
        memoryBytes: 'limits.memory',
        fuel: 'limits.fuel',
        timeoutMs: 'limits.timeout',
        outputBytes: 'limits.output',
        diskBytes: 'limits.disk',
      }),
      isolation: { level },
    },
    runtimes: (['docker', 'native'] as const).filter(
      (kind) => settings.get(`runtimes.${kind}`) ?? true,
    ),
    retention,
  };
}

/** Who may not call at all is not counted, and nobody is asked about what is denied anyway. */
function hooksOf(settings: Settings): Hook[] {
  const allowed = settings.get('policy.allow_tools') ?? [];
  const deny = settings.get('policy.deny_tools') ?? [];
  const rules = settings.get('policy.rate') ?? [];
  const tools = settings.get('policy.ask_tools') ?? [];
  const bounds = [...(deny.length > 0 ? [{ deny }] : []), ...allowed.map((allow) => ({ allow }))];
  const lists = bounds.map((options, index) => ({
    ...toolLists(options),
    ...(index === 0 ? {} : { name: `tool-lists-${index}` }),
  }));
  return [
    ...lists,
    ...(settings.get('policy.read_only') === true ? [readOnly()] : []),
    ...(tools.length > 0 ? [askBefore({ tools })] : []),
    ...(rules.length > 0 ? [rateLimits({ rules })] : []),
  ];
}

function retentionOf(settings: Settings): Retention | undefined {
  const retention = present(settings, {
    maxAgeMs: 'audit.retention.max_age',
    maxRecords: 'audit.retention.max_records',
    maxBytes: 'audit.retention.max_bytes',
  });
  return Object.keys(retention).length > 0 ? retention : undefined;
}

function present<K extends string>(
  settings: Settings,
  keys: Readonly<Record<K, SettingKey>>,
): Partial<Record<K, number>> {
  const entries = Object.entries<SettingKey>(keys).flatMap(([name, key]) => {
    const value = settings.get(key);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries) as Partial<Record<K, number>>;
}
