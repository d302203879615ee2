/** What a container's end means. */
import { parseParametersJson, SkillError, type JsonValue } from '@skill-engine/engine';

export interface End {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const mostOfStderr = 4096;

/** Standard output of a container that ended well: its JSON, else its text without the last line break. */
export function valueOf(stdout: string): JsonValue {
  try {
    return parseParametersJson(stdout);
  } catch {
    return stdout.replace(/\r?\n$/, '');
  }
}

export function failureOf({ exitCode, outOfMemory, stderr }: End, memoryBytes: number): SkillError {
  if (outOfMemory) {
    return new SkillError(
      'MEMORY_LIMIT',
      `The container used more than its ${memoryBytes} bytes of memory and was ended.`,
      { details: { limit: memoryBytes, exitCode } },
    );
  }
  const said = stderr.trim();
  const last = said.slice(said.lastIndexOf('\n') + 1).slice(0, 500);
  // Not every engine knows why the kernel killed it.
  const why = exitCode === 137 ? ' (killed, as it is where memory runs out)' : '';
  return new SkillError(
    'TOOL_FAILED',
    `The container ended with exit code ${exitCode}${why}${last === '' ? '.' : `: ${last}`}`,
    { details: { exitCode, stderr: said.slice(-mostOfStderr) } },
  );
}
