;; native: import wasi:cli/stdout@0.2.12; import wasi:cli/stderr@0.2.12;
;; CLI-04: writes 80 MiB to each of its output streams, 4 KiB at a time, whatever the host answers.
;; Returns how many of the 40 960 writes failed.
(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
(import "wasi:cli/stderr@0.2.12" "get-stderr" (func $stderr (result i32)))
(import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
  (func $write (param i32 i32 i32 i32)))
(global $failed (mut i32) (i32.const 0))
(func $flood (param $stream i32)
  (local $left i32)
  (local.set $left (i32.const 20480))
  (loop $more
    (call $write (local.get $stream) (i32.const 4096) (i32.const 4096) (i32.const 512))
    (global.set $failed (i32.add (global.get $failed) (i32.load8_u (i32.const 512))))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $more (local.get $left))))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 4096) (i32.const 65) (i32.const 4096))
  (call $flood (call $stdout))
  (call $flood (call $stderr))
  (call $ok-number (global.get $failed)))
