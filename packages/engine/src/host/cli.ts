/** wasi:cli: environment, exit, captured standard streams; no terminal is ever there. */
import { CLOSED, InputStream, OutputStream } from './io.ts';
import type { HostSession } from './session.ts';

export interface CliConfig {
  readonly environment: readonly (readonly [string, string])[];
  readonly arguments: readonly string[];
  readonly stdin: Uint8Array;
}

class TerminalInput {}
class TerminalOutput {}

export function createCli(session: HostSession, config: CliConfig) {
  let position = 0;
  const readInput = (length: number): Uint8Array => {
    if (position >= config.stdin.length) throw CLOSED;
    const chunk = config.stdin.slice(position, position + length);
    position += chunk.length;
    return chunk;
  };
  // A new handle each time: a guest may drop the one that it got before, and go on where it was.
  const input = (): InputStream => {
    session.enter();
    return new InputStream(session, { read: readInput });
  };
  const output = (stream: 1 | 2) => (): OutputStream => {
    session.enter();
    return new OutputStream(session, { write: (bytes) => session.write(stream, bytes) });
  };
  const absent = () => {
    session.enter();
    return undefined;
  };
  return {
    environment: {
      getEnvironment() {
        session.enter();
        return config.environment.map(([key, value]) => [key, value]);
      },
      getArguments() {
        session.enter();
        return [...config.arguments];
      },
      initialCwd() {
        session.enter();
        return '/';
      },
    },
    exit: {
      exit(status: { tag: 'ok' | 'err' }): never {
        session.enter();
        session.leave(status.tag === 'err' ? 1 : 0);
      },
      exitWithCode(code: number): never {
        session.enter();
        session.leave(code);
      },
    },
    stdin: { getStdin: input },
    stdout: { getStdout: output(1) },
    stderr: { getStderr: output(2) },
    terminalInput: { TerminalInput },
    terminalOutput: { TerminalOutput },
    terminalStdin: { getTerminalStdin: absent },
    terminalStdout: { getTerminalStdout: absent },
    terminalStderr: { getTerminalStderr: absent },
  };
}
