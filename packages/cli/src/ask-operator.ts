/** Asks on the terminal what a policy wants to know. */
import { createInterface } from 'node:readline';
import { escapeText } from '@skill-engine/engine';
import type { AskRequest, OnAsk } from '@skill-engine/engine';
import { type Shell, say } from './shell.ts';

/** Of the parameters, in characters. */
const LONGEST = 2000;

/** Only a typed `yes` allows. One question after the other; a call that ends meanwhile is answered with no. */
export function askOperator(shell: Shell): OnAsk {
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const answer = last.then(() => (request.call.signal.aborted ? false : ask(request, shell)));
    last = answer.catch(() => undefined);
    return answer;
  };
}

async function ask({ hook, question, call }: AskRequest, shell: Shell): Promise<boolean> {
  const text = JSON.stringify(call.parameters);
  const shown =
    text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  await say(
    shell,
    `The policy ${hook} asks: ${escapeText(question)}\n  ${call.skill}/${call.tool} with ${escapeText(shown)}`,
  );
  const asking = createInterface({ input: shell.stdin, output: shell.stderr });
  return new Promise<boolean>((done) => {
    const settle = (answer: boolean): void => done(answer);
    asking.once('SIGINT', () => settle(false));
    asking.once('close', () => settle(false));
    call.signal.addEventListener('abort', () => settle(false), { once: true });
    asking.question('Type "yes" to allow it, anything else to refuse: ', (typed) =>
      settle(typed.trim() === 'yes'),
    );
  }).finally(() => asking.close());
}
