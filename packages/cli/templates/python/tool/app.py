import re

from skill import ToolError, Tools, tool

__all__ = ["Tools"]


@tool(
    "readability",
    "Counts the sentences and words of a text",
    {
        "type": "object",
        "properties": {"text": {"type": "string", "minLength": 1}},
        "required": ["text"],
        "additionalProperties": False,
    },
)
def readability(text: str):
    words = re.findall(r"[^\W_]+", text)
    if not words:
        raise ToolError("no-words", "The text has no words.")
    sentences = [part for part in re.split(r"[.!?]", text) if re.search(r"\w", part)]
    return {"sentences": len(sentences), "words": len(words)}
