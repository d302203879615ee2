package main

import (
	"encoding/json"
	"strings"
	"unicode"
)

var tools = []Tool{{
	Name:        "readability",
	Description: "Counts the sentences and words of a text",
	Parameters: `{
		"type": "object",
		"properties": { "text": { "type": "string", "minLength": 1 } },
		"required": ["text"],
		"additionalProperties": false
	}`,
	Run: readability,
}}

func readability(parameters json.RawMessage) (any, error) {
	var given struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(parameters, &given); err != nil {
		return nil, err
	}
	isWord := func(part string) bool { return strings.ContainsFunc(part, unicode.IsLetter) }
	words, sentences := 0, 0
	for _, part := range strings.Fields(given.Text) {
		if isWord(part) {
			words++
		}
	}
	if words == 0 {
		return nil, &ToolError{Code: "no-words", Message: "The text has no words."}
	}
	for _, part := range strings.FieldsFunc(given.Text, func(r rune) bool { return strings.ContainsRune(".!?", r) }) {
		if isWord(part) {
			sentences++
		}
	}
	return map[string]int{"sentences": sentences, "words": words}, nil
}
