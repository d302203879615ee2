/** Amounts as they are written on the command line, and as they are shown. */
import { SkillError } from '@skill-engine/engine';

const sizes: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

function refuse(flag: string, text: string, allowed: string): never {
  throw new SkillError('INVALID_OPTIONS', `--${flag} is ${JSON.stringify(text)}; ${allowed}.`);
}

/** Bytes: digits and `K`, `M` or `G` (powers of 1024), with an optional `B` or `iB`. */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d{1,15})(?:([KMG])(?:i?B)?|B)?$/.exec(text);
  const bytes = match ? Number(match[1]) * (sizes[match[2] ?? ''] ?? 1) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  return refuse(flag, text, 'a size is needed, such as 65536, 512K, 64M or 1G');
}

/** A whole number; `_` may stand between digits. */
export function parseCount(flag: string, text: string): number {
  const count = /^\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  return refuse(flag, text, 'a whole number is needed, such as 1000000 or 1_000_000');
}

/** Seconds, with an optional fraction; the result is in whole milliseconds, at least one. */
export function parseSeconds(flag: string, text: string): number {
  const ms = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  if (ms >= 1) return ms;
  return refuse(flag, text, 'a number of seconds is needed, such as 30 or 0.5');
}

const durations: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** An instant: ISO 8601, or an age such as `90s`, `30m`, `2h`, `7d`, `4w`. */
export function parseInstant(flag: string, text: string, now: number): Date {
  const age = /^(\d{1,6})([smhdw])$/.exec(text);
  if (age) return new Date(now - Number(age[1]) * (durations[age[2] ?? ''] ?? 0));
  const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
  const date = new Date(iso.test(text) ? text : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  return refuse(
    flag,
    text,
    'a date such as 2026-01-31 or 2026-01-31T09:30:00Z is needed, or an age such as 30m, 2h or 7d',
  );
}

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

/** `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function showAge(ms: number): string {
  if (ms < 60_000) return ms < 2000 ? 'just now' : `${Math.floor(ms / 1000)} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${Math.floor(ms / 86_400_000)} d ago`;
}

/** `512 B`, `1.5 KiB`, `64 MiB`. */
export function showSize(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let at = 0;
  while (value >= 1024 && at < names.length - 1) {
    value /= 1024;
    at += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${names[at]}`;
}

/** `1,234,567`. */
export function showCount(count: number): string {
  return count.toLocaleString('en-US');
}
