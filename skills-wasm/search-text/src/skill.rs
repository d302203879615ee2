//! What a skill in Rust needs beside `serde_json`: the interface `skill:engine/tools` as the canonical ABI lowers it.
//! The file is yours: it has no other part anywhere.
//!
//! Nothing is freed: an instance lives for one call.

use serde_json::{Map, Value};

/// A tool that ran and did not do what it was asked.
pub struct ToolError {
    /// A stable name for this kind of failure, for programs: `not-found`.
    pub code: &'static str,
    /// What went wrong, for people.
    pub message: String,
}

impl ToolError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        ToolError {
            code,
            message: message.into(),
        }
    }
}

/// One tool.
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON Schema of an object, draft 2020-12. The host validates every call with it.
    pub parameters: &'static str,
    pub run: fn(&Map<String, Value>) -> Result<Value, ToolError>,
}

/// Exports these tools: `skill::export!(TOOLS)`, once, at the top of `lib.rs`.
#[macro_export]
macro_rules! export_tools {
    ($tools:expr) => {
        #[export_name = "skill:engine/tools@0.1.0#list-tools"]
        pub extern "C" fn __list_tools() -> *const u32 {
            $crate::skill::list($tools)
        }

        /// # Safety
        /// Called by the host, with what it wrote by `cabi_realloc`.
        #[export_name = "skill:engine/tools@0.1.0#invoke"]
        pub unsafe extern "C" fn __invoke(
            name: *mut u8,
            name_length: usize,
            parameters: *mut u8,
            length: usize,
        ) -> *const u32 {
            let name = String::from_raw_parts(name, name_length, name_length);
            let parameters = String::from_raw_parts(parameters, length, length);
            $crate::skill::invoke($tools, &name, &parameters)
        }
    };
}

pub use export_tools as export;

/// # Safety
/// Called by the host: `old` is null, or came from here with `old_size` and `align`.
#[export_name = "cabi_realloc"]
pub unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    size: usize,
) -> *mut u8 {
    use std::alloc::{alloc, handle_alloc_error, realloc, Layout};
    if size == 0 {
        return align as *mut u8;
    }
    let layout =
        Layout::from_size_align_unchecked(if old_size == 0 { size } else { old_size }, align);
    let memory = if old_size == 0 {
        alloc(layout)
    } else {
        realloc(old, layout, size)
    };
    if memory.is_null() {
        handle_alloc_error(layout)
    }
    memory
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn fd_prestat_get(descriptor: u32, stat: *mut [u32; 2]) -> u32;
    fn fd_prestat_dir_name(descriptor: u32, name: *mut u8, length: u32) -> u32;
}

/// The granted directories, by their names: the manifest's paths, on the host. `std::fs` takes paths beneath them.
#[allow(dead_code)]
pub fn grants() -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for descriptor in 3.. {
        let mut stat = [0; 2];
        // Safe: the host writes 8 bytes, then as many as it said.
        if unsafe { fd_prestat_get(descriptor, &mut stat) } != 0 {
            break;
        }
        let mut name = vec![0; stat[1] as usize];
        if unsafe { fd_prestat_dir_name(descriptor, name.as_mut_ptr(), stat[1]) } != 0 {
            break;
        }
        found.push(String::from_utf8_lossy(&name).into_owned().into());
    }
    found
}

/// Words of memory for the host, which are never freed.
fn leak(words: Vec<u32>) -> *const u32 {
    Box::leak(words.into_boxed_slice()).as_ptr()
}

/// Address and length of a text that is never freed.
fn text(text: &str) -> [u32; 2] {
    let kept = Box::leak(text.to_owned().into_boxed_str());
    [kept.as_ptr() as u32, kept.len() as u32]
}

#[doc(hidden)]
pub fn list(tools: &[Tool]) -> *const u32 {
    let mut words = Vec::new();
    for tool in tools {
        words.extend(text(tool.name));
        words.push(1);
        words.extend(text(tool.description));
        words.extend(text(tool.parameters));
        words.extend([0, 0, 0]);
    }
    let length = tools.len() as u32;
    leak(vec![leak(words) as u32, length])
}

/// The result's words: 0 and the text, or 1 and the case of `tool-error` with its value.
#[doc(hidden)]
pub fn invoke(tools: &[Tool], name: &str, parameters: &str) -> *const u32 {
    let mut words = vec![0; 11];
    match call(tools, name, parameters) {
        Ok(json) => words[1..3].copy_from_slice(&text(&json)),
        Err(Failure::UnknownTool) => {
            words[0] = 1;
            words[2..4].copy_from_slice(&text(name));
        }
        Err(Failure::Failed(error)) => {
            words[0] = 1;
            words[1] = 2;
            words[2] = 1;
            words[3..5].copy_from_slice(&text(error.code));
            words[5..7].copy_from_slice(&text(&error.message));
        }
    }
    leak(words)
}

enum Failure {
    UnknownTool,
    Failed(ToolError),
}

fn call(tools: &[Tool], name: &str, parameters: &str) -> Result<String, Failure> {
    let tool = tools
        .iter()
        .find(|tool| tool.name == name)
        .ok_or(Failure::UnknownTool)?;
    let parameters: Map<String, Value> = serde_json::from_str(parameters)
        .map_err(|error| Failure::Failed(ToolError::new("not-json", error.to_string())))?;
    (tool.run)(&parameters)
        .map(|value| value.to_string())
        .map_err(Failure::Failed)
}
