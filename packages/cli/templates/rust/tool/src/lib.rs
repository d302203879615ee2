mod skill;

use serde_json::{json, Map, Value};
use skill::{Tool, ToolError};

const TOOLS: &[Tool] = &[Tool {
    name: "readability",
    description: "Counts the sentences and words of a text",
    parameters: r#"{
        "type": "object",
        "properties": { "text": { "type": "string", "minLength": 1 } },
        "required": ["text"],
        "additionalProperties": false
    }"#,
    run: readability,
}];

skill::export!(TOOLS);

fn readability(parameters: &Map<String, Value>) -> Result<Value, ToolError> {
    let text = parameters["text"].as_str().unwrap_or_default();
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    if words == 0 {
        return Err(ToolError::new("no-words", "The text has no words."));
    }
    let sentences = text
        .split(|end| matches!(end, '.' | '!' | '?'))
        .filter(|part| part.chars().any(char::is_alphanumeric))
        .count();
    Ok(json!({ "sentences": sentences, "words": words }))
}
