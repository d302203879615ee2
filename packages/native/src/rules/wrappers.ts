/** Commands that run other ones, and how to find those. */
import type { WrapperRule } from './types.ts';
import { words } from './words.ts';

const runs = (rule: Omit<WrapperRule, 'kind'>): WrapperRule => ({ kind: 'runs', ...rule });

export const wrapperRules: readonly WrapperRule[] = [
  runs({
    name: 'shell',
    commands: words('sh bash rbash dash ash'),
    runs: 'shell',
    flags: {
      // Not a login shell: its profile sets another search path.
      short: 'ceuxfhnv',
      long: ['--noprofile', '--norc', '--posix', '--restricted', '--verbose'],
    },
    values: { short: 'o' },
  }),
  runs({
    name: 'env',
    commands: ['env', 'genv'],
    runs: 'arguments',
    // Not to take variables away: the search path, and what keeps git from programs, stay.
    flags: { short: '0v', long: ['--null', '--debug'] },
    assignments: true,
  }),
  runs({
    name: 'nohup',
    commands: ['nohup', 'gnohup', 'setsid'],
    runs: 'arguments',
    flags: { short: 'cfw', long: ['--ctty', '--fork', '--wait'] },
  }),
  runs({
    name: 'nice',
    commands: ['nice', 'gnice'],
    runs: 'arguments',
    flags: { short: '0123456789' },
    values: { short: 'n', long: ['--adjustment'] },
  }),
  runs({
    name: 'ionice',
    commands: ['ionice'],
    runs: 'arguments',
    flags: { short: 't', long: ['--ignore'] },
    values: { short: 'cn', long: ['--class', '--classdata'] },
  }),
  runs({
    name: 'timeout',
    commands: ['timeout', 'gtimeout'],
    runs: 'arguments',
    flags: { short: 'vfp', long: ['--verbose', '--foreground', '--preserve-status'] },
    values: { short: 'ks', long: ['--kill-after', '--signal'] },
    operands: 1,
  }),
  runs({
    name: 'stdbuf',
    commands: ['stdbuf', 'gstdbuf'],
    runs: 'arguments',
    values: { short: 'ioe', long: ['--input', '--output', '--error'] },
  }),
  runs({
    name: 'time',
    commands: ['time', 'gtime'],
    runs: 'arguments',
    flags: { short: 'pvqal', long: ['--portability', '--verbose', '--quiet', '--append'] },
    values: { short: 'fo', long: ['--format', '--output'] },
  }),
  runs({
    name: 'xargs',
    commands: ['xargs', 'gxargs'],
    runs: 'arguments',
    flags: {
      short: '0rtpxo',
      long: ['--null', '--no-run-if-empty', '--verbose', '--exit', '--open-tty'],
    },
    values: {
      // Not `-I`: it puts what nobody sees anywhere, also in place of the command.
      short: 'aELnPsd',
      long: ['--arg-file', '--delimiter', '--max-args', '--max-chars', '--max-procs'],
    },
    adds: true,
  }),
  runs({
    name: 'sudo',
    commands: ['sudo', 'doas'],
    runs: 'arguments',
    flags: {
      short: 'nbEHkKS',
      long: ['--non-interactive', '--background', '--set-home', '--stdin'],
    },
    values: { short: 'ugpCrt', long: ['--user', '--group', '--prompt'] },
    assignments: true,
  }),
  runs({
    name: 'busybox',
    commands: ['busybox', 'toybox', 'coreutils'],
    runs: 'arguments',
  }),
  runs({
    name: 'builtin',
    commands: ['command', 'builtin', 'exec', 'noglob', 'nocorrect', '-'],
    runs: 'arguments',
    // Not another search path, environment or name.
    flags: { short: 'vV' },
  }),
  runs({
    name: 'find',
    commands: ['find', 'gfind'],
    runs: 'actions',
    values: { long: ['-exec', '-execdir', '-ok', '-okdir'] },
  }),
  runs({
    name: 'ssh',
    commands: ['ssh', 'slogin'],
    runs: 'remote',
    flags: { short: '46AaCfGgKkMNnqsTtVvXxYy' },
    values: { short: 'bceiIlmpQJ' },
    operands: 1,
  }),
];
