/** Long text on a terminal goes through the reader's pager. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Shell, write } from './shell.ts';

/**
 * `$PAGER`, else `less`, for what is longer than the terminal, only where standard output is this process's own
 * terminal; anywhere else, and where there is no pager, the text as it is.
 */
export async function page(text: string, shell: Shell): Promise<void> {
  const { stdout, environment } = shell;
  const rows = process.stdout.rows;
  const isLong = rows !== undefined && text.split('\n').length > rows;
  const command = environment['PAGER'] ?? 'less';
  if (stdout !== process.stdout || !isLong || command === '' || command === 'cat') {
    return write(stdout, text);
  }
  // The command comes from the operator's own environment and may have arguments, as for git and man.
  const pager = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', ...environment },
  });
  // It ends when its reader has seen enough.
  pager.stdin.on('error', () => undefined);
  pager.stdin.end(text);
  const [code] = (await once(pager, 'close')) as [number | null];
  if (code === 127) await write(stdout, text);
}
