import { SkillError } from '../../errors.ts';
import type { Hook } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** A day of the week. */
export type Day = (typeof days)[number];

/** A span of the day, on some days of the week. */
export interface TimeWindow {
  /** Default: every day. A window over midnight belongs to the day on which it begins. */
  readonly days?: readonly Day[];
  /** `HH:MM`, on the clocks of the time zone; included. */
  readonly from: string;
  /** `HH:MM` up to `24:00`; not included. Before `from`: over midnight. */
  readonly to: string;
}

/** What {@link timeWindows} takes. */
export interface TimeWindowOptions {
  /** When calls pass; in no window, none does. */
  readonly windows: readonly TimeWindow[];
  /** IANA name, such as `Europe/Berlin`; `UTC`. There is no default: the machine's own may change. */
  readonly timeZone: string;
  /** Which tools it concerns, as patterns. Default: all. */
  readonly tools?: readonly string[];
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly now?: () => number;
}

/**
 * Calls pass only at certain times of the day, by the clocks of the time zone. Where clocks are put forward, times
 * that do not exist never come; where they are put back, the repeated hour is in the window both times.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function timeWindows(options: TimeWindowOptions): Hook {
  const { windows, timeZone, tools = ['*'], now = Date.now } = options;
  const concerns = toolMatcher(tools, 'tools');
  const clock = clockOf(timeZone);
  const checked = windows.map(readWindow);
  return {
    name: 'time-windows',
    before({ skill, tool }) {
      if (!concerns(skill, tool)) return { decision: 'allow' };
      const { day, minute } = clock(now());
      const isOpen = checked.some((window) => contains(window, day, minute));
      return isOpen
        ? { decision: 'allow' }
        : { decision: 'deny', reason: `it is outside of the times that are allowed (${timeZone})` };
    },
  };
}

interface CheckedWindow {
  readonly days: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

function readWindow({ days: names = days, from, to }: TimeWindow): CheckedWindow {
  const numbers = names.map((name) => days.indexOf(name));
  if (numbers.includes(-1) || numbers.length === 0) throw invalid(`days are ${days.join(', ')}`);
  const window = { days: new Set(numbers), from: minuteOf(from), to: minuteOf(to) };
  if (window.from === window.to || window.from === 1440) throw invalid(`${from} to ${to} is empty`);
  return window;
}

function contains({ days: on, from, to }: CheckedWindow, day: number, minute: number): boolean {
  if (from < to) return on.has(day) && minute >= from && minute < to;
  return (on.has(day) && minute >= from) || (on.has((day + 6) % 7) && minute < to);
}

function minuteOf(text: string): number {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  if (minute <= 1440 && Number(minutes) < 60) return minute;
  throw invalid(`${JSON.stringify(text)} is no time of the form HH:MM`);
}

function clockOf(timeZone: string): (time: number) => { day: number; minute: number } {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    throw invalid(`${JSON.stringify(timeZone)} is no time zone`);
  }
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const day = days.indexOf((parts.get('weekday') ?? '').toLowerCase() as Day);
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
  };
}

function invalid(what: string): SkillError {
  return new SkillError('INVALID_OPTIONS', `timeWindows: ${what}.`);
}
