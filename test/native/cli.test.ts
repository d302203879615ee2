/** Native skills on the command line. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Home } from '../cli/skill.ts';
import { Place } from './native.ts';

let home: Home;
let place: Place;
let folder: string;
beforeAll(() => {
  home = new Home();
  // The engine's own state is granted to nobody: the skill lies elsewhere.
  place = new Place();
  folder = place.skill;
  place.file('skill/docs/a.txt', 'a\n');
  place.file(
    'skill/skill.toml',
    `[skill]
name = "lister"
runtime = "native"
[skill.allowed_commands]
commands = ["ls", "wc"]
allowed_args = ["-l", "*"]
[skill.capabilities]
filesystem = ["read:docs"]
`,
  );
});
afterAll(() => {
  place.remove();
  home[Symbol.dispose]();
});

const digest = async (): Promise<string> => {
  const { stdout } = await home.run(['inspect', folder, '--json']);
  return (JSON.parse(stdout) as { digest: string }).digest;
};

it('skill run asks for consent, and runs the command', async () => {
  const params = ['--params', '{"command":"ls","args":["a.txt"]}'];
  const refused = await home.run(['run', folder, 'run', ...params]);
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  const { code, stdout, stderr } = await home.run([
    'run',
    folder,
    'run',
    ...params,
    '--accept',
    await digest(),
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('a.txt');
});

it('a denial has the lines that would allow it, and exit code 4', async () => {
  const params = '{"command":"wc","args":["-c","a.txt"]}';
  const { code, stderr } = await home.run([
    'run',
    folder,
    'run',
    '--params',
    params,
    '--accept',
    await digest(),
  ]);
  expect(code).toBe(4);
  expect(stderr).toContain('denied COMMAND_ARGUMENT: execute -c');
  expect(stderr).toContain('allowed_args = ["-l", "*", "-c"]');
});

it('skill inspect and lint know it', async () => {
  expect(await home.run(['inspect', folder])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('wc'),
  });
  expect((await home.run(['lint', folder])).code).toBe(0);
});
