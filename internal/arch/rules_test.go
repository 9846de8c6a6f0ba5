package arch_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/internal/arch"
)

const module = "example.com/m"

// load makes a tree of the files, with a go.mod and no other file.
func load(t *testing.T, files map[string]string) *arch.Tree {
	t.Helper()
	fsys := fstest.MapFS{"go.mod": {Data: []byte("module " + module + "\n\ngo 1.26\n")}}
	for p, text := range files {
		fsys[p] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := arch.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// goFile is a Go file of the package with the imports, named as in the fake
// module when they begin with "./".
func goFile(pkg string, imports ...string) string {
	s := "package " + pkg + "\n"
	for _, i := range imports {
		s += "\nimport \"" + strings.Replace(i, "./", module+"/", 1) + "\"\n"
	}
	return s
}

// comment is a package comment that is long enough.
const comment = "// Package x is here.\n//\n// It promises nothing.\n"

// TestRules breaks each rule in a made-up tree, and keeps it narrowly in
// another: a rule that no longer bites, or bites what is allowed, fails here.
func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rule, name string
		files      map[string]string
		want       []string
	}{
		{
			"imports follow the table", "a lower line",
			map[string]string{"contact/a.go": goFile("contact", "./store")},
			[]string{"contact/a.go:3: contact may not import store: it is on a lower line of the table"},
		},
		{
			"imports follow the table", "the same line",
			map[string]string{"org/a.go": goFile("org", "./list")},
			[]string{"org/a.go:3: org may not import list: it is on the same line of the table"},
		},
		{
			"imports follow the table", "lines above, own folders and internal among itself",
			map[string]string{
				"contact/a.go":         goFile("contact", "./prompt", "./ledger/proof", module, "fmt"),
				"store/a.go":           goFile("store", "./store/jobs", "./contact", "./internal/secret"),
				"store/jobs/a.go":      goFile("jobs", "./job", "./internal/extsort"),
				"internal/secret/a.go": goFile("secret", "./internal/redact", module),
				"demo/a.go":            goFile("demo", "./demo/world", "./server"),
			},
			nil,
		},
		{
			"imports follow the table", "a package that is not in the table",
			map[string]string{"widgets/a.go": goFile("widgets"), "match/a.go": goFile("match", "./match/deep")},
			[]string{
				"match/a.go:3: match may not import match/deep: it is not in the table of layers",
				"widgets/a.go: package widgets is not in the table of layers",
			},
		},
		{
			"imports follow the table", "the root imports a domain",
			map[string]string{"a.go": goFile("m", "./purpose")},
			[]string{"a.go:3: . may not import purpose: it is on a lower line of the table"},
		},
		{
			"imports follow the table", "doors see neither each other nor the store",
			map[string]string{"api/a.go": goFile("api", "./web", "./store/jobs")},
			[]string{
				"api/a.go:3: api may not import web: it is on the same line of the table",
				"api/a.go:5: api may not import store/jobs: a door decides nothing and sees no database",
				"api/a.go:5: api may not import store/jobs: only wiring sees both a store and a door",
			},
		},
		{
			"imports follow the table", "the made-up world sees nothing of the product",
			map[string]string{"demo/world/a.go": goFile("world", module)},
			[]string{"demo/world/a.go:3: demo/world may not import .: the made-up world must not be bent to fit the product"},
		},
		{
			"imports follow the table", "a store and a door outside the wiring, in two files",
			map[string]string{
				"demo/a.go": goFile("demo", "./store"), "demo/b.go": goFile("demo", "./api"),
				"server/a.go": goFile("server", "./store", "./api", "./web"),
			},
			[]string{"demo/b.go:3: demo may not import api: only wiring sees both a store and a door"},
		},
		{
			"imports follow the table", "helpers for tests",
			map[string]string{
				"blob/blobtest/a.go":    goFile("blobtest", "./blob", "./store"),
				"blob/a_test.go":        goFile("blob_test", "./blob/blobtest"),
				"blob/a.go":             goFile("blob", "./blob/blobtest"),
				"internal/x/a_test.go":  goFile("x_test", "./cmd/selvedge"),
				"store/storetest/a.go":  goFile("storetest", "./blob/blobtest"),
				"cmd/selvedge/main.go":  goFile("main", "./server"),
				"identifier/y_test.go":  goFile("identifier_test", "./demo/world"),
				"internal/mutant/m.go":  goFile("main", "go.yaml.in/yaml/v3"),
				"ledger/proof/a.go":     goFile("proof", "./internal/secret"),
				"ledger/a.go":           goFile("ledger", "./ledger/proof"),
				"testdata/broken/no.go": "not Go",
			},
			[]string{
				"blob/a.go:3: blob may not import blob/blobtest: it is for tests only",
				"internal/x/a_test.go:3: internal/x may not import cmd/selvedge: nothing imports a command",
			},
		},
		{
			"keys, randomness and engines stay in their homes", "outside their homes",
			map[string]string{
				"match/a.go":              goFile("match", "crypto/hkdf", "math/rand/v2", "log"),
				"token/a.go":              goFile("token", "crypto/cipher"),
				"token/b.go":              goFile("token", "crypto/aes"),
				"match/a_test.go":         goFile("match_test", "math/rand/v2", "net/http"),
				"entropy.go":              goFile("m", "math/rand/v2", "crypto/rand", "crypto/hmac"),
				"clock.go":                goFile("m", "crypto/rand"),
				"internal/secret/a.go":    goFile("secret", "crypto/hkdf", "crypto/aes", "crypto/hmac", "crypto/cipher"),
				"store/jobs/a.go":         goFile("jobs", "database/sql"),
				"report/a.go":             goFile("report", "database/sql", "net/http"),
				"internal/secretive/a.go": goFile("secretive", "crypto/hkdf"),
			},
			[]string{
				"clock.go:3: crypto/rand may not be imported here: randomness is injected; take a selvedge.Entropy",
				"internal/secretive/a.go:3: crypto/hkdf may not be imported here: one package sees key bytes; ask it for a derived key",
				"match/a.go:3: crypto/hkdf may not be imported here: one package sees key bytes; ask it for a derived key",
				"match/a.go:5: math/rand/v2 may not be imported here: randomness is injected; take a selvedge.Entropy",
				"match/a.go:7: log may not be imported here: log with a passed *slog.Logger",
				"report/a.go:3: database/sql may not be imported here: SQL stays in the store",
				"report/a.go:5: net/http may not be imported here: the domains know no protocol; only doors and what drives them do",
				"token/b.go:3: crypto/aes may not be imported here: one package sees key bytes; ask it for a derived key",
			},
		},
		{
			"clocks and printing stay in their homes", "called, named, and under another name",
			map[string]string{
				"list/a.go":         "package list\n\nimport (\n\t\"fmt\"\n\tt \"time\"\n)\n\nvar now = t.Now\n\nfunc f() { fmt.Println(t.Since(now())) }\n",
				"list/b.go":         "package list\n\nimport \"log/slog\"\n\nfunc g() { slog.Info(\"x\") }\n",
				"list/a_test.go":    "package list\n\nimport \"time\"\n\nvar _ = time.Now\n",
				"clock.go":          "package m\n\nimport \"time\"\n\nvar _ = time.Now\n",
				"cmd/selvedge/a.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n",
			},
			[]string{
				"list/a.go:8: time.Now may not be used here: time is injected; take a selvedge.Clock",
				"list/a.go:10: fmt.Println may not be used here: only commands print",
				"list/a.go:10: time.Since may not be used here: time is injected; take a selvedge.Clock",
				"list/b.go:5: log/slog.Info may not be used here: there is no global logger; log with a passed *slog.Logger",
			},
		},
		{
			"clocks and printing stay in their homes", "figures for orgs",
			map[string]string{
				"api/a.go":   "package api\n\nimport r \"github.com/selvedge/selvedge/report\"\n\nvar _ = r.SizeAt(1)\n",
				"store/a.go": "package store\n\nimport \"github.com/selvedge/selvedge/report\"\n\nvar _ = report.SizeAt(1)\n",
			},
			[]string{
				"api/a.go:5: github.com/selvedge/selvedge/report.SizeAt may not be used here: only the store brings a published figure back",
			},
		},
		{
			"digests are not spelled out", "outside identifier",
			map[string]string{
				"identifier/a.go":   "package identifier\n\nvar _ = d.Hex()\n",
				"contact/a.go":      "package contact\n\nvar _ = f.Digest.Hex()\n",
				"contact/a_test.go": "package contact\n\nvar _ = f.Digest.Hex()\n",
			},
			[]string{"contact/a.go:3: Hex may not be used here: only identifier spells out a digest"},
		},
		{
			"no init functions", "a function and a method",
			map[string]string{"org/a.go": "package org\n\nfunc init() {}\n\nfunc (o Org) init() {}\n"},
			[]string{"org/a.go:3: an init function hides work and order: call it from main"},
		},
		{
			"files are short", "each kind at its limit and one past it",
			map[string]string{
				"org/a.go":            "package org\n" + strings.Repeat("\n", 599),
				"org/b.go":            "package org\n" + strings.Repeat("\n", 600),
				"org/a_test.go":       "package org\n" + strings.Repeat("\n", 799),
				"org/b_test.go":       "package org\n" + strings.Repeat("\n", 800),
				"README.md":           strings.Repeat("\n", 151),
				"ARCHITECTURE.md":     strings.Repeat("\n", 201),
				"Makefile":            strings.Repeat("\n", 41),
				"docs/README.md":      strings.Repeat("\n", 151),
				"match/a.go":          "package match\n" + strings.Repeat("\n", 199),
				"match/b.go":          "package match\n" + strings.Repeat("\n", 199),
				"match/match_test.go": "package match\n" + strings.Repeat("\n", 199),
			},
			[]string{
				"ARCHITECTURE.md: 201 lines, at most 200: two subjects?",
				"Makefile: 41 lines, at most 40: two subjects?",
				"README.md: 151 lines, at most 150: two subjects?",
				"org/b.go: 601 lines, at most 600: two subjects?",
				"org/b_test.go: 801 lines, at most 800: two subjects?",
				"match: the package has 400 lines, at most 399",
			},
		},
		{
			"packages are named and explained", "no comment, a short one, a name for anything",
			map[string]string{
				"org/a.go":             comment + goFile("org"),
				"org/b.go":             goFile("org"),
				"list/a.go":            "// Package list is here.\n" + goFile("list"),
				"internal/util/a.go":   comment + goFile("util"),
				"internal/text/a.go":   comment + goFile("helpers"),
				"internal/x/x_test.go": goFile("x"),
			},
			[]string{
				"internal/text/a.go: package name helpers says nothing of what is inside",
				"internal/util/a.go: package name util says nothing of what is inside",
				"list: the package has no comment of three lines or more",
			},
		},
		{
			"no unfinished or skipped work", "words in text, skips in Go, sleeps in tests",
			map[string]string{
				"docs/a.md":       "fine\nTO" + "DO: more\n",
				"org/a.go":        "package org\n\n// FIX" + "ME\nvar _ = time." + "Sleep\n",
				"org/a_test.go":   "package org\n\nvar _ = time." + "Sleep\n\nfunc f() { t." + "Skip(\"later\") }\n",
				"Makefile":        "mastodon: # XX" + "X\n",
				"testdata/a.md":   "TO" + "DO\n",
				"vendored/a.js":   "TO" + "DO\n",
				".git/a.md":       "TO" + "DO\n",
				".ci/run":         "# TO" + "DO\n",
				"docs/picture.md": "\x00TO" + "DO\n",
			},
			[]string{
				".ci/run:1: TO" + "DO: finish it, or open an issue",
				"Makefile:1: XX" + "X: finish it, or open an issue",
				"docs/a.md:2: TO" + "DO: finish it, or open an issue",
				"org/a.go:3: FIX" + "ME: finish it, or open an issue",
				"org/a_test.go:3: a test that sleeps is slow or wrong: move the clock, or wait for a signal",
				"org/a_test.go:5: a test that skips itself proves nothing",
			},
		},
		{
			"documents point at what exists", "files, folders, headings, ways out",
			map[string]string{
				"docs/a.md": "# The Title: of `a`\n\n[b](b.md) [dir](../docs) [self](#the-title-of-a) [out](https://example.com/x)\n" +
					"[gone](gone.md) [up](../../etc) [root](/docs/b.md) [head](b.md#none) [ok](b.md#here-it-is)\n" +
					"`[code](gone.md)`\n\n```\n[code](gone.md)\n```\n",
				"docs/b.md":       "## Here it is\n",
				"testdata/x.json": "{}",
				"README.md":       "[data](testdata/x.json)\n",
				"org/a.go":        "package org\n\n// See docs/a.md and docs/c.md.\n",
			},
			[]string{
				"docs/a.md:4: link to gone.md: it is not there",
				"docs/a.md:4: link to ../../etc: it is not there",
				"docs/a.md:4: link to /docs/b.md: it is not there",
				"docs/a.md:4: link to b.md#none: it has no such heading",
				"org/a.go:3: docs/c.md is not there",
			},
		},
		{
			"documents name make targets that exist", "in a block, in a span, in prose",
			map[string]string{
				"Makefile":  "test: build ## all\n\tgo test ./...\nbuild:\n\tmake nothing\n",
				"README.md": "Run `make test` and make sure.\n\n```sh\nmake build\nmake coffee\n```\n`make tea`\n",
			},
			[]string{
				"README.md:5: make coffee: the Makefile has no such target",
				"README.md:7: make tea: the Makefile has no such target",
			},
		},
		{
			"every module has a reason", "direct ones only",
			map[string]string{
				"go.mod": "module " + module + "\n\ngo 1.26.0\n\nrequire (\n\texample.com/good v1.0.0\n\texample.com/bad/v2 v2.0.0\n\texample.com/other v1.0.0 // indirect\n)\n" +
					"\nrequire example.com/single v0.1.0\n\nreplace example.com/p => example.com/p v0.1.0\n",
				"docs/decisions/0001-dependencies.md": "| `example.com/good` | it is good |\n",
			},
			[]string{
				"go.mod:7: example.com/bad/v2 has no reason in docs/decisions/0001-dependencies.md",
				"go.mod:11: example.com/single has no reason in docs/decisions/0001-dependencies.md",
			},
		},
	}
	rules := map[string]arch.Rule{}
	untried := map[string]bool{}
	for _, r := range arch.Rules() {
		rules[r.Name], untried[r.Name] = r, true
	}
	for _, tc := range tests {
		delete(untried, tc.rule)
		t.Run(tc.rule+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range rules[tc.rule].Check(load(t, tc.files)) {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	for name := range untried {
		t.Errorf("no tree breaks the rule %q", name)
	}
}

func TestLoadRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fstest.MapFS{
		"no go.mod":         {"a.go": {Data: []byte("package m\n")}},
		"Go that is not Go": {"go.mod": {Data: []byte("module m\n")}, "a.go": {Data: []byte("pack\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := arch.Load(fsys); err == nil {
				t.Error("loaded")
			}
		})
	}
}
