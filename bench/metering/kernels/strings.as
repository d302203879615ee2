// Many short copies and scans, as string code does.
function length(at: usize): i32 {
  let n = 0;
  while (load<u8>(at + n)) n++;
  return n;
}
function find(at: usize, byte: u8): i32 {
  let i = 0;
  while (true) {
    const c = load<u8>(at + i);
    if (c == byte) return i;
    if (!c) return -1;
    i++;
  }
}
export function run(n: i32): i32 {
  const a: usize = 1024;
  const b: usize = 2048;
  for (let i = 0; i < 60; i++) store<u8>(a + i, 33 + i);
  store<u8>(a + 60, 0);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const from = i & 31;
    const size = length(a + from);
    memory.copy(b, a + from, size + 1);
    sum += find(b, 70) + size;
  }
  return sum;
}
