/**
 * Imports of the host without jco's asynchronous tasks.
 *
 * jco (1.35) makes a task, a subtask, promises and closures for every call that a guest makes of its host, for the
 * sake of WASI 0.3. Here every import is synchronous: that bookkeeping decides nothing and was about 6 of the 7 µs of a
 * call. It is cut out of each trampoline; lifting, lowering, handles, borrows, traps and the may-leave check stay as
 * jco wrote them. A trampoline that does not have exactly the known form keeps all of its code.
 *
 * No name of a component can look like what is searched for: names have no `;`, no line break and no quote
 * (`names.ts`), and each pattern needs one of those at every end.
 */

/** From the making of the task to its start; nothing in between has an effect outside of it. */
const taskBirth =
  /\n *const hostProvided = true;\n\s*let parentTask;\n[^]*?\n *const started = task\.enterSync\(\);\n/u;

/** The call itself, wrapped for the sake of the task. */
const wrappedCall =
  /_withGlobalCurrentTaskMeta\(\{\n *componentIdx: task\.componentIdx\(\),\n *taskID: task\.id\(\),\n *fn: \(\) => _trackHostOperation\(\(\) => (.*)\),\n *\}\)\n *;/u;

/** What the task is told of an exception that goes on to the guest. */
const taskFailure =
  /\n *_debugLog\('\[Instruction::CallInterface\] error during sync call', \{\n *taskID: task\.id\(\),\n *subtaskID: task\.getParentSubtask\(\)\?\.id\(\),\n *err,\n *\}\);\n( *getOrCreateAsyncState\(\d+\)\.markTrapped\(err\);)\n *task\.setErrored\(err\);\n *task\.reject\(err\);\n *task\.exit\(\);\n/u;

const taskEnd = /\n *task\.resolve\(\[.*\]\);\n *task\.exit\(\);\n/gu;

/** Debug output of `moduleToScript` goes nowhere; its arguments need not be made. */
const debugEntry = /\n *_debugLog\('\[iface=.*\] \(sync, @ enter\)'\);(?=\n)/gu;
const debugReturn =
  /\n *_debugLog\('\[iface=.*\]\[Instruction::Return\]', \{\n *funcName: '.*',\n *paramCount: \d+,\n *async: false,\n *postReturn: false\n *\}\);(?=\n)/gu;

const remains = /\b(?:task|parentTask|subtask|started|createTask)\b/u;

function withoutTask(trampoline: string): string | undefined {
  const text = trampoline
    .replace(taskBirth, '\n')
    .replace(wrappedCall, (_, call: string) => `${call};`)
    .replace(taskFailure, '\n$1\n')
    .replace(taskEnd, '\n')
    .replaceAll(debugEntry, '')
    .replaceAll(debugReturn, '');
  return remains.test(text.replaceAll(/'[^'\n]*'/gu, "''")) ? undefined : text;
}

/** How a core module reaches trampoline N: only while its component instance may be left, as jco checks too. */
const direct = (n: string, component: string): string =>
  `let trampoline${n} = (...args) => { _checkMayLeave(${component}); return _trampoline${n}(...args); };`;

const trampoline =
  /\n( *)const _trampoline(\d+) = function\([^]*?\n\1_trampoline\2\.fnName = '.*';\n/gu;

function bindingOf(n: string): RegExp {
  const lowered = `_lowerImportBackwardsCompat\\.bind\\(\\n *null,\\n *\\{\\n *trampolineIdx: ${n},\\n *componentIdx: (\\d+),\\n *isAsync: false,\\n(?:(?! *let trampoline)[^\\n]*\\n)*? *importFn: _trampoline${n},\\n *\\},\\n *\\)`;
  return new RegExp(
    ` *let trampoline${n} = _trampoline${n}\\.manuallyAsync \\? new WebAssembly\\.Suspending\\(_suspendingImport\\(\\d+, ${lowered}\\)\\) : ${lowered};\\n`,
    'u',
  );
}

/** The text of the generated code with every synchronous import of the host called directly. */
export function callImportsDirectly(source: string): string {
  const simple = new Map<string, string>();
  for (const [text, , n] of source.matchAll(trampoline)) {
    const found = bindingOf(n!).exec(source);
    const isSynchronous = found !== null && /\n *funcTypeIsAsync: false,\n/u.test(found[0]);
    const body = isSynchronous ? withoutTask(text) : undefined;
    if (!found || body === undefined) continue;
    simple.set(text, body);
    simple.set(found[0], `  ${direct(n!, found[1]!)}\n`);
  }
  let text = source;
  for (const [from, to] of simple) text = text.replace(from, () => to);
  return text;
}
