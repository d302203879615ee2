/** The help texts. `docs/reference/cli.md` says the same at more length. */

export interface Verb {
  readonly summary: string;
  readonly help: string;
}

export const verbs = {
  run: {
    summary: 'run one tool of a skill in a fresh sandbox',
    help: `Usage: skill run SKILL [TOOL] [--name value ...] [options] [-- ARG ...]

SKILL   an installed name, a folder with a skill.toml or skills.toml, a manifest file (.toml), or a component file
        (.wasm), which gets no capability at all unless --manifest says more
TOOL    one of the skill's tools; may be left out if it has only one

Parameters
  --name value         by the type in the tool's schema; repeat it for arrays; --flag, --no-flag
  --param name=value   the same for any name, also for names that are options below
  --param-file name=FILE   the text of a file (- is standard input)
  --params JSON|@FILE|-    a JSON object; parameters given one by one win over its members
  -- ARG ...           for commands: their arguments

Options
  --manifest FILE      manifest for a component file
  --skill NAME         which skill of a manifest that has several
  --accept DIGEST      accept the capabilities of exactly this package (see skill inspect)
  --isolation KIND     layers of the operating system: required, preferred, off
  --fuel N --memory SIZE --timeout SECONDS --output SIZE --disk SIZE
                       narrow the skill's limits; SIZE such as 512K, 64M, 1G
  --user NAME          who asks, for the audit record (default: the user of the system)
  --json               print one JSON object instead; never ask
  --quiet              leave out the guest's messages and the summary

The result goes to standard output, everything else to standard error.
`,
  },
  test: {
    summary: 'run the tests of a skill',
    help: `Usage: skill test [PATH ...] [--filter PATTERN] [--update] [--junit FILE] [--json]

Runs *.test.toml (tests as data) and *.test.js, *.test.ts (Node's test runner) under each PATH, a folder or one
such file; default: this folder. Skills run in the real sandbox; what is around them is what the tests say.

--filter PATTERN     only tests whose names match this regular expression
--update             write fuel snapshots (skill.fuel.json) that differ instead of failing
--junit FILE         also write a JUnit report
--json               print one JSON object instead of lines

Exit codes: 0 all passed, 1 a test failed, 2 wrong use, as when there is no test.
`,
  },
  list: {
    summary: 'list the skills under folders, from their manifests',
    help: `Usage: skill list [PATH ...] [--installed] [--json]

Searches the folders four levels deep, without following symbolic links. Without PATH: the current one,
and what is installed; --installed leaves the folders out. Nothing is run.
`,
  },
  inspect: {
    summary: 'show what a skill is, what it asks for, and its digest',
    help: `Usage: skill inspect SKILL [--show-capabilities] [--json] [--manifest FILE] [--skill NAME]

Shows name, version, sha256, digest (for skill run --accept), shape, imports, capabilities, limits,
tools with their JSON Schemas, and whether the package is accepted. Gives the skill no capability.
--show-capabilities prints the permission table instead: what the manifest asks for beside what the
component imports, for every skill of the manifest.
`,
  },
  lint: {
    summary: 'hold a manifest against what its component imports',
    help: `Usage: skill lint [SKILL] [--fix] [--skill NAME] [--json]

Finds grants that nothing uses, imports that no grant serves, grants that are too broad, missing limits,
secrets in the environment, and sockets where HTTP would do, each with the lines to write.

--fix   takes out unused grants and states default limits, where that is safe

Exit codes: 0 nothing or only notes, 1 an error or warning is left.
`,
  },
  import: {
    summary: 'write a manifest from the policy of another system',
    help: `Usage: skill import --from wassette|kubiya FILE [--name NAME] [--instance NAME]

Prints a manifest made of a Wassette policy (YAML) or of Kubiya's .skill-engine.toml, which asks for no more
than they allow, and says on standard error what could not be carried over.

--name      wassette: name of the skill (default: the folder of FILE); its component is ./NAME.wasm
            kubiya: only the skill of this name
--instance  kubiya: which configuration to take (default: that of the skill)
`,
  },
  describe: {
    summary: "put the doc comments of WIT into a component, as its tools' descriptions",
    help: `Usage: skill describe COMPONENT FILE...

For components of any toolchain, most of which drop the comments of their WIT: writes the doc comments of the
functions in the WIT files into COMPONENT, in place of those that are there. Its digest changes.
`,
  },
  types: {
    summary: 'write TypeScript declarations of interfaces in WIT',
    help: `Usage: skill types FILE [INTERFACE...] [--out DIR]

For programs that offer interfaces to skills: writes one declaration file for each interface of the WIT in FILE
(default: all of its first package) and prints their names. HostFunctions<typeof Declared> of
@skill-engine/engine is then the type of an implementation.

INTERFACE   its label, or with its package, such as app:db/query@1.0.0
--out       folder of the files (default: the current one)
`,
  },
  install: {
    summary: 'install a package from a folder, a tarball or a URL',
    help: `Usage: skill install PATH|TARBALL|URL [options]

Shows what the skills of the package ask for, asks for a typed "I accept", and records every file and the
approval in skills.lock. A changed file then refuses to run. URLs are file: or https:.

Options
  --project            into the store of the current folder (skills.lock and .skills/) instead of yours
  --skill NAME         only this skill of a package that has several
  --base DIR           directory that relative grants start from (default: the folder that is installed)
  --trust LEVEL        trusted, third_party (default), untrusted, quarantine
  --accept DIGEST      accept the capabilities of exactly this package (see skill inspect)
  --allow-downgrade    replace a newer version
  --json               print one JSON object; never ask
`,
  },
  update: {
    summary: 'replace an installed skill by another version of it',
    help: `Usage: skill update NAME [PATH|TARBALL|URL] [options]

Takes the package from where it was installed from, unless told otherwise. Shows what changes in
capabilities, tools and schemas, and asks again for anything wider.

Options
  --project            in the store of the current folder
  --trust LEVEL        another trust level
  --accept DIGEST      accept the capabilities of exactly this package
  --allow-downgrade    also if it is an older version
  --json               print one JSON object; never ask
`,
  },
  remove: {
    summary: 'remove an installed skill and its approval',
    help: `Usage: skill remove NAME [--project] [--json]
`,
  },
  trust: {
    summary: 'trust levels, and keys of authors',
    help: `Usage: skill trust set NAME LEVEL [--project] [--json]
       skill trust key add FILE [--name NAME] | remove NAME | list
       skill trust require LEVEL signature|nothing
       skill trust list [--json]

LEVEL is trusted, third_party, untrusted or quarantine. What is in quarantine never runs; untrusted skills
run under lower limits and only in all layers of the operating system (see skill run --isolation).
FILE has an Ed25519 public key, in PEM or as 32 bytes in base64.
`,
  },
  sign: {
    summary: 'sign a package, for its author',
    help: `Usage: skill sign PATH|TARBALL --key FILE [--json]
       skill sign --new-key FILE

Writes skill.sig into the folder, or TARBALL.sig beside the tarball: Ed25519 over the package's digest.
--new-key writes a new private key, and its public half to FILE.pub.
`,
  },
  new: {
    summary: 'make the project of a new skill',
    help: `Usage: skill new NAME --lang ts|js|rust|c|go|python [--template NAME] [--json]

Writes a folder with manifest, source, test and README. NAME may be a path; its last part is the skill's
name. Nothing that is there is touched.

--lang       the language of the source
--template   tool (default); for ts and js also files and http
`,
  },
  build: {
    summary: "make a skill's component from its sources",
    help: `Usage: skill build [DIR] [--engine quickjs|starlingmonkey] [--watch] [--json]

Builds the skill of DIR (default: here) into the file that its manifest names as component. The language
is known by Cargo.toml, go.mod, pyproject.toml, package.json, or a .c file.

--engine     for JavaScript and TypeScript: quickjs (default; 1.6 MB) or starlingmonkey (12 MB; needs
             the package @bytecodealliance/componentize-js)
--watch      build again at every change, until Ctrl-C
`,
  },
  dev: {
    summary: 'build at every change, and run a tool again',
    help: `Usage: skill dev [DIR] [TOOL] [--name value ...] [options]

Builds the skill of DIR (default: here), and again at every change of a file in it. With TOOL, runs it
after every build, with the same parameters; without, lists the tools. Parameters as for skill run.

--grant      grant what the manifest declares while this runs, without asking
--engine     as for skill build
--param, --param-file, --params, --fuel, --memory, --timeout, --output, --disk, --quiet
             as for skill run
`,
  },
  config: {
    summary: 'what is configured, and credentials of a skill',
    help: `Usage: skill config explain [KEY] [--json]
       skill config SKILL --set-credential KEY [--from-env VARIABLE]
       skill config SKILL --list-credentials [--json]
       skill config SKILL --delete-credential KEY
       skill config --rotate-key

explain                  every setting, its value, and the file and line or variable that said so; with KEY also
                         what it does, and what was said without effect
--set-credential KEY     on a terminal asks for the value without showing it; else reads standard input,
                         without the end of its last line; --from-env takes it from a variable
--list-credentials       names only; no command prints a value
--rotate-key             encrypts all credentials anew: a new key in the keyring, or a new passphrase
--skill NAME             which skill of a manifest that has several

Values are kept in credentials.enc, encrypted. The key is in the system's keyring where the package
@napi-rs/keyring is installed, else it comes from a passphrase: asked on a terminal, or given by
SKILL_ENGINE_PASSPHRASE_FD (a file descriptor) or SKILL_ENGINE_PASSPHRASE_COMMAND (a program);
SKILL_ENGINE_NEW_PASSPHRASE_… likewise give the new one for --rotate-key.
`,
  },
  history: {
    summary: 'show what was run',
    help: `Usage: skill history [options]
       skill history show ID [--json]
       skill history --export FILE

ID is an execution's id or the beginning of one.

Options
  --skill NAME --tool NAME --user NAME
  --status STATUS      success, failure, timeout, denied, cancelled, interrupted, running
  --since TIME         2026-01-31, 2026-01-31T09:30:00Z, or an age: 30m, 2h, 7d
  --until TIME         the same; records at exactly this time are left out
  --limit N            default 50
  --cursor CURSOR      go on where an earlier listing ended
  --follow             then show further invocations as they end, until interrupted
  --format FORMAT      table (default), json, jsonl, csv
  --json               the same as --format json
  --no-pager           on a terminal: do not page long tables
  --export FILE        the whole record, with its chain, as skill audit export writes it
  --store FILE         another audit store, such as an imported one
`,
  },
  stats: {
    summary: 'show totals, success rates and times by tool',
    help: `Usage: skill stats [options]

Options
  --skill NAME --tool NAME --user NAME
  --since TIME --until TIME   as for skill history
  --json
  --store FILE         another audit store, such as an imported one

Times are of invocations with an outcome. p50, p95, p99: so many percent took at most so long.
Below the table stands what is degraded: skills with a tool that failed at least as often as it worked, and how;
what was the caller's or the policy's doing does not count. --since 1d asks of the last day alone.
`,
  },
  audit: {
    summary: 'verify, export, import and prune the audit record',
    help: `Usage: skill audit verify [EXPORT] [options]
       skill audit key [--json]
       skill audit export [--output FILE]
       skill audit import EXPORT --into FILE [options]
       skill audit prune [--older-than TIME | --keep N | --max-size SIZE] [--dry-run] [--compact]

verify   reads the whole chain and names the first bad entry; exit code 7 if there is one
key      the public key that signs, as PEM, and its fingerprint
export   the whole record as JSON lines, to standard output or a file; it verifies as the store does
import   makes a store of an export, to be read and verified
prune    removes the oldest entries behind a signed summary; without a flag, by audit.retention of the
         configuration (see skill config explain)

Options
  --public-key FILE    verify with this key, kept elsewhere, instead of the one beside the store
  --checkpoint SEQ:HASH  the chain must go through this place, as an earlier verification told it
  --older-than TIME    an age such as 90d, or a date
  --max-size SIZE      such as 512M, 1G; counts entries, not free room in the file
  --dry-run            only says what would be removed
  --compact            gives freed room back to the disk; others wait until it is done
  --store FILE         another audit store
  --json
`,
  },
  serve: {
    summary: 'offer skills to MCP clients, over standard input and output or HTTP',
    help: `Usage: skill serve [SKILL ...] [--skills DIR ...] [--exclude-tool NAME ...] [--user NAME]
                   [--http [HOST:PORT]] [--token-file FILE] [--allow-host NAME ...] [--allow-origin ORIGIN ...]

Each tool of each SKILL (as for skill run) is a tool of the MCP server. A skill that asks for capabilities must
have been accepted before: the server asks nobody, and no client can accept or grant. With --skills, folders with
a SKILL.md are offered by the tools list_skills, load_skill, read_skill_resource and run_skill_script.

Options
  --skills DIR         where folders with a SKILL.md are looked for, four levels deep; may be given several times
  --exclude-tool NAME  one of those four tools that there is not; may be given several times
  --user NAME          who is recorded as the user (default: the user of the system)
  --http [HOST:PORT]   over HTTP, at http://HOST:PORT/mcp (default 127.0.0.1:8420; port 0 is any free one)
  --token-file FILE    where the access token is that clients have to send; else it is the one in
                       SKILL_ENGINE_HTTP_TOKEN. Without one, only this machine is listened to
  --allow-host NAME    a name that clients may reach the server by, such as that of a proxy before it; may be
                       given several times
  --allow-origin ORIGIN  such as https://app.example, whose pages in browsers may use the server; may be given
                       several times

Over standard input and output it ends with its client; over HTTP, by SIGINT or SIGTERM.
`,
  },
  doctor: {
    summary: 'check what skills need on this machine',
    help: `Usage: skill doctor [--json] [--quick] [--strict]

Looks at Node and the layers around a skill's process (each is really tried), the state directories and
their modes, the audit record, the credentials, the installed skills against their locks, the cache and the
toolchains for skill build. Each finding is ok, a warning or a problem, with what it means and the way out.
It changes nothing and asks for no passphrase.

--quick      only the end of the audit record and the indexes of the cache, not the whole
--strict     also fail for warnings

Exit codes: 0 there is no problem, 7 there is one.
`,
  },
} as const satisfies Record<string, Verb>;

export type VerbName = keyof typeof verbs;

export function overview(): string {
  const lines = Object.entries(verbs).map(
    ([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`,
  );
  return `skill: run tools that you do not trust, with the capabilities that you grant.

Usage: skill VERB ...

${lines.join('\n')}
  help VERB more about one of them

  --version, --help

Exit codes: 0 success, 1 the tool failed, 2 wrong use, 3 invalid parameters, 4 denied, 5 a limit,
6 refused at load, 7 the engine failed; 129, 130, 143 ended by a signal, 141 output closed.
State is kept in the platform's directories, or under SKILL_ENGINE_HOME. Settings: skill config explain.
`;
}
