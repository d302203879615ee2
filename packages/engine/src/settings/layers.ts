/** Layers of settings: the operator's own sets, every further one can only narrow. Pure. */
import type { SourceSpan } from '../manifest/types.ts';
import type { ReadValues } from './read.ts';
import type { Setting } from './setting.ts';
import { settingKeys, settings, type SettingKey, type SettingValue } from './table.ts';

/** What one place says, and how far it may go. */
export interface SettingsLayer {
  /** Such as `user`, `project`, `environment`. */
  readonly name: string;
  /** `set`: the operator's own, which may say anything. `narrow`: what it says counts only where it is stricter. */
  readonly may: 'set' | 'narrow';
  readonly values: ReadValues;
}

/** What one layer said about one setting. */
export interface Contribution {
  /** Name of the layer. */
  readonly layer: string;
  readonly source: SourceSpan;
  /** What it says, as it was read. */
  readonly value: unknown;
  /** False where it would not have narrowed. */
  readonly counts: boolean;
}

/** What holds, and why. Made by {@link combineSettings}. */
export interface Settings {
  /** What holds in the end; `undefined` where nobody said anything and there is no initial value. */
  get<K extends SettingKey>(key: K): SettingValue<K> | undefined;
  /** What every layer said, in order. */
  explain(key: SettingKey): readonly Contribution[];
}

/**
 * What layers say together.
 *
 * @param layers from the lowest; the order of those that narrow makes no difference to what holds
 */
export function combineSettings(layers: readonly SettingsLayer[]): Settings {
  const combined = new Map(settingKeys.map((key) => [key, combine(key, layers)]));
  return {
    get: <K extends SettingKey>(key: K) => combined.get(key)?.value as SettingValue<K> | undefined,
    explain: (key) => combined.get(key)?.contributions ?? [],
  };
}

function combine(key: SettingKey, layers: readonly SettingsLayer[]) {
  const { initial, narrow } = settings[key] as Setting<unknown>;
  let value = initial;
  const contributions: Contribution[] = [];
  for (const { name, may, values } of layers) {
    const said = values.get(key);
    if (said === undefined) continue;
    const next = may === 'set' ? said.value : narrow(value, said.value);
    const counts = may === 'set' || JSON.stringify(next) !== JSON.stringify(value);
    contributions.push({ layer: name, source: said.source, value: said.value, counts });
    value = next;
  }
  return { value, contributions };
}
