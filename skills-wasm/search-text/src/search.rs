//! Walks the granted tree, in order, without following symbolic links.

use serde_json::{json, Value};
use std::fs;
use std::path::Path;

pub struct Query {
    pub text: String,
    pub ignore_case: bool,
    pub extensions: Option<Vec<String>>,
    pub context: usize,
    pub limit: usize,
}

pub struct Found {
    pub matches: Vec<Value>,
    /// Text files that were read.
    pub files: usize,
    /// False when there is more than the limit.
    pub complete: bool,
    pub skipped: Vec<(String, String)>,
}

/// Directories within directories; what lies deeper is reported, not visited.
const DEPTH: usize = 64;

pub fn search(query: &Query) -> Found {
    let mut found = Found {
        matches: Vec::new(),
        files: 0,
        complete: true,
        skipped: Vec::new(),
    };
    let needle = fold(query, &query.text);
    for grant in crate::skill::grants() {
        let walk = Walk {
            query,
            needle: &needle,
            root: &grant,
        };
        walk.visit(&grant, 0, &mut found);
    }
    found
}

fn fold(query: &Query, text: &str) -> String {
    if query.ignore_case {
        text.to_lowercase()
    } else {
        text.to_owned()
    }
}

struct Walk<'a> {
    query: &'a Query,
    needle: &'a str,
    root: &'a Path,
}

impl Walk<'_> {
    fn visit(&self, directory: &Path, depth: usize, found: &mut Found) {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => {
                return found
                    .skipped
                    .push((self.shown(directory), error.to_string()))
            }
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEPTH => self.visit(&path, depth + 1, found),
                Ok(kind) if kind.is_dir() => found
                    .skipped
                    .push((self.shown(&path), "too deep".to_owned())),
                Ok(kind) if kind.is_file() && self.wanted(&path) => self.look(&path, found),
                _ => {}
            }
            if !found.complete {
                return;
            }
        }
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }

    fn wanted(&self, path: &Path) -> bool {
        let name = path.to_string_lossy();
        self.query.extensions.as_ref().map_or(true, |list| {
            list.iter().any(|ending| name.ends_with(ending.as_str()))
        })
    }

    fn look(&self, path: &Path, found: &mut Found) {
        let query = self.query;
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return found.skipped.push((self.shown(path), error.to_string())),
        };
        if bytes[..bytes.len().min(8192)].contains(&0) {
            return;
        }
        found.files += 1;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if !fold(query, line).contains(self.needle) {
                continue;
            }
            if found.matches.len() == query.limit {
                found.complete = false;
                return;
            }
            let mut hit = json!({ "path": self.shown(path), "line": index + 1, "text": line });
            if query.context > 0 {
                let end = (index + 1 + query.context).min(lines.len());
                hit["before"] = json!(lines[index.saturating_sub(query.context)..index]);
                hit["after"] = json!(lines[index + 1..end]);
            }
            found.matches.push(hit);
        }
    }
}
