package list_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// TestNothingOfTheInputIsKept looks for what was sent in all that is left: the
// spill, the report and the errors.
func TestNothingOfTheInputIsKept(t *testing.T) {
	t.Parallel()
	const secret = "needle"
	for _, text := range []string{
		"email,needle,email_md5\nneedle@example.com,needle,needle\n\"needle\"needle,\n",
		"email\n" + secret + "@example.com\n" + secret + "\n",
		secret + "@example.com,needle\n",
		"name,needle\nneedle,needle@example.com\n",
		"email,\"needle\nneedle@example.com",
		"needle@example.com,needle\"\n",
		"email\n" + secret + strings.Repeat("x", list.MaxLine),
		"sep=needle\nemail\n",
		"email,needle\xff\n",
	} {
		b := newBench(t)
		sealed, err := b.Receive(t.Context(), strings.NewReader(text), granted(list.Options{DefaultRegion: "US"}))
		if err != nil {
			e, ok := errors.AsType[*selvedge.Error](err)
			if !ok || strings.Contains(e.Error()+e.Field+e.Reason, secret) {
				t.Errorf("%q: error %v", text, err)
			}
			continue
		}
		report, err := json.Marshal(sealed.Report)
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.Blobs.Open(t.Context(), sealed.Spill)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(append(report, c.Bytes()...), []byte(secret)) {
			t.Errorf("%q: kept in the report or the spill", text)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherColumnsChangeNothing fills the columns that are no identifier's with
// what would be identifiers.
func TestOtherColumnsChangeNothing(t *testing.T) {
	t.Parallel()
	empty, first := newBench(t).receive(t, "name,email,fax,maid\n,anna@example.com,,\n", "")
	full, second := newBench(t).receive(t, "name,email,fax,maid\n"+
		"ben@example.com,anna@example.com,+12125550147,"+hashed("cy@example.com")+",dora@example.com\n", "")
	a, _ := json.Marshal(empty)
	b, _ := json.Marshal(full)
	if !bytes.Equal(a, b) || strings.Join(tokens(first), ",") != strings.Join(tokens(second), ",") {
		t.Errorf("reports %s and %s", a, b)
	}
}
