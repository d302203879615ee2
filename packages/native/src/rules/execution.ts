/** How common commands are made to run other ones, or to write where nobody looks. */
import type { CommandRule } from './types.ts';
import { gitRules } from './git.ts';
import { toolRules } from './tools.ts';
import { words } from './words.ts';

const refuse = (rule: Omit<CommandRule, 'kind'>): CommandRule => ({ kind: 'refuse', ...rule });
const runs = 'it runs other commands, which nobody judges';

/** Interpreters of languages other than that of the shell. */
const interpreters = words(`python* pypy* perl* ruby* irb node nodejs deno bun ts-node tsx php*
  lua* tclsh* wish* expect Rscript R julia guile* osascript jjs jshell mongosh slsh sbcl racket scheme clojure kotlin groovy scala erl elixir iex swift raku`);

const awkMatches = [
  'system',
  '\\|',
  'getline',
  '>',
  '@',
  '^-[A-Za-z]*[fiElDdpoW]',
  '^--(?!version$|help$|posix$|traditional$|re-interval$|field-separator|assign)',
];

/** What begins like an object or array, and has nothing behind one that JSON would not have. */
const json =
  '(?:-d|--json=|[\\w.-]+=)?\\s*(?:\\{\\s*["}]|\\[\\s*(?:["{\\[\\]]|-?\\d+\\s*[,\\]]))(?:[^}\\]]|[}\\]](?=\\s*(?:[,}\\]]|$)))*$';

