package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestOperatingPage: docs/operating.md has every setting of the commands that
// an operator and an org configure, with the variable and default that it has.
func TestOperatingPage(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if flag, ok := strings.CutPrefix(line, "| `--"); ok {
			flag, _, _ = strings.Cut(flag, "`")
			rows[flag] = line
		}
	}
	parser, err := kong.New(&cli{}, kong.DefaultEnvars("SELVEDGE"))
	if err != nil {
		t.Fatal(err)
	}
	// What one run is about is no setting.
	once := map[string]bool{"help": true, "audience": true}
	seen := map[string]bool{}
	for _, command := range parser.Model.Leaves(true) {
		switch command.Path() {
		case "serve", "worker", "index rebuild", "audience list", "list upload", "org list", "restore":
		default:
			continue
		}
		for _, group := range command.AllFlags(true) {
			for _, f := range group {
				if once[f.Name] {
					continue
				}
				seen[f.Name] = true
				cells := strings.Split(rows[f.Name], " | ")
				if len(cells) < 5 {
					t.Errorf("--%s has no row", f.Name)
					continue
				}
				value := "none"
				switch {
				case f.Required:
					value = "needed"
				case f.Default != "":
					value = "`" + f.Default + "`"
				}
				if want := fmt.Sprint("`", f.Envs[0], "`"); cells[1] != want || cells[3] != value {
					t.Errorf("--%s: %s, default %s; want %s and %s", f.Name, cells[1], cells[3], want, value)
				}
			}
		}
	}
	for flag := range rows {
		if !seen[flag] {
			t.Errorf("--%s is no flag", flag)
		}
	}
}
