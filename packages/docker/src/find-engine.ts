/** Which container engine there is, for whoever looks before a skill needs it. */
import { examineMachine } from './machine.ts';
import { connect, socketsOf } from './sockets.ts';

/** A container engine that answers, and gives what containers need. */
export interface ContainerEngine {
  /** Its Unix socket. */
  readonly socket: string;
  /** What stands around containers, by name. */
  readonly layers: readonly string[];
}

/**
 * Finds the container engine that {@link createDockerRuntime} would use.
 *
 * @param options `socket` as there; `requestTimeoutMs`: milliseconds for each request, by default 2 000
 * @throws SkillError ISOLATION_UNAVAILABLE where none answers, or it lacks what containers need
 */
export async function findContainerEngine(
  options: { readonly socket?: string; readonly requestTimeoutMs?: number } = {},
): Promise<ContainerEngine> {
  const { socket, requestTimeoutMs = 2000 } = options;
  const daemon = await connect(socketsOf(socket), requestTimeoutMs);
  const { layers } = await examineMachine(daemon);
  return { socket: daemon.socketPath, layers };
}
