/** From the text of a configuration file, or of one variable, to values of the closed table. */
import { SkillError } from '../errors.ts';
import { invalid, Place, spanned, type Form, type Spanned } from '../manifest/form.ts';
import { table } from '../manifest/form-compound.ts';
import type { Node, ScalarNode } from '../manifest/node.ts';
import { Report } from '../manifest/problem.ts';
import { parseToml } from '../manifest/toml.ts';
import type { TableNode } from '../manifest/node.ts';
import { settingKeys, settings, type SettingKey } from './table.ts';

/** What one place says: values by key, each with where it stands. */
export type ReadValues = ReadonlyMap<SettingKey, Spanned<unknown>>;

const file: Form<unknown> = tableOf(settingKeys.map((key) => [key.split('.'), key] as const));

/** The dotted keys as nested tables. */
function tableOf(entries: readonly (readonly [readonly string[], SettingKey])[]): Form<unknown> {
  const groups = Map.groupBy(entries, ([[first = '']]) => first);
  const fields = [...groups].map(([name, members]): [string, Form<unknown>] => {
    const [[path, key]] = members as [(typeof members)[number]];
    const form =
      path.length === 1
        ? spanned(settings[key].form as Form<unknown>)
        : tableOf(members.map(([rest, one]) => [rest.slice(1), one]));
    return [name, form];
  });
  return table(Object.fromEntries(fields));
}

/**
 * Reads a configuration file.
 *
 * @param content bytes or text of a configuration file (TOML)
 * @param options.file what errors call it
 * @throws SkillError SETTINGS_INVALID; `details.problems` lists everything that is wrong, with its position
 */
export function readSettings(
  content: string | Uint8Array,
  options: { readonly file: string },
): ReadValues {
  const report = new Report(options.file);
  const read = file.read(toml(content, options.file), new Place(report, ''));
  if (read === invalid || report.failed) throw report.error('SETTINGS_INVALID');
  const values = settingKeys.flatMap((key) => {
    const value = key
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], read);
    return value === undefined ? [] : [[key, value as Spanned<unknown>] as const];
  });
  return new Map(values);
}

/**
 * One setting as a variable or a flag writes it: texts, numbers, `true` and `false` plainly; lists with commas between
 * their entries; anything beginning with `[` or `{` as in TOML.
 *
 * @param label what errors call the place
 * @throws SkillError SETTINGS_INVALID
 */
export function readSetting(key: SettingKey, text: string, label: string): ReadValues {
  const report = new Report(label);
  const form = spanned(settings[key].form as Form<unknown>);
  const value = form.read(nodeOf(text.trim(), form, label), new Place(report, key));
  if (value === invalid || report.failed) throw report.error('SETTINGS_INVALID');
  return new Map([[key, value]]);
}

function nodeOf(text: string, form: Form<unknown>, label: string): Node {
  const at = { line: 1, column: 1 };
  if (/^[[{]/.test(text)) {
    const root = toml(`value = ${text}`, label);
    const [first, ...more] = [...root.entries.values()];
    if (first !== undefined && more.length === 0) return first.value;
  }
  const plain = (value: string): ScalarNode => ({ kind: 'string', at, value });
  if (form.schema['type'] === 'array') {
    const items = text.split(',').map((item) => plain(item.trim()));
    return { kind: 'array', at, items };
  }
  if (text === 'true' || text === 'false') return { kind: 'boolean', at, value: text === 'true' };
  if (/^\d{1,16}$/.test(text)) return { kind: 'integer', at, value: Number(text), text };
  if (/^\d{1,9}\.\d{1,9}$/.test(text)) return { kind: 'float', at, value: Number(text), text };
  return plain(text);
}

function toml(content: string | Uint8Array, label: string): TableNode {
  try {
    return parseToml(content, label);
  } catch (error) {
    if (!(error instanceof SkillError) || error.code !== 'MANIFEST_SYNTAX') throw error;
    throw new SkillError('SETTINGS_INVALID', error.message, { details: { ...error.details } });
  }
}
