package main

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A Link as it stands in a page.
type Link struct {
	Line   int
	Target string
}

// A Page is what of a Markdown file matters here.
type Page struct {
	Links   []Link
	Anchors map[string]bool
}

var (
	inline  = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)
	defined = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?`)
	heading = regexp.MustCompile(`^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$`)
	code    = regexp.MustCompile("`[^`]*`")
)

func parse(text string) *Page {
	page := &Page{Anchors: map[string]bool{}}
	fence := ""
	for index, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if fence != "" {
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			continue
		}
		if strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fence = trimmed[:3]
			continue
		}
		if found := heading.FindStringSubmatch(line); found != nil {
			page.anchor(found[1])
		}
		plain := code.ReplaceAllString(line, "")
		for _, found := range inline.FindAllStringSubmatch(plain, -1) {
			page.Links = append(page.Links, Link{index + 1, found[1]})
		}
		if found := defined.FindStringSubmatch(plain); found != nil {
			page.Links = append(page.Links, Link{index + 1, found[1]})
		}
	}
	return page
}

// anchor adds a heading's anchor, as GitHub makes it: lower case, no punctuation, hyphens for spaces, numbered when repeated.
func (page *Page) anchor(title string) {
	var slug strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			slug.WriteRune(r)
		case r == ' ':
			slug.WriteRune('-')
		}
	}
	name := slug.String()
	for count := 1; page.Anchors[name]; count++ {
		name = slug.String() + "-" + strconv.Itoa(count)
	}
	page.Anchors[name] = true
}
