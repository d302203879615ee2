import type { SQLInputValue } from 'node:sqlite';
import type { Selection } from './filter.ts';

/** The conditions of a selection, on an intent `i` and its outcome `o`. */
export function conditionsOf(selection: Selection): {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
} {
  const conditions = ["i.kind = 'intent'"];
  const values: SQLInputValue[] = [];
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add(selection.order === 'oldest' ? 'i.seq > ?' : 'i.seq < ?', selection.before);
  add('i.skill = ?', selection.skill);
  add('i.tool = ?', selection.tool);
  add('i.user = ?', selection.user);
  add('i.timestamp_ms >= ?', selection.since);
  add('i.timestamp_ms < ?', selection.until);
  if (selection.status === 'running') {
    conditions.push('i.execution_id IN (SELECT execution_id FROM running)');
  } else {
    add('o.status = ?', selection.status);
  }
  return { where: conditions.join(' AND '), values };
}
