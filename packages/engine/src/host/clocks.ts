/** wasi:clocks. Sleeping blocks the isolate; the time limit ends a sleep that is too long. */
import { Pollable } from './io.ts';
import type { HostSession } from './session.ts';

const U64_MAX = 0xffff_ffff_ffff_ffffn;

export function createClocks(session: HostSession) {
  const now = () => {
    session.enter();
    return session.monotonicNow();
  };
  return {
    monotonicClock: {
      now,
      resolution() {
        session.enter();
        return 1_000n;
      },
      subscribeInstant(instant: bigint) {
        session.enter();
        return Pollable.at(session, instant);
      },
      subscribeDuration(duration: bigint) {
        const deadline = now() + duration;
        return Pollable.at(session, deadline > U64_MAX ? U64_MAX : deadline);
      },
    },
    wallClock: {
      now() {
        session.enter();
        const milliseconds = session.wallNow();
        return {
          seconds: BigInt(Math.floor(milliseconds / 1000)),
          nanoseconds: Math.floor(milliseconds % 1000) * 1_000_000,
        };
      },
      resolution() {
        session.enter();
        return { seconds: 0n, nanoseconds: 1_000_000 };
      },
    },
  };
}
