/** Texts that the command line only names: `@file`, `-` for standard input. */
import { open } from 'node:fs/promises';
import { parseParametersJson, SkillError } from '@skill-engine/engine';
import type { JsonValue } from '@skill-engine/engine';
import type { Shell } from './shell.ts';

/** Longest text that is read for one parameter or for all of them. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The value of `--params`: JSON itself, `@file`, or `-`. */
export async function readParams(text: string, shell: Shell): Promise<JsonValue> {
  const source =
    text === '-'
      ? await readStdin(shell)
      : text.startsWith('@')
        ? await readText(text.slice(1))
        : text;
  try {
    return parseParametersJson(source);
  } catch (cause) {
    const where =
      text === '-' ? 'standard input' : text.startsWith('@') ? text.slice(1) : 'its value';
    const { code, details = {} } = SkillError.from(cause);
    throw new SkillError(code, `--params is not JSON: ${where}`, { cause, details });
  }
}

/** A file's text, or standard input's for `-`. */
export function readSource(path: string, shell: Shell): Promise<string> {
  return path === '-' ? readStdin(shell) : readText(path);
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      return await collect(file.createReadStream({ autoClose: false }), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof SkillError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('INVALID_OPTIONS', `${path} cannot be read: ${reason}.`, { cause });
  }
}

function readStdin(shell: Shell): Promise<string> {
  return collect(shell.stdin, 'standard input');
}

async function collect(stream: AsyncIterable<Uint8Array | string>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > MAX_BYTES) {
      throw new SkillError('INVALID_OPTIONS', `${name} has more than ${MAX_BYTES} bytes.`);
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new SkillError('INVALID_OPTIONS', `${name} is not UTF-8 text.`, { cause });
  }
}
