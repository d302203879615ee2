/** Less common programs that run others, by name or by what they are told. */
import type { CommandRule } from './types.ts';
import { words } from './words.ts';

const refuse = (rule: Omit<CommandRule, 'kind'>): CommandRule => ({ kind: 'refuse', ...rule });
const runs = 'it runs other commands, which nobody judges';

export const toolRules: readonly CommandRule[] = [
  refuse({
    name: 'runs-others',
    reason: runs,
    commands:
      words(`chroot choom chronic unbuffer ifne rlwrap hyperfine watchexec nodemon forever pm2 daemonize openvt systemd-inhibit systemd-nspawn
      sshpass torsocks torify tsocks proxychains* direnv op aws-vault chamber doppler xdotool msgfilter msgexec msggrep logrotate update-alternatives
      s6-* runsv supervisorctl nsjail rr stap dtrace bpftrace sysdig gdbserver catatonit eatmydata faketime multitime pexec setlock setuidgid
      dc m4 gm4 ldd gnuplot tig lazygit fzf vipe ghci ocaml octave* gimp w3m lynx links elinks links2 vipw vigr pager sensible-*`),
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands: words(
      'conda mamba micromamba pipenv hatch tox nox nix nix-shell guix stack dotnet zig',
    ),
    words: words('run exec shell develop build test -e -s'),
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands: ['pidstat', 'restic', 'borg', 'rpmquery', 'rpmdb', 'rpmverify', 'rpmkeys'],
    options: words('-e --password-command --eval --rsh --pipe'),
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands: ['tshark', 'wireshark', 'smbclient'],
    options: ['-X'],
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands: ['smbclient', 'lftp'],
    matches: ['!'],
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands: ['busctl', 'dbus-send', 'gdbus'],
    matches: ['unixexec:', '^--address'],
  }),
  refuse({
    name: 'runs-others',
    reason: 'it loads code that an argument names',
    commands: words(
      'nm ar ranlib strip objdump objcopy size *-nm *-ar *-strip gcc-nm gcc-ar gcc-ranlib',
    ),
    options: ['--plugin'],
  }),
  refuse({
    name: 'runs-others',
    reason: 'it loads code that an argument names',
    commands: ['openssl'],
    words: ['engine'],
  }),
  refuse({
    name: 'runs-others',
    reason: 'it sets what the service manager runs, or with what',
    commands: ['systemctl'],
    words: words(
      'edit link enable reenable set-environment import-environment set-property revert',
    ),
  }),
  refuse({
    name: 'runs-others',
    reason: 'it says what is run later',
    commands: ['gh', 'glab'],
    words: words('alias extension extensions ext codespace'),
  }),
  // `ip` takes the beginning of a word for the word.
  refuse({
    name: 'ip-namespace',
    reason: runs,
    commands: ['ip', 'busybox-ip'],
    words: words('ne net netn netns v vr vrf'),
  }),
  refuse({
    name: 'ip-namespace',
    reason: 'it reads commands from a file',
    commands: ['ip', 'busybox-ip', 'tc', 'bridge'],
    options: ['-b', '-ba', '-bat', '-batc', '-batch'],
  }),
];
