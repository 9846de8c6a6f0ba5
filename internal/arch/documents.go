package arch

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// decision is where each module's reason stands.
const decision = "docs/decisions/0001-dependencies.md"

// links checks that relative links in Markdown, and pages under docs that Go
// code names, lead to something.
func links(t *Tree) []Fault {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	page := regexp.MustCompile(`\bdocs/[a-zA-Z0-9_./-]+\.md\b`)
	var out []Fault
	for _, f := range t.Files {
		switch {
		case f.goCode():
			n := 0
			for l := range strings.Lines(f.Text) {
				n++
				for _, p := range page.FindAllString(l, -1) {
					if !t.exists(p) {
						out = append(out, Fault{f.Path, n, p + " is not there"})
					}
				}
			}
		case path.Ext(f.Path) == ".md":
			prose, _ := splitMarkdown(f.Text)
			for n, l := range prose {
				for _, m := range link.FindAllStringSubmatch(l, -1) {
					if why := t.deadLink(f, m[1]); why != "" {
						out = append(out, Fault{f.Path, n + 1, "link to " + m[1] + ": " + why})
					}
				}
			}
		}
	}
	return out
}

// deadLink returns what is wrong with a link, "" if it is alive or leads out
// of the repository.
func (t *Tree) deadLink(f *File, link string) string {
	if strings.Contains(link, ":") {
		return ""
	}
	target, anchor, _ := strings.Cut(link, "#")
	p := path.Join(f.dir(), target)
	if target == "" {
		p = f.Path
	}
	if path.IsAbs(target) || !fs.ValidPath(p) || !t.exists(p) {
		return "it is not there"
	}
	if anchor == "" {
		return ""
	}
	for _, g := range t.Files {
		if g.Path == p && !g.hasHeading(anchor) {
			return "it has no such heading"
		}
	}
	return ""
}

// hasHeading says whether a Markdown file has a heading with the anchor that
// the usual renderers give it: lower case, spaces as hyphens, no punctuation.
func (f *File) hasHeading(anchor string) bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
	for l := range strings.Lines(f.Text) {
		title, ok := strings.CutPrefix(strings.TrimLeft(l, "#"), " ")
		if !ok || !strings.HasPrefix(l, "#") {
			continue
		}
		title = drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		if strings.ReplaceAll(title, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// targets checks that every "make x" that a document shows as code is a target
// of the Makefile.
func targets(t *Tree) []Fault {
	known := map[string]bool{}
	target := regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	for _, f := range t.Files {
		if f.Path == "Makefile" {
			for _, m := range target.FindAllStringSubmatch(f.Text, -1) {
				known[m[1]] = true
			}
		}
	}
	use := regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	var out []Fault
	for _, f := range t.Files {
		if path.Ext(f.Path) != ".md" {
			continue
		}
		_, code := splitMarkdown(f.Text)
		for n, l := range code {
			for _, m := range use.FindAllStringSubmatch(l, -1) {
				if !known[m[1]] {
					out = append(out, Fault{f.Path, n + 1, "make " + m[1] + ": the Makefile has no such target"})
				}
			}
		}
	}
	return out
}

// modules checks that every module that go.mod asks for directly has its reason
// in the decision on dependencies.
func modules(t *Tree) []Fault {
	require := regexp.MustCompile(`^\s*(?:require\s+)?([a-z][a-zA-Z0-9._/-]*\.[a-zA-Z0-9._/-]+) v\S+\s*$`)
	reasons := ""
	for _, f := range t.Files {
		if f.Path == decision {
			reasons = f.Text
		}
	}
	var out []Fault
	for _, f := range t.Files {
		if f.Path != "go.mod" {
			continue
		}
		n := 0
		for l := range strings.Lines(f.Text) {
			n++
			if m := require.FindStringSubmatch(l); m != nil && !strings.Contains(reasons, "`"+m[1]+"`") {
				out = append(out, Fault{f.Path, n, m[1] + " has no reason in " + decision})
			}
		}
	}
	return out
}

// splitMarkdown returns the lines of a text twice: with the code blanked, and
// with everything but the code blanked.
func splitMarkdown(text string) (prose, code []string) {
	span := regexp.MustCompile("`[^`]*`")
	fenced := false
	for l := range strings.Lines(text) {
		fence := strings.HasPrefix(strings.TrimSpace(l), "```")
		switch {
		case fence:
			fenced = !fenced
			prose, code = append(prose, ""), append(code, "")
		case fenced:
			prose, code = append(prose, ""), append(code, l)
		default:
			prose = append(prose, span.ReplaceAllString(l, ""))
			code = append(code, strings.Join(span.FindAllString(l, -1), " "))
		}
	}
	return prose, code
}
