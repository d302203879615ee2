import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sampleIntent, sampleOutcome } from '../audit/contract.ts';
import { auditStatuses } from '../audit/record.ts';
import { recordBounds } from '../audit/redact.ts';
import { checkedFormats } from './formats.ts';
import { defaultJsonLimits } from './json-limits.ts';
import { keywordKinds } from './keywords.ts';
import { isSensitiveName } from './sensitive.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../../docs/reference/${name}`, import.meta.url), 'utf8');
const spaced = (value: number): string =>
  value < 10_000 ? String(value) : value.toLocaleString('en').replaceAll(',', ' ');

test('the reference of parameters names every keyword, format and limit', () => {
  const page = read('parameters.md');
  const names = [...keywordKinds.keys(), ...Object.keys(checkedFormats)];
  expect(
    names.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}: `)),
  ).toEqual([]);
  expect(Object.values(defaultJsonLimits).filter((limit) => !page.includes(spaced(limit)))).toEqual(
    [],
  );
});

test('the reference of parameters lists words that are sensitive', () => {
  const list =
    /without regard to case and separators, ([^(]*)/.exec(read('parameters.md'))?.[1] ?? '';
  const words = [...list.matchAll(/`([a-z]+)`/g)].map((match) => match[1] as string);
  expect(words.length).toBeGreaterThanOrEqual(10);
  expect(words.filter((word) => !isSensitiveName(word))).toEqual([]);
});

test('the reference of the record names every field, status and bound', () => {
  const page = read('audit.md');
  const fields = Object.keys({ ...sampleIntent(), ...sampleOutcome('x') });
  expect([...fields, ...auditStatuses].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  expect(Object.values(recordBounds).filter((bound) => !page.includes(String(bound)))).toEqual([]);
});
