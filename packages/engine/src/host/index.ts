/** Everything that a component may import, for one invocation. Interfaces come to life when glue asks for them. */
import { createCli, type CliConfig } from './cli.ts';
import { createClocks } from './clocks.ts';
import { createConfig } from './config.ts';
import { createFilesystem } from './filesystem.ts';
import { createHttp } from './http.ts';
import { InputStream, IoError, OutputStream, Pollable, poll } from './io.ts';
import { createRandom } from './random.ts';
import type { HostSession } from './session.ts';
import { createSockets } from './sockets.ts';

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

export interface HostConfig extends CliConfig {
  /** Handle at the broker, and path, of each granted directory. */
  readonly preopens: readonly (readonly [number, string])[];
  /** Configuration values by name. */
  readonly config: readonly (readonly [string, string])[];
}

/** Import object for jco's glue; keys carry no version (glue merges the 0.2 versions of an interface). */
export function createHost(session: HostSession, config: HostConfig): Record<string, unknown> {
  const cli = once(() => createCli(session, config));
  const clocks = once(() => createClocks(session));
  const random = once(() => createRandom(session));
  const filesystem = once(() => createFilesystem(session, config.preopens));
  const sockets = once(() => createSockets(session));
  const http = once(() => createHttp(session));
  const values = once(() => createConfig(session, config.config));
  const interfaces: Record<string, () => unknown> = {
    'wasi:cli/environment': () => cli().environment,
    'wasi:cli/exit': () => cli().exit,
    'wasi:cli/stdin': () => cli().stdin,
    'wasi:cli/stdout': () => cli().stdout,
    'wasi:cli/stderr': () => cli().stderr,
    'wasi:cli/terminal-input': () => cli().terminalInput,
    'wasi:cli/terminal-output': () => cli().terminalOutput,
    'wasi:cli/terminal-stdin': () => cli().terminalStdin,
    'wasi:cli/terminal-stdout': () => cli().terminalStdout,
    'wasi:cli/terminal-stderr': () => cli().terminalStderr,
    'wasi:clocks/monotonic-clock': () => clocks().monotonicClock,
    'wasi:clocks/wall-clock': () => clocks().wallClock,
    'wasi:config/store': values,
    'wasi:config/runtime': values,
    // The flat world imports functions, which glue takes as `default`.
    'get-config': () => ({ default: values().get }),
    'get-all-config': () => ({ default: values().getAll }),
    'wasi:filesystem/preopens': () => filesystem().preopens,
    'wasi:filesystem/types': () => filesystem().types,
    'wasi:http/types': () => http().types,
    'wasi:http/outgoing-handler': () => http().outgoingHandler,
    'wasi:io/error': () => ({ Error: IoError }),
    'wasi:io/poll': () => ({ Pollable, poll }),
    'wasi:io/streams': () => ({ InputStream, OutputStream }),
    'wasi:random/random': () => random().random,
    'wasi:random/insecure': () => random().insecure,
    'wasi:random/insecure-seed': () => random().insecureSeed,
    'wasi:sockets/instance-network': () => sockets().instanceNetwork,
    'wasi:sockets/ip-name-lookup': () => sockets().ipNameLookup,
    'wasi:sockets/network': () => sockets().network,
    'wasi:sockets/tcp': () => sockets().tcp,
    'wasi:sockets/tcp-create-socket': () => sockets().tcpCreateSocket,
    'wasi:sockets/udp': () => sockets().udp,
    'wasi:sockets/udp-create-socket': () => sockets().udpCreateSocket,
  };
  const imports: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, make] of Object.entries(interfaces)) {
    Object.defineProperty(imports, name, { get: make, enumerable: true });
  }
  return imports;
}
