/** An engine that is killed while a container runs: `node run-forever.ts SOCKET SCRIPT`. */
import { open, run, scripted } from './skill.ts';

const [socket = '', script = ''] = process.argv.slice(2);
const session = await open(socket, `image = "plain"\n${scripted}`);
setInterval(() => console.log('running'), 20);
await run(session, { script });
