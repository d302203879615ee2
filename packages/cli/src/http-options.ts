/** Where `skill serve --http` listens, and for whom. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { SkillError, escapeText } from '@skill-engine/engine';
import type { McpHttpOptions } from '@skill-engine/mcp';
import { type CommandLine, usage } from './args.ts';
import type { Shell } from './shell.ts';

const PORT = 8420;

/** HOST:PORT, HOST:, :PORT or PORT, and never a path. */
export const addressForm = /^(?:(?:\[[^\]/]+\]|[^:/[\]]*):\d*|\d+)$/;

const forms = `it is HOST:PORT, :PORT or PORT, such as 127.0.0.1:${PORT} or [::1]:${PORT}`;

/** What follows a bare `--http` and is not of the form is a SKILL. If it is none either, it was most likely an address. */
export function noAddress(text: string, error: unknown): unknown {
  if (SkillError.from(error).code !== 'SKILL_NOT_FOUND') return error;
  return usage(
    'serve',
    `${JSON.stringify(text)} after --http is no SKILL, and no address for --http: ${forms}`,
  );
}

const variable = 'SKILL_ENGINE_HTTP_TOKEN';

/** More is no token. */
const LONGEST = 4096;

export interface HttpOptions extends Pick<McpHttpOptions, 'host' | 'port' | 'token'> {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** What the operator should know of this way to listen. */
  readonly notes: readonly string[];
}

/**
 * `undefined` without `--http`.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export async function httpOptions(
  line: CommandLine,
  shell: Shell,
): Promise<HttpOptions | undefined> {
  if (!line.has('http')) {
    const alone = ['token-file', 'allow-host', 'allow-origin'].find((flag) => line.has(flag));
    if (alone !== undefined) throw usage('serve', `--${alone} is for --http`);
    return undefined;
  }
  const { host, port } = readAddress(line.one('http') ?? '');
  const token = await readToken(line.one('token-file'), shell);
  return {
    host,
    port,
    ...(token === undefined ? {} : { token }),
    allowedHosts: line.all('allow-host'),
    allowedOrigins: line.all('allow-origin').map(readOrigin),
    notes: [
      token === undefined
        ? `every program and every user of this machine can call these tools; ${variable} or --token-file sets a token`
        : 'the token and what is called travel as they are; for other machines, put a proxy that speaks TLS before this',
    ],
  };
}

function readAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = '', port = '', alone = ''] =
    /^(?:(?:\[([^\]]+)\]|([^:]*)):(\d*)|(\d*))$/.exec(text) ?? [];
  const number = Number(port || alone || PORT);
  if (!(text === '' || addressForm.test(text)) || number > 65_535) {
    throw usage('serve', `--http is ${JSON.stringify(text)}; ${forms}`);
  }
  return { host: bracketed ?? (plain || '127.0.0.1'), port: number };
}

/** As browsers write it, for it is compared as text. */
function readOrigin(text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  if (origin === text) return text;
  const meant = origin === 'null' ? 'such as https://app.example' : `as in ${origin}`;
  throw usage(
    'serve',
    `--allow-origin is ${JSON.stringify(text)}; it is scheme, host and port, ${meant}`,
  );
}

/** Never from the command line, which every user of the machine can read. */
async function readToken(file: string | undefined, shell: Shell): Promise<string | undefined> {
  const given = shell.environment[variable];
  if (file === undefined) return given;
  if (given !== undefined) throw usage('serve', `--token-file and ${variable} are both given`);
  const refuse = (why: string, cause?: unknown) =>
    new SkillError('INVALID_OPTIONS', `--token-file ${escapeText(file)} is not read: ${why}`, {
      cause,
    });
  try {
    // Not waiting for the other end of a named pipe.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) throw refuse('it is no file');
    if (process.getuid !== undefined && (facts.mode & 0o007) !== 0) {
      throw refuse(`every user of this machine may; chmod 600 ${escapeText(file)}`);
    }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1);
    if (bytesRead > LONGEST) throw refuse(`it has more than ${LONGEST} bytes`);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch (error) {
    throw error instanceof SkillError ? error : refuse((error as Error).message, error);
  }
}
