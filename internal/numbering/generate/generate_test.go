package main

import (
	"bytes"
	"os"
	"testing"
)

// TestTablesAreFresh compares the tables that are committed with those that the
// library's metadata make.
func TestTablesAreFresh(t *testing.T) {
	t.Parallel()
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../" + file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the metadata make; run go generate ./internal/numbering", file)
	}
}
