/** Asks on a terminal for what must not be seen: nothing is echoed, and nothing goes into a history. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Secret } from '@skill-engine/engine';
import { Interrupted, type Shell, say } from './shell.ts';

export function canAsk(shell: Shell): boolean {
  return shell.stdin.isTTY === true && shell.stderr.isTTY === true;
}

/** One line; `undefined` where nothing was typed. The end of the input (Ctrl-D) is nothing, too. */
export async function askHidden(question: string, shell: Shell): Promise<Secret | undefined> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({
    input: shell.stdin,
    output,
    terminal: true,
    historySize: 0,
    crlfDelay: Infinity,
  });
  try {
    await say(shell, `${question}\n`);
    const line = await new Promise<string>((resolve, reject) => {
      asking.once('line', resolve);
      asking.once('SIGINT', () => reject(new Interrupted('SIGINT')));
      asking.once('close', () => resolve(''));
    });
    return line === '' ? undefined : Secret.fromText(line);
  } finally {
    asking.close();
  }
}
