import { describe, expect, it } from 'vitest';
import { createCli } from './cli.ts';
import { HostSession, type HostPowers } from './session.ts';

const encoder = new TextEncoder();

function open(stdin = '', output = 1000) {
  const written: string[] = [];
  const powers: HostPowers = {
    ask: () => {
      throw new Error('nothing here asks the broker');
    },
    output: (stream, bytes) => written.push(`${stream}:${new TextDecoder().decode(bytes)}`),
    monotonicNow: () => 0n,
    wallNow: () => 0,
    sleep: () => undefined,
    randomBytes: (length) => new Uint8Array(length),
    consume: () => undefined,
  };
  const session = new HostSession(powers, { fuel: '1000000', memory: 0, output, hostCalls: 20 });
  const config = { arguments: ['name'], environment: [], stdin: encoder.encode(stdin) };
  return { cli: createCli(session, config), written };
}

describe('standard streams', () => {
  it('are there again when a guest asks again, whatever it did with the handle before', () => {
    const { cli, written } = open('abcdef');
    for (const part of ['one', 'two']) {
      const stream = cli.stderr.getStderr();
      stream.blockingWriteAndFlush(encoder.encode(part));
      stream[Symbol.dispose]();
    }
    expect(written).toEqual(['2:one', '2:two']);
    const first = cli.stdin.getStdin();
    expect(first.read(2n)).toEqual(encoder.encode('ab'));
    first[Symbol.dispose]();
    expect(cli.stdin.getStdin().read(10n)).toEqual(encoder.encode('cdef'));
  });

  it('share one output budget over all handles', () => {
    const { cli, written } = open('', 4);
    cli.stdout.getStdout().blockingWriteAndFlush(encoder.encode('abc'));
    expect(() => cli.stdout.getStdout().blockingWriteAndFlush(encoder.encode('def'))).toThrow(
      'more than 4 bytes',
    );
    expect(() => cli.stderr.getStderr()).toThrow('more than 4 bytes');
    expect(written.join('')).toContain('d');
  });

  it('cost a host call each, so that asking for them without end ends', () => {
    const { cli } = open();
    expect(() => {
      for (;;) cli.stdout.getStdout();
    }).toThrow('more than 20 host calls');
  });
});
