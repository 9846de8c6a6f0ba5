package arch_test

import (
	"os"
	"testing"

	"github.com/selvedge/selvedge/internal/arch"
)

// TestRepository runs every rule over this repository.
func TestRepository(t *testing.T) {
	t.Parallel()
	tree, err := arch.Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) < 50 {
		t.Fatalf("read %d files: this is not the repository", len(tree.Files))
	}
	for _, rule := range arch.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			for _, f := range rule.Check(tree) {
				t.Error(f)
			}
		})
	}
}
