// FS-04: keep a descriptor of a directory whose name becomes a link out of the grant, then use it.
export default function (wasi, _args, utf8) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  const inside = directory.openAt(
    {},
    'swap',
    { directory: true },
    { read: true, mutateDirectory: true },
  );
  directory.openAt({}, 'ready', { create: true }, { write: true });
  const there = (name) => {
    try {
      directory.statAt({}, name);
      return true;
    } catch {
      return false;
    }
  };
  while (!there('swapped')) wasi.clocks.monotonicClock.subscribeDuration(2000000).block();
  const attempt = (action, otherwise) => {
    try {
      return action();
    } catch {
      return otherwise;
    }
  };
  const listed = attempt(() => {
    const names = [];
    const entries = inside.readDirectory();
    for (let entry; (entry = entries.readDirectoryEntry());) names.push(entry.name);
    return names;
  }, []);
  const opened = ['secret.txt', 'data-secret/secret.txt', 'skills'].flatMap((path) =>
    attempt(
      () => [inside.openAt({ symlinkFollow: true }, path, {}, { read: true }).getType() && path],
      [],
    ),
  );
  attempt(() => inside.openAt({}, 'made-by-guest', { create: true }, { write: true }));
  attempt(() => inside.createDirectoryAt('made-by-guest'));
  return { listed, opened, created: [] };
}
