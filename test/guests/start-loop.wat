;; native
;; CPU-02: the module's start function never returns, so that instantiation never ends.
(start $start)
(func $start (loop $again (br $again)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $ok-number (i32.const 42)))
