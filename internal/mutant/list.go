package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Mutant is one guard taken away: in File, From becomes To, and then the tests
// of Package that Run names must fail.
type Mutant struct {
	Name    string `yaml:"name"`    // one word, with hyphens
	Why     string `yaml:"why"`     // what would go wrong in the world
	File    string `yaml:"file"`    // from the root of the module
	From    string `yaml:"from"`    // occurs exactly once in File
	To      string `yaml:"to"`      // may be empty
	Package string `yaml:"package"` // as for go test, such as ./purpose
	Run     string `yaml:"run"`     // as for go test -run
}

// readList reads the mutants of the module at root. It returns an error for a
// key that is not known, an entry that is not filled in, and a name that comes
// twice.
func readList(root string) ([]Mutant, error) {
	b, err := os.ReadFile(filepath.Join(root, listFile))
	if err != nil {
		return nil, err
	}
	var list []Mutant
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("read %s: %w", listFile, err)
	}
	seen := map[string]bool{}
	for i, m := range list {
		for key, v := range map[string]string{"name": m.Name, "why": m.Why, "file": m.File, "from": m.From, "package": m.Package, "run": m.Run} {
			if strings.TrimSpace(v) == "" {
				return nil, fmt.Errorf("read %s: entry %d has no %s", listFile, i+1, key)
			}
		}
		if seen[m.Name] {
			return nil, fmt.Errorf("read %s: %s comes twice", listFile, m.Name)
		}
		seen[m.Name] = true
	}
	return list, nil
}

// apply returns the text of the file with the guard gone. It returns an error
// if the guard is not there exactly once, or if nothing would change.
func (m Mutant) apply(root string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(b, []byte(m.From)); n != 1 {
		return nil, fmt.Errorf("what it replaces is %d times in %s, not once", n, m.File)
	}
	if m.From == m.To {
		return nil, fmt.Errorf("it changes nothing in %s", m.File)
	}
	return bytes.Replace(b, []byte(m.From), []byte(m.To), 1), nil
}
