package audit_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audit"
)

// signed returns a report's file, and the key that it is signed with.
func signed(t testing.TB, seed string, change func(*audit.Report)) ([]byte, string) {
	t.Helper()
	log := checkpoint(t)
	r := audit.Report{
		Format: audit.Format, Product: "1 < 2 & \u2028", Profile: audit.CI, Target: "self", MadeAt: made, Passed: true,
		Steps:  []audit.Result{{Step: "A1", Verdict: audit.Pass}, {Step: "A3", Verdict: audit.NotYet}},
		Ledger: audit.Ledger{Entries: 3, Checkpoints: []audit.Checkpoint{log}},
	}
	change(&r)
	s, err := audit.Sign(r, selvedge.NewSeededEntropy(seed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b, s.Key
}

// checkpoint returns a note of some log.
func checkpoint(t testing.TB) audit.Checkpoint {
	t.Helper()
	skey, vkey, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), "log.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := note.Sign(&note.Note{Text: "log.example\n1\nAAAA\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Checkpoint{Space: "ads", Note: string(text), Key: vkey}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	same := func(*audit.Report) {}
	good, key := signed(t, "a", same)
	_, other := signed(t, "b", same)
	var loose bytes.Buffer
	if err := json.Compact(&loose, good); err != nil {
		t.Fatal(err)
	}
	wrong := func(change func(*audit.Report)) []byte { b, _ := signed(t, "a", change); return b }
	for name, c := range map[string]struct {
		file   []byte
		key    string
		reason string
	}{
		"as it was signed":       {good, key, ""},
		"without a key":          {good, "", ""},
		"in one line":            {loose.Bytes(), key, ""},
		"another key":            {good, other, "not_as_signed"},
		"a verdict is another":   {bytes.Replace(good, []byte(`"verdict": "not yet"`), []byte(`"verdict": "pass"`), 1), "", "not_as_signed"},
		"the key is another":     {bytes.Replace(good, []byte(key), []byte(other), 1), "", "not_as_signed"},
		"a checkpoint's is":      {wrong(func(r *audit.Report) { r.Ledger.Checkpoints[0].Note += "x" }), "", "not_as_signed"},
		"passed, and did not":    {wrong(func(r *audit.Report) { r.Steps[0].Verdict = audit.Fail }), "", "bad_report"},
		"not yet passes no full": {wrong(func(r *audit.Report) { r.Profile = audit.Full }), "", "bad_report"},
		"findings of the ledger": {wrong(func(r *audit.Report) { r.Ledger.Findings = 1 }), "", "bad_report"},
		"no steps":               {wrong(func(r *audit.Report) { r.Steps = nil }), "", "bad_report"},
		"another form":           {wrong(func(r *audit.Report) { r.Format = "selvedge-audit/2" }), "", "bad_report"},
		"nothing":                {nil, "", "bad_report"},
		"no report":              {[]byte(`{}`), "", "bad_report"},
		"no JSON":                {good[:len(good)/2], "", "bad_report"},
	} {
		r, err := audit.Verify(c.file, c.key)
		e, _ := err.(*selvedge.Error)
		switch {
		case c.reason == "" && (err != nil || len(r.Steps) != 2):
			t.Errorf("%s: %v", name, err)
		case c.reason != "" && (e == nil || e.Code != selvedge.CodeInvalid || e.Reason != c.reason):
			t.Errorf("%s: %v, want %s", name, err, c.reason)
		}
	}
}

// FuzzVerify: what is not as it was signed is never taken, and nothing panics.
func FuzzVerify(f *testing.F) {
	good, key := signed(f, "a", func(*audit.Report) {})
	f.Add(good)
	f.Add([]byte(`{"report":{},"key":"","signature":""}`))
	want, err := audit.Verify(good, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := audit.Verify(b, key)
		if err == nil && (got.Passed != want.Passed || len(got.Steps) != len(want.Steps) || got.Product != want.Product) {
			t.Error("a report that nobody signed is taken")
		}
	})
}
