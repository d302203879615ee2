package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

var tools = []Tool{{
	Name:        "check",
	Description: "Checks the relative links and anchors of all Markdown files beneath the granted directories",
	Parameters: `{
		"type": "object",
		"properties": {
			"limit": { "type": "integer", "minimum": 1, "maximum": 10000, "default": 1000, "description": "How many broken links to return" }
		},
		"additionalProperties": false
	}`,
	Run: check,
}}

// Broken is a link that leads nowhere.
type Broken struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Target string `json:"target"`
	Reason string `json:"reason"`
}

func check(parameters json.RawMessage) (any, error) {
	given := struct {
		Limit int `json:"limit"`
	}{Limit: 1000}
	if err := json.Unmarshal(parameters, &given); err != nil {
		return nil, err
	}
	roots := grants()
	if len(roots) == 0 {
		return nil, &ToolError{Code: "no-grant", Message: "No directory is granted."}
	}
	pages := map[string]*Page{}
	for _, root := range roots {
		if err := read(root, pages); err != nil {
			return nil, &ToolError{Code: "unreadable", Message: err.Error()}
		}
	}
	links, elsewhere, broken := 0, 0, []Broken{}
	for _, name := range sorted(pages) {
		for _, link := range pages[name].Links {
			links++
			if strings.Contains(link.Target, "://") || strings.HasPrefix(link.Target, "mailto:") {
				elsewhere++
			} else if reason := judge(name, link.Target, pages, roots); reason == "outside" {
				elsewhere++
			} else if reason != "" {
				broken = append(broken, Broken{shown(name, roots), link.Line, link.Target, reason})
			}
		}
	}
	complete := len(broken) <= given.Limit
	if !complete {
		broken = broken[:given.Limit]
	}
	return map[string]any{"files": len(pages), "links": links, "elsewhere": elsewhere, "broken": broken, "complete": complete}, nil
}

func read(root string, pages map[string]*Page) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !strings.HasSuffix(name, ".md") {
			return err
		}
		text, err := os.ReadFile(name)
		if err == nil {
			pages[name] = parse(string(text))
		}
		return err
	})
}

// judge says what is wrong with a link; "outside" is what no grant lets it look at.
func judge(from, target string, pages map[string]*Page, roots []string) string {
	file, anchor, _ := strings.Cut(target, "#")
	name := from
	if file != "" {
		name = path.Join(path.Dir(from), file)
	}
	if !within(name, roots) {
		return "outside"
	}
	page, known := pages[name]
	if !known {
		if _, err := os.Stat(name); err != nil {
			return "no such file"
		}
		return ""
	}
	if anchor != "" && !page.Anchors[strings.ToLower(anchor)] {
		return "no such heading"
	}
	return ""
}

func within(name string, roots []string) bool {
	for _, root := range roots {
		if name == root || strings.HasPrefix(name, strings.TrimSuffix(root, "/")+"/") {
			return true
		}
	}
	return false
}

func shown(name string, roots []string) string {
	for _, root := range roots {
		if rest, err := filepath.Rel(root, name); err == nil && !strings.HasPrefix(rest, "..") {
			return rest
		}
	}
	return name
}

func sorted(pages map[string]*Page) []string {
	names := make([]string, 0, len(pages))
	for name := range pages {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
