// FS-23: opening a FIFO blocks the host forever, unless it looks first.
export default function (wasi) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  return [{ read: true }, { write: true }].map((flags) => {
    try {
      return { path: 'fifo', opened: directory.openAt({}, 'fifo', {}, flags).getType() };
    } catch (error) {
      return { path: 'fifo', error: error.payload ?? String(error) };
    }
  });
}
