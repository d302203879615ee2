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
  const stdin = new InputStream(session, {
    read(length) {
      if (position >= config.stdin.length) throw CLOSED;
      const chunk = config.stdin.slice(position, position + length);
      position += chunk.length;
      return chunk;
    },
  });
  const output = (stream: 1 | 2) =>
    new OutputStream(session, { write: (bytes) => session.write(stream, bytes) });
  const stdout = output(1);
  const stderr = output(2);
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
    stdin: { getStdin: () => stdin },
    stdout: { getStdout: () => stdout },
    stderr: { getStderr: () => stderr },
    terminalInput: { TerminalInput },
    terminalOutput: { TerminalOutput },
    terminalStdin: { getTerminalStdin: absent },
    terminalStdout: { getTerminalStdout: absent },
    terminalStderr: { getTerminalStderr: absent },
  };
}
