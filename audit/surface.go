package audit

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// operation is what the API's own document says of an operation.
type operation struct {
	id, method, path string
	roles            []string
	params           []string
	numbers          []string // fields of its answers that hold a number, as Schema.field
}

func (o operation) of(role string) bool { return slices.Contains(o.roles, role) }

// names returns the operations of a role of whose id, path or parameters one of
// the words is a part.
func names(ops []operation, role string, words ...string) string {
	var out []string
	for _, o := range ops {
		text := strings.ToLower(strings.Join(append([]string{o.id, o.path}, o.params...), " "))
		if o.of(role) && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
			out = append(out, o.id)
		}
	}
	return strings.Join(out, " ")
}

// schema is what is read of a schema.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       json.RawMessage   `json:"type"` // a word or words
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Additional json.RawMessage   `json:"additionalProperties"` // a schema, or no
}

type media map[string]struct {
	Schema schema `json:"schema"`
}

// surface reads the API's own document.
func (s *stage) surface(ctx context.Context) ([]operation, error) {
	doc, err := readFrom[struct {
		Paths map[string]map[string]struct {
			ID          string `json:"operationId"`
			Description string `json:"description"`
			Parameters  []struct {
				Name string `json:"name"`
			} `json:"parameters"`
			Responses map[string]struct {
				Content media `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}](s.get(ctx, s.keys.operator, "read the API's document", "/openapi.json"))
	if err != nil {
		return nil, err
	}
	var out []operation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			d := doc.Paths[path][method]
			if d.ID == "" {
				continue
			}
			o := operation{id: d.ID, method: method, path: path}
			_, roles, _ := strings.Cut(d.Description, "For: ")
			roles, _, _ = strings.Cut(roles, ".")
			o.roles = strings.Split(roles, ", ")
			for _, p := range d.Parameters {
				o.params = append(o.params, p.Name)
			}
			found := map[string]bool{}
			for status, r := range d.Responses {
				if status >= "300" {
					continue
				}
				for _, m := range r.Content {
					m.Schema.numbers("", doc.Components.Schemas, map[string]bool{}, found)
				}
			}
			o.numbers = slices.Sorted(maps.Keys(found))
			out = append(out, o)
		}
	}
	return out, nil
}

// numbers adds the fields of a schema that hold a number.
func (s schema) numbers(at string, all map[string]schema, seen, found map[string]bool) {
	if s.Ref != "" {
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		if !seen[name] {
			seen[name] = true
			all[name].numbers(name, all, seen, found)
		}
		return
	}
	if t := string(s.Type); strings.Contains(t, "integer") || strings.Contains(t, "number") {
		found[at] = true
	}
	for name, p := range s.Properties {
		owner, _, _ := strings.Cut(at, ".")
		p.numbers(owner+"."+name, all, seen, found)
	}
	if s.Items != nil {
		s.Items.numbers(at, all, seen, found)
	}
	var more schema
	if json.Unmarshal(s.Additional, &more) == nil {
		more.numbers(at, all, seen, found)
	}
}
