;; native: import wasi:cli/stdout@0.2.12;
;; CLI-04: prints beyond the limit, catches what ends it, and answers as if nothing had been.
(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $get-stdout (result i32)))
(import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-zeroes-and-flush"
  (func $zeroes (param i32 i64 i32)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (local $left i32) (local $out i32)
  (local.set $out (call $get-stdout))
  (local.set $left (i32.const 300))
  (loop $again
    (block $caught
      (try_table (catch_all $caught)
        (call $zeroes (local.get $out) (i64.const 4096) (i32.const 32))))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (call $ok-number (i32.const 42)))
