;; native: import wasi:clocks/monotonic-clock@0.2.12;
;; MEM-04: makes pollables and never drops one.
(import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration"
  (func $subscribe-duration (param i64) (result i32)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (loop $again (drop (call $subscribe-duration (i64.const 0))) (br $again))
  unreachable)
