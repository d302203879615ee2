/** What holds and who said so, for people and programs. */
import { SkillError, escapeText, settingKeys, settings, suggest } from '@skill-engine/engine';
import type { Contribution, SettingKey, Settings } from '@skill-engine/engine';
import { variableOf } from './settings.ts';
import { renderTable } from './table.ts';

/** @throws SkillError INVALID_OPTIONS */
export function settingKeyOf(text: string): SettingKey {
  const key = settingKeys.find((one) => one === text);
  if (key !== undefined) return key;
  const near = suggest(text, settingKeys);
  throw new SkillError(
    'INVALID_OPTIONS',
    `There is no setting ${JSON.stringify(text)}${near === undefined ? '.' : `; did you mean ${near}?`} Settings are: ${settingKeys.join(', ')}.`,
  );
}

/** `user file:line`, or the variable. */
function placeOf({ layer, source }: Contribution): string {
  return layer === 'environment' ? source.file : `${source.file}:${source.line}`;
}

export function explained(key: SettingKey, found: Settings) {
  const { meaning, otherwise, narrowing } = settings[key];
  return {
    key,
    value: found.get(key) ?? null,
    default: otherwise,
    meaning,
    narrowing,
    variable: variableOf(key),
    said: found.explain(key).map((one) => ({
      layer: one.layer,
      at: placeOf(one),
      value: one.value,
      counts: one.counts,
    })),
  };
}

const shown = (value: unknown): string =>
  escapeText(typeof value === 'string' ? value : JSON.stringify(value));

/** One setting at length. */
export function explainOne(key: SettingKey, found: Settings): string {
  const { value, meaning, said, variable, narrowing, default: otherwise } = explained(key, found);
  const lines = [
    `${key} = ${value === null ? `(nothing said: ${otherwise})` : shown(value)}`,
    meaning,
    '',
    ...said.map(
      (one) =>
        `  ${one.layer.padEnd(12)} ${escapeText(one.at)}: ${shown(one.value)}${one.counts ? '' : '  (without effect: it would not narrow)'}`,
    ),
    ...(said.length === 0 ? [`  ${'default'.padEnd(12)} ${otherwise}`] : []),
    '',
    `Project files, the environment (${variable}) and flags can only ${narrowing.replace(/^only /, 'move it ')}.`,
  ];
  return `${lines.join('\n')}\n`;
}

export function explainAll(found: Settings, width: number | undefined): string {
  const rows = settingKeys.map((key) => {
    const { value, said, default: otherwise } = explained(key, found);
    const from = said.filter(({ counts }) => counts).map(({ at }) => at);
    return [
      key,
      value === null ? otherwise : shown(value),
      from.length === 0 ? 'default' : escapeText(from.join(', ')),
    ];
  });
  return renderTable(
    [{ title: 'SETTING' }, { title: 'VALUE', flexible: true }, { title: 'FROM' }],
    rows,
    { width, paint: (text) => text },
  );
}
