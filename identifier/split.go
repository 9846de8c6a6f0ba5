package identifier

import "strings"

// MaxSplit is how many identifiers one cell may hold.
const MaxSplit = 16

// Split takes a cell apart that Read refuses with ReasonSeveral, so that each part
// can be read by itself. Addresses stand between semicolons, commas, pipes, slashes
// or white space, or each in angle brackets beside a name; numbers between
// semicolons, commas, pipes and slashes, for spaces belong to numbers; hashes as
// addresses do. It returns nil where there is no telling the parts, or more than
// MaxSplit.
func Split(k Kind, text string) []string {
	var parts []string
	s := unquote(text)
	switch {
	case severalHashes(s):
		parts = strings.FieldsFunc(s, isSeparator)
	case k == Email:
		parts = splitAddresses(s)
	case k == Phone:
		parts = strings.FieldsFunc(s, func(r rune) bool { return isStrong(r) || r == '/' })
	}
	kept := parts[:0]
	for _, p := range parts {
		if p = trim(p); p != "" {
			kept = append(kept, p)
		}
	}
	if len(kept) < 2 || len(kept) > MaxSplit {
		return nil
	}
	for _, p := range kept {
		if _, reason := Read(k, p, ""); reason == ReasonSeveral {
			return nil
		}
	}
	return kept
}

// isStrong says that r is a separator that stands in no name and no number.
func isStrong(r rune) bool { return r == ';' || r == ',' || r == '|' }

func splitAddresses(s string) []string {
	strong := strings.FieldsFunc(s, isStrong)
	apart := len(strong) > 1
	for _, p := range strong {
		apart = apart && strings.Count(p, "@") == 1
	}
	if apart {
		return strong
	}
	if strings.Contains(s, "<") {
		return bracketed(s)
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == '/' || isSeparator(r) })
}

// bracketed returns what stands in angle brackets, and an address that stands
// before the only brackets; nil if other addresses would be lost.
func bracketed(s string) []string {
	var out []string
	for rest := s; ; {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '>')
		if end < 0 {
			return nil
		}
		out = append(out, rest[open+1:open+end])
		rest = rest[open+end+1:]
	}
	if name, _, _ := strings.Cut(s, "<"); len(out) == 1 && strings.Contains(name, "@") {
		out = append(out, unquote(name))
	}
	if strings.Count(s, "@") != len(out) {
		return nil
	}
	return out
}