export const executionRules: readonly CommandRule[] = [
  refuse({
    name: 'download-and-run',
    reason: 'what it reads is run as a program',
    commands: [
      ...interpreters,
      ...words(
        'awk gawk mawk nawk sed ssh at batch crontab gdb ed ex vi vim sqlite3 psql mysql mariadb m4 make gmake bc dc',
      ),
    ],
    input: true,
  }),
  refuse({
    name: 'inline-program',
    reason: 'a program on the command line is not judged',
    commands: interpreters,
    options: words(
      '-c -e -E -r -x -m -p -i --eval --execute --print --run --code --command --require --import --loader --experimental-loader --interactive --inspect --inspect-brk --env-file --config',
    ),
  }),
  refuse({
    name: 'inline-program',
    reason: 'a program on the command line is not judged',
    commands: words('deno bun'),
    words: words('eval repl run x exec task'),
  }),
  refuse({
    name: 'unjudged-shell',
    reason: 'its language is not read here',
    commands: words(
      'fish csh tcsh ksh* mksh lksh pdksh posh yash zsh rzsh rksh pwsh powershell nu elvish xonsh rc es ion oil osh ysh busybox.exe cmd cmd.exe',
    ),
  }),
  refuse({
    name: 'shell-builtin',
    reason: 'it changes what the commands behind it mean',
    commands:
      words(`eval source . cd chdir pushd popd alias unalias trap set shopt setopt unsetopt unset export declare typeset local readonly
      read mapfile readarray enable hash fc bind let coproc emulate autoload zmodload functions function print printf-v umask ulimit
      getopts wait return break continue suspend disown jobs bg fg complete compgen history logout login newgrp vared zle zcompile`),
  }),
  refuse({
    name: 'shell-builtin',
    reason: 'that of bash sets variables, and runs what stands in their names',
    commands: ['printf'],
    matches: ['^-v', '%[^A-Za-z%]*[hlLqjzt]*n'],
  }),
  refuse({
    name: 'shell-builtin',
    reason: 'that of bash runs what stands in the name of a variable',
    commands: ['test', '['],
    matches: ['^-[vR]$'],
  }),
  ...gitRules,
  refuse({
    name: 'tar-execution',
    reason: runs,
    commands: words('tar gtar bsdtar star pax cpio'),
    bundled: true,
    options:
      words(`-I -F --use-compress-program --use-compress-prog --to-command --checkpoint-action --info-script --new-volume-script --rsh-command
      --rmt-command --remove-files --unlink-first --recursive-unlink --absolute-names -P`),
  }),
  refuse({
    name: 'find-execution',
    reason: runs,
    commands: words('find gfind fd fdfind'),
    options: words(
      '-exec -execdir -ok -okdir -fprint -fprint0 -fprintf -fls -x -X --exec-batch -files0-from',
    ),
  }),
  refuse({
    name: 'awk-execution',
    reason: 'its programs run commands and write files',
    // Where it is another awk, `--sandbox` is no option, and some pass over it.
    commands: words('awk mawk nawk original-awk igawk bwk bioawk goawk'),
    matches: awkMatches,
  }),
  refuse({
    name: 'awk-execution',
    reason: 'its programs run commands and write files, unless --sandbox is its argument',
    commands: ['gawk'],
    matches: awkMatches,
    unless: ['--sandbox'],
  }),
  refuse({
    name: 'sed-execution',
    reason: 'its scripts run commands and write files, unless --sandbox is its argument',
    commands: words('sed gsed ssed'),
    unless: ['--sandbox'],
  }),
  refuse({
    name: 'interactive',
    reason: 'it runs commands from within',
    commands:
      words(`vi vim vim.* vimdiff view rvim rview nvim ex ed red emacs emacs* nano pico joe mcedit less more most pg lv man info script scriptreplay
      screen tmux dialog mc top htop gdb lldb ftp sftp telnet dosbox mutt mail mailx`),
  }),
  refuse({
    name: 'runs-others',
    reason: runs,
    commands:
      words(`parallel watch entr flock su runuser sg pkexec run0 start-stop-daemon run-parts unshare nsenter lxc-* strace ltrace perf valgrind
      ld.so ld-* ld.* linux32 linux64 setarch i386 x86_64 chrt taskset numactl setpriv capsh prlimit cpulimit softlimit catchsegv
      dbus-run-session xvfb-run tini dumb-init gosu su-exec fakeroot firejail bwrap proot socat nc ncat netcat
      open xdg-open ssh-agent ssh-add ssh-copy-id ssh-keygen lftp ncftp aria2c run-mailcap see edit compose sched_ext zless zmore xzless bzless lesspipe`),
  }),
  refuse({
    name: 'build-tools',
    reason: 'it runs what files say, which nobody judges',
    commands:
      words(`make gmake bmake ninja cmake meson bazel scons ant mvn gradle gradlew rake gulp grunt just task
      ansible* puppet chef-* salt* vagrant packer`),
  }),
  refuse({
    name: 'package-managers',
    reason: 'packages bring scripts that run',
    commands: words(
      'npx pnpx bunx uvx pipx uv cpan corepack dpkg rpm apt apt-get yum dnf pacman apk brew snap flatpak',
    ),
  }),
  refuse({
    name: 'package-scripts',
    reason: 'packages bring scripts that run',
    commands: words('npm pnpm yarn pip pip3* gem cargo go composer bundle poetry'),
    words: words(
      'exec x dlx run run-script start test stop restart install i in add ci update upgrade build generate tool create init link publish',
    ),
  }),
  refuse({
    name: 'package-scripts',
    reason: runs,
    commands: words('npm pnpm yarn pip pip3* gem cargo go composer bundle poetry'),
    options: words(
      '--script-shell --node-options --config -exec -toolexec -vettool -overlay --userconfig --globalconfig --prefix',
    ),
  }),
  refuse({
    name: 'remote-shell',
    reason: 'its options run commands on this machine',
    commands: words('ssh scp sftp slogin autossh mosh sshpass'),
    options: words('-o -F -S -E -w -L -R -D -W'),
  }),
  refuse({
    name: 'rsync-execution',
    reason: runs,
    commands: ['rsync'],
    options: words('-e --rsh --rsync-path --daemon --config --temp-dir --early-input'),
  }),
  refuse({
    name: 'curl-files',
    reason: 'it takes options from a file, or loads code',
    commands: ['curl'],
    options: words('-K --config --engine --proto-redir --unix-socket --abstract-unix-socket'),
  }),
  refuse({
    name: 'curl-files',
    reason: 'it makes names of files out of braces and brackets, which nobody judges',
    commands: ['curl'],
    // JSON, the names of `--write-out`, and addresses of version 6, are none.
    matches: [`^(?!${json})(?=[^]*(?:(?<!%)\\{|%\\{(?![a-z_]+\\})|(?<!://)\\[))`],
  }),
  refuse({
    name: 'wget-execution',
    reason: runs,
    commands: ['wget', 'wget2'],
    options: words('-e --execute --use-askpass --config --post-file --body-file --method'),
  }),
  refuse({
    name: 'compress-execution',
    reason: runs,
    commands: words('sort gsort split gsplit rg ripgrep ag bat delta'),
    options: words('--compress-program --filter --pre --pre-glob --pager --hostname-bin'),
  }),
  refuse({
    name: 'compress-execution',
    reason: runs,
    commands: words('zip zipnote zipcloak'),
    options: words('-T -TT -m --unzip-command --test --move'),
  }),
  refuse({
    name: 'compiler-execution',
    reason: runs,
    commands: words('gcc g++ cc c++ clang clang++ ld gold lld *-gcc *-g++ rustc javac ghc'),
    options: words(
      '-wrapper -B -specs -fplugin -fpass-plugin -plugin -load -Xclang -fuse-ld --config -pgmF -processor -processorpath --processor-path -J',
    ),
  }),
  refuse({
    name: 'compiler-execution',
    reason: runs,
    commands: words('gcc g++ cc c++ clang clang++ *-gcc *-g++ rustc'),
    matches: ['^-Wl,(?:.*,)?--?plugin', '^(?:-C|--codegen=)?linker='],
  }),
  refuse({
    name: 'database-shell',
    reason: 'its commands run those of the machine',
    commands: words('sqlite3 psql mysql mariadb mongo mongosh redis-cli isql sqlplus'),
    matches: [
      '\\\\[!ogwicT|]',
      '^\\s*\\.',
      '(?i:edit\\s*\\(|load_extension|writefile|readfile|system|program|outfile|dumpfile|infile|pg_read|attach|vacuum)',
      // psql has what stands between them run.
      '`',
      '\\blo_',
      '^--?(?:init|cmd|pager|eval|f|file|o|L|output|plugin|default-auth|defaults)',
      '^-[a-z]*[fo]',
    ],
  }),
  refuse({
    name: 'capture-execution',
    reason: runs,
    commands: words('tcpdump nmap openvpn journalctl systemctl service logrotate openssl hg svn'),
    options: words(
      '-z --script --interactive --up --down --route-up -engine -provider --engine --config --config-option --config-dir --with-mgr -e --ssh --editor-cmd --diff-cmd --diff3-cmd --merge-cmd --root --file',
    ),
  }),
  refuse({
    name: 'document-execution',
    reason: runs,
    commands: words(
      'pandoc exiftool yt-dlp youtube-dl gpg gpg2 ctags gnuplot latex pdflatex xelatex lualatex tex',
    ),
    options:
      words(`--filter --lua-filter -F -L -if -config --exec --exec-before-download --external-downloader --downloader --config-locations
      --photo-viewer --options -e -shell-escape --shell-escape -enable-write18`),
  }),
  ...toolRules,
];
