mod search;
mod skill;

use serde_json::{json, Map, Value};
use skill::{Tool, ToolError};

const TOOLS: &[Tool] = &[Tool {
    name: "search",
    description:
        "Finds the lines of all text files beneath the granted directories that contain a text",
    parameters: r#"{
        "type": "object",
        "properties": {
            "text": { "type": "string", "minLength": 1, "maxLength": 1000, "description": "What to look for" },
            "ignore_case": { "type": "boolean", "default": false },
            "extensions": {
                "type": "array", "maxItems": 50,
                "items": { "type": "string", "pattern": "^\\.[A-Za-z0-9]+$" },
                "description": "Only files whose names end so, \".md\" for example"
            },
            "context": { "type": "integer", "minimum": 0, "maximum": 10, "default": 0, "description": "Lines around each" },
            "limit": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }
        },
        "required": ["text"],
        "additionalProperties": false
    }"#,
    run,
}];

skill::export!(TOOLS);

fn run(parameters: &Map<String, Value>) -> Result<Value, ToolError> {
    let number = |name: &str, otherwise: u64| {
        parameters
            .get(name)
            .and_then(Value::as_u64)
            .unwrap_or(otherwise) as usize
    };
    let query = search::Query {
        text: parameters["text"].as_str().unwrap_or_default().to_owned(),
        ignore_case: parameters.get("ignore_case") == Some(&Value::Bool(true)),
        extensions: parameters
            .get("extensions")
            .and_then(Value::as_array)
            .map(|list| {
                list.iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            }),
        context: number("context", 0),
        limit: number("limit", 100),
    };
    let found = search::search(&query);
    if skill::grants().is_empty() {
        return Err(ToolError::new("no-grant", "No directory is granted."));
    }
    if found.files == 0 && !found.skipped.is_empty() {
        let (path, reason) = &found.skipped[0];
        return Err(ToolError::new("unreadable", format!("{path}: {reason}")));
    }
    Ok(json!({
        "matches": found.matches,
        "files": found.files,
        "complete": found.complete,
        "skipped": found.skipped.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect::<Vec<_>>(),
    }))
}
