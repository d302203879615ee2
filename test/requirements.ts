/**
 * The promises of the specification that hold today, each with the tests that fail when it is broken.
 * `requirements.test.ts` checks that every proof exists. A promise that is not here is not kept yet.
 */
export interface Requirement {
  readonly id: string;
  /** Section of the specification. */
  readonly section: string;
  readonly promise: string;
  /** `file :: part of a test's title`. */
  readonly proof: readonly string[];
}

const engine = 'packages/engine/src';

export const requirements: readonly Requirement[] = [
  {
    id: 'TERM-1',
    section: '§1',
    promise:
      'effective = declared ∩ granted ∩ ceiling; nothing else is ever available to the guest',
    proof: [
      `${engine}/authority/effective.property.test.ts :: gives at every path exactly the least of what the parts give`,
      `${engine}/authority/effective.property.test.ts :: allows exactly the connections that every part allows`,
      `${engine}/authority/effective.property.test.ts :: passes exactly the variables that every part passes`,
    ],
  },
  {
    id: 'COMMAND-EXIT',
    section: '§2.3',
    promise:
      'a command returns its exit code, a preview-1 command too; a failure never becomes success',
    proof: [
      'test/preview1.test.ts :: that exits with %s has the exit code %d',
      'test/escape/lifetime.test.ts :: CLI-01 exit ends the run only',
    ],
  },
  {
    id: 'COMMAND-MEMORY',
    section: '§2.3',
    promise:
      'a preview-1 command and the adapter that it is given never use the same memory, whatever its allocator takes for its own',
    proof: [
      'packages/metering/src/reserve.test.ts :: is handed out aligned, never twice, and not beyond its end',
      "packages/metering/src/reserve.test.ts :: is none of the module's own, whatever it asks",
      'test/preview1.test.ts :: that takes all memory for its own shares none with the adapter',
      "test/preview1.test.ts :: of Go's compiler keeps its heap",
      "test/preview1.test.ts :: of clang with Debian's C library keeps its heap",
    ],
  },
  {
    id: 'TYPED-1',
    section: '§2.2',
    promise:
      'JSON converts to and from every WIT value type without loss; what is not of the type is refused before a sandbox exists',
    proof: [
      'test/components/round-trip.test.ts :: values of random types come back unchanged',
      'test/components/typed.test.ts :: are refused before a sandbox exists: %s %j',
      `${engine}/wit/wit.test.ts :: a record or flags with two names that are one in generated code are refused`,
    ],
  },
  {
    id: 'TYPED-2',
    section: '§2.2',
    promise: 'each exported function of a typed component is a tool; resources are refused',
    proof: [
      'test/components/typed.test.ts :: are all exported functions, of interfaces and of the world',
      'test/components/typed.test.ts :: a resource of the guest is refused, with each function that needs it',
    ],
  },
  {
    id: 'TYPED-EDGES',
    section: '§2.2',
    promise:
      'values at the edges of every type come back as they were; beyond them they are refused before a sandbox exists',
    proof: [
      'test/components/edges.test.ts :: %s',
      'test/components/edges.test.ts :: %s refuses %j',
      'test/components/round-trip.test.ts :: values of random types come back unchanged',
    ],
  },
  {
    id: 'TYPED-ABI',
    section: '§2.2',
    promise:
      'a component that breaks the canonical ABI ends its call with an error of the table, within its limits, and nothing else',
    proof: [
      'test/components/hostile-values.test.ts :: %s of %s traps',
      'test/components/hostile-values.test.ts :: does not multiply: 3500 names of one text of 28 KiB end at a limit',
      'test/components/hostile-values.test.ts :: takes no longer than it may: sixty million items end at a limit',
      'test/components/hostile-values.test.ts :: never: it does not come back',
    ],
  },
  {
    id: 'TYPED-NEWER',
    section: '§2.2',
    promise: 'types that JSON cannot say are refused at load by name, with the way out',
    proof: ['test/components/typed.test.ts :: %s is refused, with a way out'],
  },
  {
    id: 'FLAT-1',
    section: '§2.4',
    promise:
      'skills of the flat world run unchanged, and read the configuration of their manifest only',
    proof: [
      'test/components/flat.test.ts :: runs them: the output, or the failure that the answer says',
      'test/components/flat.test.ts :: reads the configuration of its manifest, and only that',
      'test/components/flat.test.ts :: functions of the same names with other types are typed tools',
    ],
  },
  {
    id: 'HOSTIF-1',
    section: '§4',
    promise:
      'an interface of the embedder is called only if the manifest names it and it is granted; a denial has the lines that allow it',
    proof: [
      'test/components/host-interface.test.ts :: is never called; the denial has the lines that would allow it',
      'test/components/host-interface.test.ts :: is refused at load where the engine does not offer it, or with other types',
      'test/components/host-interface.test.ts :: loads to be looked at where the engine does not offer it, and every call ends the invocation',
    ],
  },
  {
    id: 'LIBRARY-MISUSE',
    section: '§11',
    promise:
      'options that there are not, of a wrong form, or that cannot be read are refused at once with INVALID_OPTIONS, and nothing is opened, loaded or recorded',
    proof: [
      'test/misuse.test.ts :: %j',
      'test/misuse.test.ts :: %j, %j',
      'test/misuse.test.ts :: %o',
      'test/policy/hooks.test.ts :: cannot be skipped by the caller, nor by changing the options later',
    ],
  },
  {
    id: 'HOSTIF-VERSION',
    section: '§4',
    promise:
      'an import is answered by its own version or the newest compatible one that is offered, never by an incompatible one',
    proof: [
      'test/components/host-interface.test.ts :: an import is answered by the newest compatible version, and counted under its own',
      'test/components/host-interface.test.ts :: an import of another major version is refused at load',
      'packages/engine/src/interfaces/find.test.ts :: an import of %s among %j is answered by %s',
    ],
  },
  {
    id: 'TYPED-DOCS',
    section: '§2.2',
    promise: 'doc comments of WIT become the descriptions of tools',
    proof: [
      'test/components/typed.test.ts :: doc comments of WIT become descriptions',
      'test/cli/describe.test.ts :: tools have the comments of their functions, and others when they change',
    ],
  },
  {
    id: 'HOSTIF-TYPES',
    section: '§4',
    promise: 'an implementation is typed from the WIT of its interface',
    proof: [
      'test/cli/types.test.ts :: the compiler holds an implementation to them, without skipping the declarations of the packages',
    ],
  },
  {
    id: 'HOSTIF-ODD',
    section: '§4',
    promise: 'whatever an implementation throws or returns ends that invocation at most',
    proof: [
      'test/components/host-interface.test.ts :: that %s ends the invocation, and nothing else',
      'test/components/host-interface.test.ts :: that answers more than a mebibyte ends the invocation',
      'test/components/host-interface.test.ts :: that calls the engine again gets an answer; where it waits for its own place, until the time limit',
    ],
  },
  {
    id: 'HOSTIF-2',
    section: '§4',
    promise:
      'the implementation sees skill, tool, user and invocation, within the limits; its failures, paths and stack never reach the guest',
    proof: [
      'test/components/host-interface.test.ts :: answers with values of its types, and knows who asks',
      'test/components/host-interface.test.ts :: tells the guest of a failure nothing but that',
      'test/components/host-interface.test.ts :: cannot give what is not of its types',
      'test/components/host-interface.test.ts :: is covered by the time limit, which aborts its signal',
    ],
  },
  {
    id: 'LOAD-1',
    section: '§2',
    promise: 'names outside a strict character set are refused before any JavaScript is generated',
    proof: [
      'test/escape/components.test.ts :: GEN-01 a name that breaks out of generated code',
      `${engine}/component/survey.test.ts :: refuses a hostile name of: %s (GEN-01)`,
      'test/guests/guests.test.ts :: GEN-01: without the engine, an injected expression runs',
    ],
  },
  {
    id: 'LOAD-2',
    section: '§2',
    promise: 'imports that the host does not provide are refused at load, each by name',
    proof: ['test/escape/components.test.ts :: GEN-11 an unknown import is refused by name'],
  },
  {
    id: 'LOAD-3',
    section: '§2',
    promise: 'loading a hostile file never harms the next load',
    proof: [
      'test/escape/components.test.ts :: GEN-08 a component that panics the transpiler',
      'test/escape/components.test.ts :: GEN-10 what is no component',
    ],
  },
  {
    id: 'LOAD-4',
    section: '§6',
    promise: 'compile bombs are refused before they cost more than a bounded time and memory',
    proof: [
      `${engine}/component/survey-hostile.test.ts :: a component made to cost (compile bombs)`,
    ],
  },
  {
    id: 'MAN-1',
    section: '§3',
    promise:
      'every manifest error says file, line, column, key path, what was found and what is allowed',
    proof: [
      `${engine}/manifest/corpus.test.ts :: wrong`,
      'test/manifest-places.test.ts :: a tool that the component does not have, each with its place and what may be meant',
      'test/manifest-places.test.ts :: %j',
      'test/manifest-places.test.ts :: %s',
      'test/manifest-places.test.ts :: rows that narrow what is there are taken',
    ],
  },
  {
    id: 'MAN-2',
    section: '§3',
    promise: 'unknown, misspelt and inherited keys grant nothing',
    proof: ['test/escape/input.test.ts :: TOM-* manifests'],
  },
  {
    id: 'MAN-3',
    section: '§3',
    promise: 'a pin that does not match refuses to load',
    proof: [`${engine}/component/read.test.ts :: shows both digests when the pin is another`],
  },
  {
    id: 'FS-1',
    section: '§4',
    promise: 'no path, link or descriptor leaves its grant',
    proof: [
      'test/escape/files.test.ts :: FS-01 a path alone does not lead out',
      'test/escape/files.test.ts :: FS-02 links that lie in the grant do not lead out',
      'test/escape/files.test.ts :: FS-04 a directory swapped for a link under an open descriptor',
      `${engine}/broker/filesystem-race.test.ts :: swap`,
    ],
  },
  {
    id: 'FS-2',
    section: '§4',
    promise: 'read-only means read-only, through every operation and descriptor',
    proof: [
      `${engine}/broker/filesystem-readonly.test.ts :: FS-10, FS-12, FS-13, FS-14: no operation changes a read grant`,
    ],
  },
  {
    id: 'FS-3',
    section: '§4',
    promise: 'link and rename never cross grants',
    proof: [
      `${engine}/broker/filesystem-readonly.test.ts :: FS-15: nothing is linked or moved from one grant to another`,
    ],
  },
  {
    id: 'FS-4',
    section: '§4',
    promise: 'forbidden beats every grant',
    proof: [
      `${engine}/broker/filesystem-grants.test.ts :: FS-17: a forbidden file and directory, by every road`,
      "test/escape/files.test.ts :: the engine's own state is forbidden, whatever is granted",
    ],
  },
  {
    id: 'FS-5',
    section: '§4',
    promise: 'FIFOs, sockets and devices are refused',
    proof: [
      'test/escape/files.test.ts :: FS-23 a FIFO in the grant is refused at once',
      `${engine}/broker/filesystem-escape.test.ts :: FS-23, FS-24: FIFOs, sockets and devices are refused`,
    ],
  },
  {
    id: 'FS-6',
    section: '§4',
    promise: 'bytes written count against disk',
    proof: [`${engine}/broker/filesystem-limits.test.ts :: disk: writes, growth by set-size`],
  },
  {
    id: 'ENV-1',
    section: '§4',
    promise:
      'no variable, argument, directory or standard input of the host reaches a guest unless granted',
    proof: [
      'test/escape/environment.test.ts :: ENV-01 environment and arguments are empty unless granted',
      'test/escape/environment.test.ts :: ENV-02',
      'test/escape/environment.test.ts :: CLI-02 standard input is at its end',
    ],
  },
  {
    id: 'ENV-2',
    section: '§4',
    promise: 'allowlist, then patterns, then blocklist; sensitive names only by exact name',
    proof: [
      `${engine}/authority/environment.test.ts :: filterEnvironment (ENV-03)`,
      'test/escape/environment.test.ts :: ENV-01 what is granted passes, a sensitive name does not',
    ],
  },
  {
    id: 'DEN-1',
    section: '§4',
    promise:
      'each denial has a stable code, the resource, the rule and the manifest lines that would allow it',
    proof: [
      'test/escape/files.test.ts :: a denial says which lines of the manifest would allow it',
      `${engine}/authority/deny.test.ts :: gives lines that allow it, and take nothing away`,
      `${engine}/authority/deny.test.ts :: keep what stands there, and are those of the part that denies`,
      'test/escape/denial-lines.test.ts :: the lines for %s allow it',
      'test/escape/denial-lines.test.ts :: where a grant is there, the denial does not say that there is none',
      'test/escape/denial-lines.test.ts :: %s: a tool that panics over it is told from one with a bug',
    ],
  },
  {
    id: 'NET-RESOLVER',
    section: '§4',
    promise:
      'no skill chooses who answers for the names that a ceiling or overrides allow, and its choice is shown before it counts',
    proof: [
      `${engine}/authority/effective.test.ts :: lets no skill choose who answers for the names that a higher part allows`,
      `${engine}/trust/plain-words.test.ts :: a resolver that is not the own one of the machine is shown`,
    ],
  },
  {
    id: 'PAR-1',
    section: '§5',
    promise:
      'parameters are validated before the sandbox exists; the failure has the documented shape',
    proof: [
      'test/cli/run.test.ts :: a refused parameter has the shape of the specification, and a record',
      'test/engine.test.ts :: parameters that are refused have one shape, whoever refuses them',
    ],
  },
  {
    id: 'PAR-2',
    section: '§5',
    promise: 'inherited keys are data; nothing changes between check and use',
    proof: ['test/escape/input.test.ts :: PRM-01 keys that objects inherit are data'],
  },
  {
    id: 'PAR-SENSITIVE',
    section: '§5',
    promise:
      'values of sensitive parameters never appear in errors, logs or records, whoever says them',
    proof: [
      'test/escape/words.test.ts :: PRM-04 the value of a sensitive parameter is in no error, log or record',
      'test/escape/words.test.ts :: PRM-04 what a tool returns is its own matter',
      `${engine}/echoes.test.ts :: has no value in it, wherever it stands`,
      `${engine}/echoes.test.ts :: is withheld where looking through it would take long`,
      `${engine}/echoes.test.ts :: lets others have their turn meanwhile`,
    ],
  },
  {
    id: 'PAR-3',
    section: '§5',
    promise: 'no schema hangs the validator or reaches the network',
    proof: ['test/escape/input.test.ts :: PRM-03 patterns that hang a backtracking engine'],
  },
  {
    id: 'LIM-1',
    section: '§6',
    promise: 'time: wall clock, covers blocking host calls; the isolate is ended and replaced',
    proof: ['test/escape/lifetime.test.ts :: a guest that never ends is ended by the time limit'],
  },
  {
    id: 'LIM-2',
    section: '§6',
    promise: 'AbortSignal cancels the same way',
    proof: ['test/escape/lifetime.test.ts :: LIF-01 an invocation can be called off'],
  },
  {
    id: 'LIM-3',
    section: '§6',
    promise: 'fuel ends a guest, start functions, realloc and post-return included',
    proof: [
      'test/escape/lifetime.test.ts :: a guest that never ends is ended by fuel',
      'test/metering/attacks.test.ts :: a path %s through a recursive export is checked',
      'test/metering/attacks.test.ts :: work before a trap that a host call swallows stays paid',
      'test/metering/attacks.test.ts :: a call through a table costs the same, whoever else reaches the table',
      'test/metering/exactness.test.ts :: `unreachable` leaks no more than the tail of a doomed path',
      'test/metering/exactness.test.ts :: any other trap leaks nothing',
      'test/metering/reach.test.ts :: %s cost the same by table, export, import and call',
      'test/metering/conventions.test.ts :: what it calls back is charged, and ends the guest',
      'test/metering/conventions.test.ts :: no frame of a recursion owes what its br_table would cost',
      'test/metering/conventions.test.ts :: an exported leaf traps when nothing is left',
      'test/metering/windows.test.ts :: no start of a block is passed by',
      'test/metering/windows.test.ts :: every short budget is exhausted',
      'test/metering/windows.test.ts :: frames that return check as well',
      'test/metering/scaled.test.ts :: %s end where their budget does, wherever a block begins',
    ],
  },
  {
    id: 'LIM-4',
    section: '§6',
    promise: 'memory is one total; growth beyond it fails inside the guest',
    proof: [
      'test/escape/lifetime.test.ts :: MEM-02 memory.grow fails inside the guest at the limit',
    ],
  },
  {
    id: 'LIM-5',
    section: '§6',
    promise: 'output is bounded',
    proof: [
      'test/escape/lifetime.test.ts :: CLI-04 a flood of output is cut at the limit',
      'test/escape/realm.test.ts :: cannot exceed the output budget by sending frames of its own',
    ],
  },
  {
    id: 'LIM-6',
    section: '§6',
    promise: 'deep recursion is STACK_OVERFLOW, never a crash',
    proof: [
      'test/metering/conventions.test.ts :: recursion ends before the stack of the engine does',
      'test/escape/lifetime.test.ts :: CPU-07 deep recursion is STACK_OVERFLOW',
      'test/metering/attacks.test.ts :: an arm that %s gives its stack back, round after round',
    ],
  },
  {
    id: 'LIM-RATE',
    section: '§6',
    promise: 'a rate holds, over restarts and the processes of a command line too',
    proof: [
      'test/engine.test.ts :: a rate that is used up is RATE_LIMITED, on record',
      'test/engine.test.ts :: a rate goes on over loads anew and in another engine on the same record',
      `${engine}/rate-history.test.ts :: counts behind any number of calls that were refused for it`,
      `${engine}/limits/rate.test.ts :: never lets more than the limit into any window`,
    ],
  },
  {
    id: 'LIM-7',
    section: '§6',
    promise:
      'whatever a guest does, the embedder lives, its event loop turns, and the next invocation works',
    proof: [
      'test/escape/lifetime.test.ts :: many at once: loops and sound calls do not harm each other',
      'test/escape/realm.test.ts :: a payload that eats the heap ends its own isolate only',
    ],
  },
  {
    id: 'SUPERVISOR-RESTART',
    section: '§6',
    promise:
      'where the supervisor itself ends, what ran fails and is recorded, is never run again, and leaves no isolate; the next call gets another one, with what was granted and no more',
    proof: [
      'test/escape/engine.test.ts :: ENGINE-30 when its thread ends, what runs fails and is recorded, and the next call has another thread',
      'test/escape/engine.test.ts :: ENGINE-33 another thread grants what was granted, and no more',
      'test/escape/engine.test.ts :: ENGINE-34 a thread that ends while it is asked to open is no fault of the component',
      'test/escape/engine.test.ts :: ENGINE-35 closing and cancelling work on a thread that is gone',
    ],
  },
  {
    id: 'ISO-1',
    section: '§6',
    promise: 'JavaScript inside an isolate finds no power',
    proof: [
      'test/escape/realm.test.ts :: finds no way out',
      'test/escape/flags.test.ts :: flags alone: %s',
    ],
  },
  {
    id: 'ISO-2',
    section: '§6',
    promise: 'state never leaks between invocations',
    proof: ['test/escape/lifetime.test.ts :: LIF-03 nothing is kept between invocations'],
  },
  {
    id: 'ISO-3',
    section: '§9',
    promise: 'each layer of the operating system alone stops what it should',
    proof: [
      'test/escape/layers.test.ts :: one layer alone stops what it should, and nothing else',
      'test/escape/layers.test.ts :: all layers of this machine together stop all that they stop alone',
    ],
  },
  {
    id: 'ISO-4',
    section: '§9',
    promise: 'isolation that is required and missing is an error at load, never silently missing',
    proof: [
      'test/escape/required.test.ts :: required layers refuse the skill, with the reason',
      'test/escape/required.test.ts :: preferred layers that there are not are not claimed',
      `${engine}/isolate/level.test.ts :: the stricter of engine and load`,
    ],
  },
  {
    id: 'ISO-5',
    section: '§6',
    promise: 'isolates end with their embedder, however it ends, and nothing is left of them',
    proof: [
      'test/escape/orphans.test.ts :: a spinning process ends when its embedder is killed with SIGKILL',
      'test/escape/orphans.test.ts :: an engine that is killed in the middle of a guest leaves no isolate',
      'test/escape/orphans.test.ts :: no end of an isolate leaves a zombie',
    ],
  },
  {
    id: 'CLI-DOCTOR',
    section: '§9',
    promise:
      'skill doctor says what is there, what is missing, damaged or open to others, what it means and the way out; 7 for a problem',
    proof: [
      'test/cli/doctor.test.ts :: what is missing is told with a way to get it',
      'test/cli/doctor.test.ts :: state that others may write is a problem with its remedy',
      'test/cli/doctor.test.ts :: secret files that others may read, and settings that they may write, are problems',
      'test/cli/doctor.test.ts :: a home that cannot be made or written is a problem',
      'test/cli/doctor.test.ts :: a record that was changed, or cut at its end, is a problem',
      'test/cli/doctor.test.ts :: a changed byte of an installed skill is a problem that names the file',
      'test/cli/doctor.test.ts :: a lock that was edited, or is damaged, is a problem',
      'test/cli/doctor.test.ts :: quarantined, empty and oversized skills are told',
      'test/cli/doctor.test.ts :: cached code that was changed is told',
    ],
  },
  {
    id: 'CLI-DOCTOR-LOOKS',
    section: '§9',
    promise: 'skill doctor changes nothing of what it looks at and asks for no passphrase',
    proof: [
      'test/cli/doctor.test.ts :: state that was used is sound, and doctor leaves every byte of it as it was',
      'test/cli/doctor.test.ts :: a damaged vault is a problem, and no passphrase is asked for',
    ],
  },
  {
    id: 'OTEL-1',
    section: '§9',
    promise: 'every invocation is counted, measured and traced by skill, tool and status',
    proof: [
      'test/policy/telemetry.test.ts :: counts, measures and traces every invocation',
      'test/policy/telemetry.test.ts :: counts denials by their code, without what was asked for',
      'test/policy/telemetry.test.ts :: takes the objects of @opentelemetry/api',
    ],
  },
  {
    id: 'OTEL-2',
    section: '§9',
    promise:
      'telemetry never carries parameters, values, users, error texts or names that a caller made up',
    proof: ['test/policy/telemetry.test.ts :: never sends parameters, values, users, error texts'],
  },
  {
    id: 'OTEL-3',
    section: '§9',
    promise: 'a telemetry object that throws, now or later, harms no invocation',
    proof: ['test/policy/telemetry.test.ts :: is harmed by nothing that a telemetry object throws'],
  },
  {
    id: 'AUD-1',
    section: '§7',
    promise:
      'an intent before the guest starts, an outcome after; a kill loses no acknowledged record',
    proof: [
      `${engine}/audit/sqlite-crash.test.ts :: loses no acknowledged record, and its open invocations become interrupted`,
      'test/cli/process.test.ts :: a killed command leaves a record that says so',
      `${engine}/audit/lines-crash.test.ts :: a killed writer of JSON lines, %s, loses no acknowledged record, and leaves no lock`,
      `${engine}/audit/lines-rotation.test.ts :: a crash within a rotation`,
    ],
  },
  {
    id: 'AUD-2',
    section: '§7',
    promise: 'a store that cannot be written lets no guest run',
    proof: [
      `${engine}/audit/sqlite-unwritable.test.ts :: a full disk refuses further invocations and loses no earlier record`,
      'test/cli/process.test.ts :: a state directory that cannot be used fails before anything runs',
      `${engine}/audit/lines-unwritable.test.ts :: a full disk refuses further invocations, leaves no half line`,
      `${engine}/audit/lines-unwritable.test.ts :: a file that cannot be closed refuses further invocations until it can`,
    ],
  },
  {
    id: 'AUD-3',
    section: '§7',
    promise: 'secrets are redacted; nothing a guest prints can forge a record',
    proof: [
      `${engine}/audit/redact.test.ts :: sensitive values go, at any depth, the rest stays`,
      `${engine}/audit/escape.test.ts :: text from outside, made safe to print`,
      'packages/cli/src/history-formats.test.ts :: a record in full cannot forge a field of its own',
    ],
  },
  {
    id: 'AUD-4',
    section: '§7',
    promise: 'several processes may write one store',
    proof: [`${engine}/audit/sqlite-crash.test.ts :: eight writers: every record of each is there`],
  },
  {
    id: 'AUD-5',
    section: '§7',
    promise:
      'verification finds any change, deletion, reordering or truncation and names the first bad record',
    proof: [
      `${engine}/audit/tamper.test.ts :: the end cut off`,
      `${engine}/audit/tamper.test.ts :: a record that an index leaves out`,
      `${engine}/audit/tamper.test.ts :: an older copy of the database`,
      `${engine}/audit/cut-under-writer.test.ts :: a trigger that hides what comes`,
      `${engine}/audit/tamper.test.ts :: CREATE TRIGGER`,
      `${engine}/audit/cut-under-writer.test.ts :: exchanged under a running writer: nothing more is written`,
      `${engine}/audit/prune.test.ts :: is not removed as if it were none`,
      `${engine}/audit/cut-under-writer.test.ts :: under a running writer: nothing more is written`,
      'test/cli/audit.test.ts :: a changed record: exit code 7, the first bad entry',
      `${engine}/audit/lines-tamper.test.ts :: a file that is not what was written`,
      `${engine}/audit/lines-tamper.test.ts :: under a running writer`,
      `${engine}/audit/lines-rotation.test.ts :: %s: found, and nothing is written`,
      'test/cli/audit-lines.test.ts :: a changed line, and a removed file: exit code 7, the first bad entry',
    ],
  },
  {
    id: 'AUD-6',
    section: '§7',
    promise: 'retention, export and import keep the chain verifiable',
    proof: [
      `${engine}/audit/export.test.ts :: an import that is ended on its way leaves nothing under the name of the store`,
      `${engine}/audit/tamper.test.ts :: is no way to remove records without the key`,
      `${engine}/audit/prune.test.ts :: the oldest go all the same, and what is left verifies, also when it is exported`,
      `${engine}/audit/prune.test.ts :: writers of other processes go on, and none of theirs is lost`,
      `${engine}/audit/prune.test.ts :: while it is open, beside what is written`,
      `${engine}/audit/prune.test.ts :: an old time behind young ones removes none of them`,
      `${engine}/audit/lines-rotation.test.ts :: removes whole files that hold nothing to be kept, behind a signed summary; the rest verifies`,
      `${engine}/audit/lines-rotation.test.ts :: removes more than the summary says, or takes an older one of this store`,
      `${engine}/audit/lines-rotation.test.ts :: covers nothing: a closed file that was %s under the writer is not removed`,
      `${engine}/audit/export.test.ts :: an export verifies, and the store that is made of it says and verifies the same`,
      `${engine}/audit/export.test.ts :: one that somebody else made up verifies by itself, and not by the key that is known`,
    ],
  },
  {
    id: 'AUD-8',
    section: '§7',
    promise:
      'history and totals find what the record has, whatever clocks did and whatever is asked',
    proof: [
      `${engine}/audit/selection.property.test.ts :: the database selects and adds up as looking through everything does`,
      `${engine}/audit/clock.test.ts :: records stay in the order in which they were written`,
    ],
  },
  {
    id: 'AUD-7',
    section: '§7',
    promise:
      'the record names the credentials that were used, never their values, and the calls of host interfaces, bounded whatever a guest does',
    proof: [
      'test/escape/credentials.test.ts :: carries the value, and the result names the credential and the host',
      'test/escape/credentials.test.ts :: hands the value over, and it is still in no result, output, error or record',
      'test/components/host-interface.test.ts :: called ever so often, is one entry of the record',
      `${engine}/audit/entry.test.ts :: lists end at their bounds, and the record says how many there were`,
    ],
  },
  {
    id: 'CRD-1',
    section: '§8',
    promise:
      'a guest gets a placeholder, never the value: not from its environment, echoes, errors, redirects, pieces or packed answers',
    proof: [
      'test/escape/credentials.test.ts :: is a placeholder, another one in every invocation, and never the value',
      'test/escape/credentials.test.ts :: %s: what the server gives back is scrubbed',
      'test/escape/credentials.test.ts :: %s: also in chunks of one byte',
      'test/escape/credentials.test.ts :: asks for an answer that is not packed, and refuses one that is',
      'test/escape/credentials.test.ts :: may not ask for parts, each of which is too short to be recognised',
      'test/escape/credentials.test.ts :: nor may a later request, without a credential, by %s',
      'test/escape/credentials-attacks.test.ts :: what a server says outside of the body',
      `${engine}/broker/scrub.test.ts :: is scrubbed as if it had come in one piece`,
      `${engine}/broker/scrub.test.ts :: %s, of %s, is hidden, wherever it is split`,
      `${engine}/broker/scrub.test.ts :: comes in pieces whose lengths say nothing of how much of a guess is right`,
      `${engine}/broker/needle-search.test.ts :: what is almost right, at its beginning or its end, is not looked at more closely`,
      'test/escape/credentials.test.ts :: a guess at the value comes back over a connection at once, as far as it is right or not',
      'test/escape/credentials.test.ts :: in so many pairs of Basic that looking for them all would take the time of others',
    ],
  },
  {
    id: 'CRD-2',
    section: '§8',
    promise:
      'the value goes only over https, to hosts that the manifest binds and the operator grants; a placeholder elsewhere is a recorded denial',
    proof: [
      'test/escape/credentials.test.ts :: in a header to a host that is granted, but not bound',
      'test/escape/credentials.test.ts :: to the same server by its address',
      'test/escape/credentials.test.ts :: a placeholder anywhere else is refused, told, and reveals nothing',
      'test/escape/credentials.test.ts :: in bytes of a connection, in two pieces, and in a datagram',
      'test/escape/credentials-attacks.test.ts :: another spelling of a host',
      'test/escape/credentials-attacks.test.ts :: a placeholder taken apart, put together or mixed',
    ],
  },
  {
    id: 'CRD-3',
    section: '§8',
    promise: 'a credential belongs to one skill and one exact name; inherited names give nothing',
    proof: [
      'test/escape/credentials.test.ts :: CRD-09 is nothing of another skill, whatever name it asks for',
      `${engine}/credentials/vault.test.ts :: file vault`,
    ],
  },
  {
    id: 'CRD-4',
    section: '§8',
    promise:
      'a flipped bit, a cut file, a wrong key, a lowered iteration count or a foreign entry is a clear error and never a lost store',
    proof: [
      `${engine}/credentials/vault.test.ts :: CRD-01 a flipped bit anywhere is an error`,
      `${engine}/credentials/vault.test.ts :: CRD-06 every length but its own is an error`,
      `${engine}/credentials/vault.test.ts :: CRD-04 a lowered or raised iteration count is refused`,
      `${engine}/credentials/vault.test.ts :: entries cannot be swapped, removed, renamed`,
      `${engine}/credentials/vault-format.test.ts :: a value opens under its own vault, skill and name only`,
      `${engine}/credentials/vault-file.test.ts :: an unreadable file is never taken for a missing one`,
      `${engine}/credentials/keyring.test.ts :: a key is never kept in the memory of the kernel`,
    ],
  },
  {
    id: 'CRD-5',
    section: '§8',
    promise:
      'the vault is for this user only, written whole or not at all, by one writer at a time',
    proof: [
      `${engine}/credentials/vault-file.test.ts :: refused, and left as it is`,
      `${engine}/credentials/vault-file.test.ts :: has mode 0600 under umask %o`,
      `${engine}/credentials/vault-file.test.ts :: several processes that write at once lose nothing`,
      `${engine}/credentials/vault-file.test.ts :: a writer that dies just before or after the rename`,
    ],
  },
  {
    id: 'CRD-6',
    section: '§8',
    promise:
      'a Secret prints as [REDACTED] everywhere and is wiped; a process that holds secrets dumps no core',
    proof: [
      `${engine}/credentials/secret.test.ts :: never shows its value: %s`,
      `${engine}/credentials/secret.test.ts :: lends its bytes, and overwrites them when it is wiped`,
      `${engine}/credentials/vault-file.test.ts :: a process that has opened a vault dumps no core`,
    ],
  },
  {
    id: 'CRD-7',
    section: '§8',
    promise:
      'values never stand in results, output, errors or records, also where the guest holds them',
    proof: [
      'test/escape/credentials.test.ts :: hands the value over, and it is still in no result, output, error or record',
      'test/cli/credentials.test.ts :: nor for people, by any command that reads the record, or into any file',
    ],
  },
  {
    id: 'CRD-8',
    section: '§8',
    promise: 'no command prints a value; it is typed unseen and is no argument',
    proof: [
      'test/cli/config.test.ts :: on a terminal value and passphrase are asked for, and nothing of them is echoed',
      'test/cli/config.test.ts :: wrong use is told, and a value is taken from no argument',
    ],
  },
  {
    id: 'CON-1',
    section: '§9',
    promise: 'first use asks for consent; a changed byte asks again',
    proof: [
      'test/cli/consent.test.ts :: off a terminal nothing runs without consent',
      'test/cli/consent.test.ts :: a changed byte of the manifest asks again',
      'test/cli/consent.test.ts :: a changed byte of the component asks again',
    ],
  },
  {
    id: 'CLI-1',
    section: '§11',
    promise:
      'result on standard output, everything else on standard error, one object with --json, exit codes',
    proof: [
      'test/cli/run.test.ts :: a component file runs with no capability; the result alone is on standard output',
      'test/cli/run.test.ts :: --json prints one object in one line, and nothing else',
      'test/cli/run.test.ts :: the guest %s ends with exit code %i',
    ],
  },
  {
    id: 'ERR-1',
    section: '§11',
    promise: 'errors have closed, documented codes',
    proof: [
      'test/errors.test.ts :: documents every code with its owner and exit code, and no other',
    ],
  },
  {
    id: 'TEST-1',
    section: '§11',
    promise:
      'the harness runs a skill in the real engine with files, clock, randomness, HTTP and environment of the test',
    proof: [
      'test/testing/files.test.ts :: gives the files under the paths of the grants, and says what became of them',
      'test/testing/http.test.ts :: answers by script, over TLS, and records what was asked',
      'test/testing/world.test.ts :: has a fixed clock that only waits and the test move',
      'test/testing/world.test.ts :: draws the same for the same seed, and other for another',
      'test/testing/world.test.ts :: passes only the variables that the test gives and the manifest allows',
    ],
  },
  {
    id: 'TEST-2',
    section: '§11',
    promise:
      'what stands in for the machine changes no decision: paths, names, ports and addresses are judged as they were asked for, and the machine itself is never reached or shown',
    proof: [
      'test/testing/files.test.ts :: denies as the machine would, in the paths that the guest knows',
      'test/testing/files.test.ts :: never shows where the files really are, nor leads out of there',
      'test/testing/http.test.ts :: judges names, ports and addresses as they were asked for, not where the scripts are',
    ],
  },
  {
    id: 'TEST-3',
    section: '§11',
    promise:
      'every assertion fails where it is violated, and a request without a script fails its run',
    proof: [
      'test/testing/assertions.test.ts :: fails where it is violated, and says how',
      'test/testing/http.test.ts :: fails a run whose request no script answers, naming it',
    ],
  },
  {
    id: 'TEST-5',
    section: '§11',
    promise:
      'the contracts of stores and isolates run in any test runner, and find what breaks them',
    proof: [
      'test/testing/contracts.test.ts :: finds stores that break their promises, and closes them',
      'test/testing/contracts.test.ts :: finds an isolate that breaks its promises',
    ],
  },
  {
    id: 'TEST-4',
    section: '§11',
    promise:
      'skill test runs tests as data and as programs, on results, denials, fuel and audit records, says what failed, and exits with 1 when anything did',
    proof: [
      'test/cli/test.test.ts :: files of JavaScript and TypeScript run in Node, and find the package without installing it',
      'test/cli/test.test.ts :: --json prints one object, with what failed',
      'test/testing/declared.test.ts :: passes where it holds and fails where it does not',
      'test/testing/declared.test.ts :: has a violation of every expectation',
    ],
  },
  {
    id: 'TRUST-1',
    section: '§9',
    promise:
      'trust levels are ordered by rank and never by string comparison; a minimum per engine',
    proof: [
      'test/trust/levels.test.ts :: levels are ordered by rank: compared as texts',
      'test/trust/levels.test.ts :: a minimum refuses what is below, by path and by name',
    ],
  },
  {
    id: 'TRUST-2',
    section: '§9',
    promise: 'quarantined skills never run',
    proof: ['test/trust/levels.test.ts :: what is in quarantine never runs, whatever the minimum'],
  },
  {
    id: 'TRUST-3',
    section: '§9',
    promise: 'a skill never raises its own trust; nor does a load, or a lock by somebody else',
    proof: [
      'test/trust/packages.test.ts :: cannot raise its own trust: the manifest has no such key',
      'test/trust/levels.test.ts :: a load can lower the level of an installed skill and never raise it',
      "test/trust/install.test.ts :: a project's lock by somebody else approves nothing here, and raises no level",
    ],
  },
  {
    id: 'TRUST-4',
    section: '§9',
    promise: 'stricter isolation and limits per level',
    proof: [
      'test/trust/levels.test.ts :: the untrusted have lower limits, whatever their manifest says',
      'test/trust/levels.test.ts :: the untrusted need all layers unless the operator says otherwise',
    ],
  },
  {
    id: 'TRUST-5',
    section: '§9',
    promise: 'a changed byte of an installed package refuses to run and names the file',
    proof: [
      'test/trust/install.test.ts :: a changed byte refuses to run and says where: %s',
      'test/trust/install.test.ts :: between verification and load, other files on the disk change nothing (TOCTOU)',
      'test/trust/signatures.test.ts :: under the name of the signature, which no digest covers, is refused',
    ],
  },
  {
    id: 'TRUST-6',
    section: '§9',
    promise: 'a lock that was edited by hand approves nothing',
    proof: [
      'test/trust/install.test.ts :: a lock that was edited by hand is refused: %s',
      'test/trust/install.test.ts :: a swapped component is refused also where the lock was made to fit',
      'test/trust/install.test.ts :: under the digest that was accepted other files are refused',
      'test/trust/install.test.ts :: a damaged lock is an error, never an empty store: %s',
      'test/trust/install.test.ts :: a project in which %s is a symbolic link has nothing removed or written beyond it',
    ],
  },
  {
    id: 'TRUST-7',
    section: '§9',
    promise: 'a missing digest or signature is unverified, never verified; a wrong one refuses',
    proof: [
      'test/trust/signatures.test.ts :: a missing signature, or one by an unknown key, is unverified and never verified',
      'test/trust/cli.test.ts :: what is signed after it was installed is taken with its signature',
      'test/trust/signatures.test.ts :: a signature over another package is refused',
      'test/trust/signatures.test.ts :: a signature is refused that %s',
      'test/trust/cli.test.ts :: an update whose signature is gone or by another key asks again, whatever it asks for',
    ],
  },
  {
    id: 'TRUST-8',
    section: '§9',
    promise: 'a signature is verified before anything of the package is parsed',
    proof: [
      'test/trust/signatures.test.ts :: it is checked before anything of the package is parsed',
    ],
  },
  {
    id: 'TRUST-9',
    section: '§9',
    promise: 'packages have regular files with unambiguous names only, within bounds',
    proof: [
      'test/trust/packages.test.ts :: with %s is refused',
      'test/trust/packages.test.ts :: with %s is refused, and leaves nothing behind',
      'test/trust/packages.test.ts :: that is %s is refused',
    ],
  },
  {
    id: 'POLICY-1',
    section: '§9',
    promise:
      'hooks before an invocation run in order and cannot be skipped; one that throws, is late or answers nonsense denies',
    proof: [
      'test/policy/hooks.test.ts :: denies whatever a hook does wrong, in the record too',
      'test/policy/hooks.test.ts :: runs in order, and what hooks get is a copy for each',
      'test/policy/hooks.test.ts :: cannot be skipped by the caller, nor by changing the options later',
    ],
  },
  {
    id: 'POLICY-2',
    section: '§9',
    promise: 'rewritten parameters are validated again, and are what runs and what is recorded',
    proof: [
      'test/policy/hooks.test.ts :: denies whatever a hook does wrong, in the record too',
      'test/policy/hooks.test.ts :: rewrites what runs and what is recorded, with the digest of what was given',
    ],
  },
  {
    id: 'POLICY-3',
    section: '§9',
    promise: 'a hook after an invocation that fails withholds the result',
    proof: ['test/policy/hooks.test.ts :: withholds the result whatever a hook does wrong'],
  },
  {
    id: 'POLICY-4',
    section: '§9',
    promise: 'what a hook asks is answered by the operator, never by default',
    proof: ['test/policy/hooks.test.ts :: asks the embedder, and only true allows'],
  },
  {
    id: 'POLICY-5',
    section: '§9',
    promise: 'rate limits and bounded concurrency hold when many callers race',
    proof: [
      'test/policy/hooks.test.ts :: a rate limit raced by 100 callers lets exactly so many through',
      'test/policy/hooks.test.ts :: concurrency: a bounded queue, and every slot comes back',
    ],
  },
  {
    id: 'POLICY-6',
    section: '§9',
    promise:
      'written files that provision infrastructure are flagged, under whatever name they end up',
    proof: [
      'test/policy/hooks.test.ts :: artefact review withholds the result when infrastructure was written',
    ],
  },
  {
    id: 'TRUST-10',
    section: '§9',
    promise:
      'consent takes a typed I accept or the very digest; an upgrade that asks for more asks again',
    proof: [
      'test/trust/cli.test.ts :: another package of the same name gets nothing that was agreed to for the installed one',
      'test/trust/cli.test.ts :: anything else installs nothing: %j',
      'test/trust/cli.test.ts :: a script installs by digest, and by no other digest',
      'test/trust/cli.test.ts :: an update shows the difference and asks again for anything wider',
      'test/trust/cli.test.ts :: it counts as wider when %s',
    ],
  },
  {
    id: 'TRUST-11',
    section: '§9',
    promise: 'an agent never grants to itself: a call has no way to consent',
    proof: ['test/trust/cli.test.ts :: a parameter of a call accepts nothing'],
  },
  {
    id: 'TRUST-12',
    section: '§9',
    promise: 'an older version never replaces a newer one unasked',
    proof: ['test/trust/cli.test.ts :: a downgrade is refused without --allow-downgrade'],
  },
  {
    id: 'TRUST-13',
    section: '§9',
    promise: 'the permission table tells skills apart by manifest and by import',
    proof: [
      'test/trust/permissions.test.ts :: twelve skills are told apart',
      'test/trust/permissions.test.ts :: what is asked for without an import cannot happen',
    ],
  },
  {
    id: 'TRUST-14',
    section: '§9',
    promise: 'lint --fix never grants more',
    proof: [
      'packages/engine/src/trust/lint-rules.test.ts :: --fix leaves alone what it cannot change safely: %s',
      'packages/engine/src/trust/lint-rules.test.ts :: --fix never changes what is granted too broadly into a guess',
    ],
  },
  {
    id: 'TRUST-15',
    section: '§3',
    promise: 'overrides, grants and ceilings only narrow',
    proof: [
      `${engine}/authority/widening.property.test.ts :: %s add nothing to what is declared`,
      `${engine}/authority/widening.property.test.ts :: a credential never reaches a host that one part leaves out`,
    ],
  },
  {
    id: 'TRUST-16',
    section: '§7',
    promise:
      'one authority has one hash, and authorities that decide differently have different ones',
    proof: [
      `${engine}/authority/widening.property.test.ts :: one authority has one hash, in whatever order it is written`,
      `${engine}/authority/widening.property.test.ts :: two authorities that decide differently about a path have different hashes`,
    ],
  },
  {
    id: 'MCP-1',
    section: '§11',
    promise: 'no tool call and no request over MCP can grant, accept, skip policy or name the user',
    proof: [
      'test/mcp/mcp.test.ts :: cannot grant, accept, install, skip policy, or be somebody else',
    ],
  },
  {
    id: 'MCP-2',
    section: '§11',
    promise:
      'skills are tools of an MCP server over stdio, with errors and denials as structured content',
    proof: [
      'test/mcp/mcp.test.ts :: lists and calls tools, with failures and denials as structured content',
      'test/mcp/mcp.test.ts :: speaks with the official client over standard input and output',
    ],
  },
  {
    id: 'MCP-3',
    section: '§11',
    promise: 'texts of a skill reach a model and its user without control characters, and bounded',
    proof: ['test/mcp/mcp.test.ts :: texts of a hostile skill are escaped and bounded'],
  },
  {
    id: 'MCP-4',
    section: '§11',
    promise:
      'the MCP server speaks streamable HTTP, in sessions and without, with the record of stdio',
    proof: [
      'test/mcp/http.test.ts :: speaks with the official client %s',
      'test/mcp/http.test.ts :: answers as events, keeps a stream per session, and ends a session when asked to',
      'test/mcp/http.test.ts :: cannot listen: says why, and what helps',
    ],
  },
  {
    id: 'MCP-5',
    section: '§11',
    promise:
      'over HTTP no page of a foreign origin or rebound name, and nobody without the token, reaches a tool; beyond loopback there must be one',
    proof: [
      'test/mcp/http-attacks.test.ts :: a page of another origin gets nothing, not even an answer to whether it may',
      'test/mcp/http-attacks.test.ts :: a name that was made to mean this machine is not answered to',
      'test/mcp/http-attacks.test.ts :: without the token nothing is read, and none of it is told',
      'test/mcp/http-attacks.test.ts :: without a token only loopback is listened to, whatever it is called',
      'test/cli/serve-http.test.ts :: the token comes from the environment or a file, and is asked for',
    ],
  },
  {
    id: 'MCP-6',
    section: '§11',
    promise: 'over HTTP requests, sessions, connections, answers and concurrent calls are bounded',
    proof: [
      'test/mcp/http-attacks.test.ts :: a body that is too large is refused, declared or not, and so is one that is nested without end',
      'test/mcp/http-attacks.test.ts :: a request that does not arrive is ended',
      'test/mcp/http-attacks.test.ts :: a flood of sessions, connections or subscriptions finds no room, and gives it back',
      'test/mcp/http-attacks.test.ts :: a session that nobody opened, or that has ended, is none',
      'test/mcp/http-attacks.test.ts :: no more calls run at once than may, also in one request, and who gave up counts until it has ended',
      'packages/mcp/src/http/wire.test.ts :: a client that reads nothing is waited for so long',
    ],
  },
  {
    id: 'MCP-7',
    section: '§11',
    promise:
      'a call whose client goes away, gives it up or deletes its session, or whose server ends, is cancelled and recorded',
    proof: [
      'test/mcp/http.test.ts :: a call that the client gives up is cancelled: %j',
      'test/mcp/http-attacks.test.ts :: who goes away in the middle of a call, or deletes its session, leaves nothing running',
      'test/mcp/http-attacks.test.ts :: a close in the middle of calls cancels them, records that, and leaves nobody connected',
      'test/cli/serve-http.test.ts :: %s in the middle of a call cancels it and ends the server',
      'test/cli/serve-http.test.ts :: a server that is killed leaves a record that says so',
    ],
  },
  {
    id: 'SKILLMD-1',
    section: '§9',
    promise:
      'frontmatter is validated as the Agent Skills format asks, as bounded YAML without references',
    proof: [
      `${engine}/skill-md/frontmatter.test.ts :: a name with %s`,
      `${engine}/skill-md/frontmatter.test.ts :: frontmatter with %s`,
      `${engine}/skill-md/frontmatter.test.ts :: a name that is not the name of the folder`,
    ],
  },
  {
    id: 'SKILLMD-2',
    section: '§9',
    promise: 'resources lie under the skill, have an allowed extension, and no link leads to them',
    proof: [
      'test/skill-md/skill-md.test.ts :: paths that are no plain name of a resource are refused, without a look at the disk',
      'test/skill-md/skill-md.test.ts :: links are refused, to files and to directories, and are not listed',
      'test/skill-md/skill-md.test.ts :: what is swapped for a link after the discovery is refused',
    ],
  },
  {
    id: 'SKILLMD-3',
    section: '§9',
    promise:
      'discovery has a maximum depth, follows no link, and no skill takes the name of another',
    proof: [
      'test/skill-md/skill-md.test.ts :: goes four levels deep, follows no links, and does not look into skills',
      'test/skill-md/skill-md.test.ts :: two skills of one name are both out: neither can take the place of the other',
    ],
  },
  {
    id: 'SKILLMD-4',
    section: '§9',
    promise: 'an excluded tool is not there for whoever calls it; excluding load_skill warns',
    proof: [
      'test/skill-md/skill-md.test.ts :: excluded ones are not there, also for whoever calls them, and cannot be replaced',
    ],
  },
  {
    id: 'SKILLMD-5',
    section: '§9',
    promise: 'a script is a tool of the sandbox with what the operator granted, never a process',
    proof: [
      'test/skill-md/skill-md.test.ts :: for an interpreter are refused, with the way out',
      'test/skill-md/skill-md.test.ts :: run with what the operator granted, whatever the model asks for',
      'test/skill-md/skill-md.test.ts :: a folder never takes the place, or the grants, of a skill that is loaded',
    ],
  },
  {
    id: 'SKILLMD-6',
    section: '§9',
    promise:
      'each call of the four tools is recorded and passes the policy, a script on its own name too',
    proof: [
      'test/skill-md/skill-md.test.ts :: list, load, read and run, each call recorded with user and caller',
      'test/skill-md/skill-md.test.ts :: are judged by the policy, and so is the script itself, on its own name',
      'test/skill-md/skill-md.test.ts :: never record the parameters of a script but as the script has them recorded',
    ],
  },
  {
    id: 'METRIC-1',
    section: '§9',
    promise: 'health and metrics count every recorded invocation once, refused ones included',
    proof: [
      'test/policy/metrics.test.ts :: count every invocation once, by tool, refused ones too',
      'packages/engine/src/health.test.ts :: is degraded from as many failures as successes on',
      'packages/engine/src/health.test.ts :: %s says nothing about a skill',
      'test/policy/telemetry.test.ts :: observes which loaded skills are degraded, for as long as the engine is open',
      'test/cli/history.test.ts :: stats name what is degraded, for people and for programs',
    ],
  },
  {
    id: 'AUT-1',
    section: '§11',
    promise:
      'skill new, build, test and run lead from nothing to a tool in the sandbox, in six languages',
    proof: [
      'test/author/javascript.test.ts :: %s, template %s: new, build, its own tests',
      'test/author/compiled.test.ts :: new, build, test',
      'test/author/guides.test.ts :: docs/guides/authoring-%s.md',
    ],
  },
  {
    id: 'AUT-2',
    section: '§11',
    promise: 'a missing compiler or package is named with the way to install it',
    proof: [
      'test/author/compiled.test.ts :: %s without its compiler: says what to install',
      'test/author/javascript.test.ts :: names the package that a build needs and does not find',
    ],
  },
  {
    id: 'AUT-3',
    section: '§11',
    promise:
      'a build writes nowhere but into the folder that it builds, and a failed one leaves the last component',
    proof: [
      'test/author/javascript.test.ts :: writes nowhere but into the folder that it builds',
      'test/author/javascript.test.ts :: says what does not build, and leaves the last component',
    ],
  },
  {
    id: 'AUT-4',
    section: '§11',
    promise: 'skill dev gives a skill nothing that nobody granted',
    proof: ['test/author/javascript.test.ts :: dev gives a skill nothing that nobody granted'],
  },
  {
    id: 'IMP-1',
    section: '§11',
    promise:
      'skill import asks for no more than the policy or manifest that it reads, and names what it leaves out',
    proof: [
      'packages/cli/src/import-wassette.test.ts :: never grants what the policy denies',
      'packages/cli/src/import-kubiya.test.ts :: writes what has a counterpart, and no more',
      'packages/cli/src/import-kubiya.test.ts :: says what it leaves, secrets without their values',
      'test/cli/import.test.ts :: a Wassette policy becomes a manifest, and its skill sees what the policy allows',
    ],
  },
  {
    id: 'CONFIG-1',
    section: '§9',
    promise:
      'project files, the environment and flags can only narrow what the operator configured, setting by setting',
    proof: [
      `${engine}/settings/settings.test.ts :: %s: own %j, theirs %j`,
      `${engine}/settings/settings.test.ts :: every setting has its attacker`,
      `${engine}/settings/settings.test.ts :: a ceiling cannot name the server that skills ask for addresses`,
      'test/cli/settings.test.ts :: limits of the configuration hold, and flags cannot raise them',
      'test/cli/settings.test.ts :: no checkout makes it remove more',
    ],
  },
  {
    id: 'CONFIG-2',
    section: '§9',
    promise: 'every value is explained by the file and line, or the variable, that said so',
    proof: [
      'test/cli/settings.test.ts :: skill config explain names the file and line, or the variable, of every value',
      `${engine}/settings/settings.test.ts :: tells what was said without effect`,
    ],
  },
  {
    id: 'CONFIG-3',
    section: '§9',
    promise:
      'unknown keys and variables, and files that others could have written or lead elsewhere, are refused with their place before anything runs',
    proof: [
      'test/cli/settings.test.ts :: mistakes are told with their place, and nothing runs',
      'test/cli/settings.test.ts :: a project file that is a link, a pipe or a folder is refused',
      "test/cli/settings.test.ts :: the operator's own file is not read where everybody may write it",
      `${engine}/settings/settings.test.ts :: reading`,
    ],
  },
  {
    id: 'CONFIG-4',
    section: '§9',
    promise:
      'the configured policy holds on skill run and skill serve, and only a typed yes on a terminal allows what it asks',
    proof: [
      'test/cli/settings.test.ts :: skill run holds to the lists, and records what they deny',
      'test/cli/settings.test.ts :: skill serve holds to the lists, and never asks',
      'test/cli/settings.test.ts :: a tool that must be asked for: the answer %j',
      'test/cli/settings.test.ts :: without a terminal, and with --json, what must be asked is denied',
    ],
  },
  {
    id: 'FLAT-CONFIG',
    section: '§2.4',
    promise:
      'a component of the flat world judges its configuration at load, without capabilities and within limits; its refusal refuses the load',
    proof: [
      'test/components/flat.test.ts :: accepts, or refuses the load with its reason',
      'test/components/flat.test.ts :: gets what the flat world gives it: a value for each name, and whether it is secret',
      'test/components/flat.test.ts :: is judged as there: by err alone, whatever stands beside it, and by being JSON',
      'test/components/flat.test.ts :: refuses where it does not answer',
      'test/components/flat.test.ts :: sees granted credentials by name, and no value',
    ],
  },
  {
    id: 'IFACE-WIRE',
    section: '§4',
    promise:
      'an isolate that speaks by hand reaches no interface that is not granted, and no implementation with values that are not of its types',
    proof: [
      'test/escape/wire-interfaces.test.ts :: WIRE-50 an interface that is not granted is denied, whether it is offered or not',
      'test/escape/wire-interfaces.test.ts :: WIRE-51 a function that is not offered is not found, by inheritance neither',
      'test/escape/wire-interfaces.test.ts :: WIRE-52 arguments that are not of its types never reach the implementation',
      'test/escape/wire-interfaces.test.ts :: %s ends the isolate, and the next one works',
    ],
  },
  {
    id: 'NATIVE-1',
    section: '§10',
    promise: 'no shell, ever: arguments reach a command as they are',
    proof: [
      'test/native/runtime.test.ts :: runs a command with its arguments, and answers with its exit code and output',
    ],
  },
  {
    id: 'NATIVE-2',
    section: '§10',
    promise:
      'a command is resolved once, to a file that nobody else could have put there, and is refused when it is another one',
    proof: [
      'test/native/commands.test.ts :: is found in the fixed search path, not in that of the program, the directory or the skill',
      'test/native/commands.test.ts :: directories that everybody may write to are left out',
      'test/native/commands.test.ts :: no file that cannot be executed, no directory, nothing of the skill',
      'test/native/commands.test.ts :: nothing that the skill may write',
      'test/native/commands.test.ts :: a command that was %s is refused',
      'test/native/escapes.test.ts :: the interpreter of a script is trusted no less than the script, and stays the same',
      'test/native/escapes.test.ts :: %s %j finds no command elsewhere',
    ],
  },
  {
    id: 'NATIVE-3',
    section: '§10',
    promise:
      'only listed arguments are allowed, and forbidden ones are found as --flag=value, joined, abbreviated and disguised',
    proof: [
      'packages/native/src/arguments/judge.test.ts :: beats what is allowed, in every disguise',
      'packages/native/src/arguments/judge.test.ts :: finds a letter in every cluster',
      'packages/native/src/arguments/judge.test.ts :: %j is refused, whatever is allowed',
      'packages/native/src/arguments/judge.test.ts :: judges every argument, also behind `--`',
      'test/native/guide.test.ts :: its tables of arguments are true',
      'test/native/escapes.test.ts :: arguments that nobody sees need lists that allow all',
    ],
  },
  {
    id: 'NATIVE-4',
    section: '§10',
    promise: 'paths in arguments and the working directory stay within the grants',
    proof: [
      'test/native/paths.test.ts :: outside of the grants is refused',
      'test/native/paths.test.ts :: %s is forbidden, or holds what is',
      'test/native/paths.test.ts :: the words of an inner command',
      'test/native/paths.test.ts :: nothing that is granted leads elsewhere when it was made a link',
      'test/native/escapes.test.ts :: a path is one behind whatever a program cuts an argument at',
      'test/native/escapes.test.ts :: a link that is reached from a directory among the arguments',
    ],
  },
  {
    id: 'NATIVE-5',
    section: '§10',
    promise: 'the environment is filtered as elsewhere, and no variable decides what code runs',
    proof: [
      'test/native/runtime.test.ts :: has nothing of the environment but what passes and what is fixed',
      'test/native/commands.test.ts :: a variable that decides what code runs cannot be asked for',
      'test/native/commands.test.ts :: some pass by name, and by no pattern',
      'test/native/git.test.ts :: %s of a repository starts no program',
      'test/native/escapes.test.ts :: %s %j takes nothing of its environment away',
      'test/native/escapes.test.ts :: names none of its own files',
    ],
  },
  {
    id: 'NATIVE-6',
    section: '§10',
    promise: 'output is bounded, and drives no terminal',
    proof: [
      'test/native/process.test.ts :: of %s is bounded, and its command ended',
      'test/native/process.test.ts :: is text, and drives no terminal',
    ],
  },
  {
    id: 'NATIVE-7',
    section: '§10',
    promise:
      'the process group is killed when the time is up, and nothing is left of it when a call has ended',
    proof: [
      'test/native/process.test.ts :: when its time is up, nothing is left',
      'test/native/process.test.ts :: when it ends, nothing is left',
      'test/native/process.test.ts :: a command ends with its engine, also when that is killed',
      'test/native/engine.test.ts :: its time is kept, and what it wrote until then is told',
    ],
  },
  {
    id: 'NATIVE-8',
    section: '§10',
    promise:
      'rules, which are data, refuse destructive commands wherever they stand, also in the text of sh -c; what cannot be read is refused',
    proof: [
      'packages/native/src/rules/screen.test.ts :: destroys files, file systems or the machine',
      'packages/native/src/rules/screen.test.ts :: destroys things in clouds and clusters',
      'packages/native/src/rules/screen.test.ts :: within another command',
      'packages/native/src/rules/screen.test.ts :: rules are data: copied through JSON they say the same, and an operator adds his own',
      'test/native/shell-agreement.test.ts :: holds for texts of pieces that mean something to a shell',
      'test/native/shell-agreement.test.ts :: holds for commands that run others',
      'test/native/shell-agreement.test.ts :: tells exactly the words that a shell takes',
    ],
  },
  {
    id: 'NATIVE-9',
    section: '§10',
    promise:
      'a refusal is a denial with the lines of the manifest that would allow it, and is on record',
    proof: [
      'test/native/commands.test.ts :: a denial of an argument has the section as it would have to read',
      'test/native/engine.test.ts :: a refusal is a denial with its lines, on the result and in the record',
      'test/native/cli.test.ts :: a denial has the lines that would allow it, and exit code 4',
      'test/native/escapes.test.ts :: a denial suggests nothing wider',
    ],
  },
  {
    id: 'DOCKER-1',
    section: '§10',
    promise:
      'every call runs in a fresh container, which is asked for to the letter: read-only root, no capability, no new privileges, no network, no device, namespaces of its own',
    proof: [
      'test/docker/daemon.test.ts :: asks for a closed container, and for nothing else',
      'test/docker/attacks.test.ts :: finds nothing that a call before it left',
      'test/docker/attacks.test.ts :: is nobody: no capability, no way to one, and a filter of system calls',
      'test/docker/attacks.test.ts :: makes no device, mounts nothing, and changes no root',
      'test/docker/attacks.test.ts :: sees no device of the host',
      'test/docker/attacks.test.ts :: shares no namespace with the host',
      'test/docker/attacks.test.ts :: sees no process, name or memory of the host',
    ],
  },
  {
    id: 'DOCKER-2',
    section: '§10',
    promise:
      'memory, processor, processes, disk, output and time are bounded; a container engine that does not keep a limit runs nothing',
    proof: [
      'test/docker/attacks.test.ts :: has no more memory than it may, and swap is none of it',
      'test/docker/attacks.test.ts :: has no more processes than it may',
      'test/docker/attacks.test.ts :: writes no more to /tmp and /dev/shm than its disk, nor does it run what it wrote',
      'test/docker/attacks.test.ts :: writes nothing at all where its disk is nothing',
      'test/docker/attacks.test.ts :: prints no more than it may',
      'test/docker/attacks.test.ts :: ends at once when its time is up, whatever signals it ignores',
      'test/docker/attacks.test.ts :: has a root that may be written only where that is bounded',
      'test/docker/daemon.test.ts :: asks for no more processors than there are',
      'test/docker/daemon.test.ts :: opens no skill: it made of a container another %s',
      'test/docker/daemon.test.ts :: ends output that does not end: by its length, and as one frame',
    ],
  },
  {
    id: 'DOCKER-3',
    section: '§10',
    promise: 'nothing runs as root, in whatever spelling, nor is raised to it',
    proof: [
      'test/docker/mounts.test.ts :: is never root, nor a name that may be: %j',
      'test/docker/attacks.test.ts :: is not raised by a setuid program',
      'test/docker/attacks.test.ts :: that comes with volumes, users, variables and a program of its own gets what the manifest says',
    ],
  },
  {
    id: 'DOCKER-4',
    section: '§10',
    promise:
      'a container has no network, and a skill that is granted hosts is refused instead of having all of them',
    proof: [
      'test/docker/attacks.test.ts :: reaches nobody: neither the host nor the loopback of it',
      'test/docker/mounts.test.ts :: hosts of the network',
      'test/docker/engine.test.ts :: a skill that the container engine cannot hold is refused when it is loaded',
    ],
  },
  {
    id: 'DOCKER-5',
    section: '§10',
    promise:
      'volumes are what the filesystem grants say, resolved at each call: read-only is read-only, and what is forbidden, of the kernel or of the container engine is never mounted',
    proof: [
      'test/docker/attacks.test.ts :: reads and writes what is granted, where it stands, and only as granted',
      'test/docker/mounts.test.ts :: is resolved at each call: the operator may point a link elsewhere',
      'test/docker/mounts.test.ts :: ends the container when it came to lead elsewhere while that was started',
      'test/docker/mounts.test.ts :: %s, and what a link leads to there',
      'test/docker/mounts.test.ts :: socket and data, by a directory around them, beside or inside them',
      'test/docker/mounts.test.ts :: a directory in which another file system is mounted, and which is by itself',
      'test/docker/mounts.test.ts :: what is forbidden, by whatever path it is reached',
      'test/docker/mounts.test.ts :: what is forbidden, under another name of the same file',
      'test/docker/mounts.test.ts :: what is forbidden, below a directory that is mounted a second time',
      'test/docker/mounts.test.ts :: devices and sockets, of a directory that is mounted a second time',
      'test/docker/mounts.test.ts :: a path that says how it is mounted',
      'test/docker/ways.test.ts :: is refused what it could lead elsewhere: %s',
      'test/docker/ways.test.ts :: does not come to the rest of the host at its next call',
      'test/docker/ways.test.ts :: leads a volume of its own nowhere by a link that it brings along',
      'test/docker/ways.test.ts :: makes nothing in what it may read, by mounts in mounts',
      'test/docker/ways.test.ts :: is told by no output, and no parameters go there',
    ],
  },
  {
    id: 'DOCKER-6',
    section: '§10',
    promise:
      "parameters come by standard input as JSON, and the environment of the call and nothing of the engine's; the answer is what was printed, or the exit code",
    proof: [
      'test/docker/daemon.test.ts :: asks for a closed container, and for nothing else',
      'test/docker/attacks.test.ts :: is given parameters of megabytes, and may leave them unread',
      'test/docker/daemon.test.ts :: takes %j for a value',
      'test/docker/daemon.test.ts :: passes on how the container ended',
      'test/docker/attacks.test.ts :: gets the variables of its call, and none of the engine',
      'test/docker/engine.test.ts :: a credential for the guest comes as a variable, and nothing that it prints shows it',
    ],
  },
  {
    id: 'DOCKER-7',
    section: '§10',
    promise:
      'the container is removed whatever happens: at its end, an error at any step, a cancel, the end of the engine, and a kill of the engine',
    proof: [
      'test/docker/daemon.test.ts :: fails a call and removes its container: $step is answered with $way',
      'test/docker/daemon.test.ts :: ends a call that is cancelled, at once, and removes its container',
      'test/docker/engine.test.ts :: the time limit, the caller and the end of the engine each end the container',
      'test/docker/leftovers.test.ts :: of an engine that was killed goes when a skill is next opened',
      'test/docker/leftovers.test.ts :: of calls that still run stays, whoever opens and closes skills meanwhile',
      'test/docker/leftovers.test.ts :: is not what only bears our labels, which an image can have too',
    ],
  },
  {
    id: 'DOCKER-8',
    section: '§10',
    promise:
      'what runs is the image that was found when the skill was loaded, by digest, which is in the record; a missing one is an error that says how to get it',
    proof: [
      'test/docker/attacks.test.ts :: runs from the image that was there when it was opened',
      'test/docker/engine.test.ts :: skill run asks for consent, runs, and records the digest of the image',
      'test/docker/daemon.test.ts :: that is missing is an error that says how to get it, and is not fetched',
    ],
  },
  {
    id: 'DOCKER-9',
    section: '§10',
    promise:
      'a container engine that hangs or misbehaves fails a call in bounded time, and harms nothing else',
    proof: [
      'test/docker/daemon.test.ts :: opens no skill: $step is answered with $way',
      'test/docker/daemon.test.ts :: is not believed when its output is none',
      'test/docker/daemon.test.ts :: says which container it did not remove',
      'test/docker/daemon.test.ts :: is asked again after the next call for a container that it did not remove',
    ],
  },
];
