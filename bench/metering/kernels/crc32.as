// A table-driven checksum: one load depends on the one before.
export function run(n: i32): i32 {
  const table: usize = 1024;
  const data: usize = 4096;
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    store<u32>(table + i * 4, c);
  }
  for (let i = 0; i < 65536; i++) store<u8>(data + i, i * 31);
  let crc: u32 = 0xffffffff;
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < 65536; i++) {
      crc = load<u32>(table + ((crc ^ load<u8>(data + i)) & 255) * 4) ^ (crc >> 8);
    }
  }
  return crc;
}
