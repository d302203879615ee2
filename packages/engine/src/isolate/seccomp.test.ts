import { describe, expect, it } from 'vitest';
import { seccompFilter } from './seccomp.ts';

interface Call {
  readonly number: number;
  readonly architecture: number;
  readonly arguments?: readonly number[];
}

/** Runs a filter as the kernel does, for the instructions that it may contain. */
function decide(filter: Uint8Array, call: Call): number {
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [index, value] of (call.arguments ?? []).entries()) {
    data.setUint32(16 + 8 * index, value, true);
  }
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = program.getUint16(at, true);
    const value = program.getUint32(at + 4, true);
    const jump = (condition: boolean) => {
      at += 8 * program.getUint8(at + (condition ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.getUint32(value, true);
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x35) jump(accumulator >= value);
    else if (code === 0x45) jump((accumulator & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('ran off the end');
}

const ALLOW = 0x7fff_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const KILL = 0x8000_0000;

const CLONE_THREAD = 0x0001_0000;
const PTHREAD_FLAGS = 0x003d_0f00;
const SIGCHLD = 17;

const machines = {
  x64: {
    architecture: 0xc000_003e,
    allowed: {
      read: 0,
      write: 1,
      mmap: 9,
      writev: 20,
      futex: 202,
      epoll_wait: 232,
      tgkill: 234,
      execve: 59,
    },
    denied: {
      socket: 41,
      connect: 42,
      fork: 57,
      kill: 62,
      ptrace: 101,
      mount: 165,
      unshare: 272,
      bpf: 321,
      io_uring_setup: 425,
    },
    clone: 56,
    clone3: 435,
    ioctl: 16,
  },
  arm64: {
    architecture: 0xc000_00b7,
    allowed: { read: 63, write: 64, mmap: 222, writev: 66, futex: 98, tgkill: 131, execve: 221 },
    denied: {
      socket: 198,
      connect: 203,
      kill: 129,
      ptrace: 117,
      mount: 40,
      unshare: 97,
      bpf: 280,
      io_uring_setup: 425,
    },
    clone: 220,
    clone3: 435,
    ioctl: 29,
  },
};

describe.each(Object.entries(machines))('the filter for %s', (arch, machine) => {
  const filter = seccompFilter(arch);
  const { architecture } = machine;
  const verdict = (number: number, ...args: number[]) =>
    decide(filter, { number, architecture, arguments: args });

  it.each(Object.entries(machine.allowed))('lets %s pass', (_name, number) => {
    expect(verdict(number)).toBe(ALLOW);
  });

  it.each(Object.entries(machine.denied))('refuses %s', (_name, number) => {
    expect(verdict(number)).toBe(EPERM);
  });

  it('lets threads start, and neither processes nor namespaces', () => {
    expect(verdict(machine.clone, PTHREAD_FLAGS)).toBe(ALLOW);
    expect(verdict(machine.clone, SIGCHLD)).toBe(EPERM);
    for (let bit = 0x0002_0000; bit <= 0x4000_0000; bit *= 2) {
      if ((bit & 0x7e02_0000) === 0) continue;
      expect(verdict(machine.clone, CLONE_THREAD | bit)).toBe(EPERM);
    }
    expect(verdict(machine.clone3)).toBe(ENOSYS);
  });

  it('refuses keystrokes for a terminal, and no other control', () => {
    expect(verdict(machine.ioctl, 3, 0x5412)).toBe(EPERM);
    expect(verdict(machine.ioctl, 3, 0x541c)).toBe(EPERM);
    expect(verdict(machine.ioctl, 3, 0x5401)).toBe(ALLOW);
  });

  it('kills what speaks for another machine', () => {
    expect(decide(filter, { number: 0, architecture: 0x4000_0003 })).toBe(KILL);
    expect(verdict(0x4000_0000 + 41)).toBe(KILL);
  });
});

it('there is none for other machines', () => {
  expect(() => seccompFilter('s390x')).toThrow(RangeError);
  expect(() => seccompFilter('constructor')).toThrow(RangeError);
});
