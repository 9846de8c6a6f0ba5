package proof_test

import (
	"bytes"
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/ledger/proof"
)

// TestTextIsTheOnlyOne changes each byte of texts that hold: what is read back
// is nothing, or another text than before.
func TestTextIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for name, tc := range map[string]struct {
		text  string
		again func([]byte) ([]byte, error)
	}{
		"leaf":  {v.Leaves[2].Text, again(proof.ParseLeaf)},
		"event": {v.Events[3].Text, again(proof.ParseEvent)},
		"proof": {v.Events[4].Proof, again(proof.Parse)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if b, err := tc.again([]byte(tc.text)); err != nil || string(b) != tc.text {
				t.Fatalf("read back %q, %v", b, err)
			}
			for i := range tc.text {
				for _, c := range []byte("\x00\n\r 01A+=-\xff") {
					changed := []byte(tc.text)
					changed[i] = c
					if b, err := tc.again(changed); err == nil && !bytes.Equal(b, changed) {
						t.Fatalf("byte %d made %q: %q was read as %q", i, c, changed, b)
					}
					longer := tc.text[:i] + string(rune(c)) + tc.text[i:]
					if b, err := tc.again([]byte(longer)); err == nil && string(b) != longer {
						t.Fatalf("%q before byte %d was overlooked", c, i)
					}
				}
				shorter := tc.text[:i] + tc.text[i+1:]
				if b, err := tc.again([]byte(shorter)); err == nil && string(b) != shorter {
					t.Fatalf("that byte %d was missing was overlooked", i)
				}
			}
		})
	}
}

type marshaler interface{ Marshal() ([]byte, error) }

func again[T marshaler](parse func([]byte) (T, error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		x, err := parse(b)
		if err != nil {
			return nil, err
		}
		return x.Marshal()
	}
}

func TestLeafRefusals(t *testing.T) {
	t.Parallel()
	good := readVectors(t).Leaves[2].Text
	for name, tc := range map[string]struct{ old, new, want string }{
		"version":        {"leaf/1", "leaf/2", "leaf bad_version"},
		"space":          {"space ads", "space Ads", "leaf bad_word"},
		"no space":       {"space ads", "space ", "leaf bad_word"},
		"order":          {"first 4\nlast 10", "last 10\nfirst 4", "leaf bad_form"},
		"line missing":   {"count 7\n", "", "leaf bad_form"},
		"line more":      {"count 7\n", "count 7\ncount 7\n", "leaf bad_form"},
		"no last break":  {"12:02Z\n", "12:02Z", "leaf bad_form"},
		"zero":           {"first 4", "first 0", "leaf bad_range"},
		"backwards":      {"last 10", "last 3", "leaf bad_range"},
		"too many":       {"last 10", "last 4100", "leaf bad_range"},
		"leading zero":   {"first 4", "first 04", "leaf bad_form"},
		"no number":      {"first 4", "first four", "leaf bad_number"},
		"another count":  {"count 7", "count 8", "leaf bad_form"},
		"root":           {"root ", "root A", "leaf bad_root"},
		"seconds":        {"12:02Z", "12:02:00Z", "leaf bad_time"},
		"another zone":   {"12:02Z", "12:02+00:00", "leaf bad_time"},
		"no such minute": {"12:02Z", "12:60Z", "leaf bad_time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatal("nothing changed")
			}
			if _, err := proof.ParseLeaf([]byte(bad)); says(err) != tc.want {
				t.Errorf("got %q, want %q", says(err), tc.want)
			}
		})
	}
}

func TestLargestLeaf(t *testing.T) {
	t.Parallel()
	l := proof.Leaf{Space: "ads", First: math.MaxInt64 - proof.MaxEntries + 1, Last: math.MaxInt64}
	if l.Count() != 4096 {
		t.Fatal(l.Count())
	}
	if b, err := again(proof.ParseLeaf)(must(l.Marshal())); err != nil {
		t.Errorf("%q: %v", b, err)
	}
	l.First--
	if _, err := l.Marshal(); says(err) != "leaf bad_range" {
		t.Errorf("4,097 entries: %v", err)
	}
	for name, at := range map[string]time.Time{
		"seconds": time.Date(2019, 10, 8, 12, 0, 1, 0, time.UTC),
		"year":    time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if _, err := (proof.Leaf{Space: "ads", First: 1, Last: 1, From: at}).Marshal(); says(err) != "leaf bad_time" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestEventRefusals(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Events[3]
	for name, tc := range map[string]struct {
		change func(e *proof.Event)
		want   string
	}{
		"space":        {func(e *proof.Event) { e.Space = "ads\n2" }, "event bad_word"},
		"no kind":      {func(e *proof.Event) { e.Kind = "" }, "event bad_word"},
		"long kind":    {func(e *proof.Event) { e.Kind = strings.Repeat("a", 65) }, "event bad_word"},
		"digit first":  {func(e *proof.Event) { e.Kind = "2fa" }, "event bad_word"},
		"role":         {func(e *proof.Event) { e.Role = "System" }, "event bad_word"},
		"zero":         {func(e *proof.Event) { e.Seq = 0 }, "event bad_number"},
		"nanoseconds":  {func(e *proof.Event) { e.At = e.At.Add(1) }, "event bad_time"},
		"year":         {func(e *proof.Event) { e.At = e.At.AddDate(8000, 0, 0) }, "event bad_time"},
		"no body":      {func(e *proof.Event) { e.Body = nil }, "event bad_body"},
		"body and end": {func(e *proof.Event) { e.Body = []byte(`{}}`) }, "event bad_body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := v.event(t)
			tc.change(&e)
			if _, err := e.Marshal(); says(err) != tc.want {
				t.Errorf("got %q, want %q", says(err), tc.want)
			}
			if _, err := proof.Commit(proof.Salt{}, e); says(err) != tc.want {
				t.Errorf("commit: got %q, want %q", says(err), tc.want)
			}
			b, err := proof.Parse([]byte(v.Proof))
			if err != nil {
				t.Fatal(err)
			}
			b.Event = e
			if _, err := b.Marshal(); says(err) != tc.want {
				t.Errorf("proof: got %q, want %q", says(err), tc.want)
			}
		})
	}
	e := v.event(t)
	e.At = e.At.In(time.FixedZone("", 3600))
	if b := must(e.Marshal()); string(b) != v.Text {
		t.Errorf("the same moment in another zone has another text: %q", b)
	}
}

// TestNoNamePassesForMore finds no two events with one text, whatever is in the
// actor's name.
func TestNoNamePassesForMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) proof.Event {
			return proof.Event{
				Space: "ads", Seq: 1, Kind: "a", Role: "b",
				Actor: rapid.StringOfN(rapid.RuneFrom([]rune("1 \n{}\xff")), 0, 6, -1).Draw(t, label+" actor"),
				Body:  []byte(rapid.SampledFrom([]string{"{}", "1", "\n1", " 1"}).Draw(t, label+" body")),
			}
		}
		a, b := draw("one"), draw("other")
		same := a.Actor == b.Actor && bytes.Equal(a.Body, b.Body)
		if bytes.Equal(must(a.Marshal()), must(b.Marshal())) != same {
			t.Fatalf("%+v and %+v", a, b)
		}
		back, err := proof.ParseEvent(must(a.Marshal()))
		if err != nil || back.Actor != a.Actor || !bytes.Equal(back.Body, a.Body) {
			t.Fatalf("%+v was read as %+v, %v", a, back, err)
		}
	})
}

func TestProofRefusals(t *testing.T) {
	t.Parallel()
	good := readVectors(t).Events[4].Proof
	extra := good[strings.Index(good, "extra ")+6 : strings.Index(good, "\nindex")]
	inner, err := base64.StdEncoding.DecodeString(extra)
	if err != nil {
		t.Fatal(err)
	}
	reextra := func(old, new string) string {
		changed := strings.Replace(string(inner), old, new, 1)
		return strings.Replace(good, extra, base64.StdEncoding.EncodeToString([]byte(changed)), 1)
	}
	for name, tc := range map[string]struct{ file, want string }{
		"empty":            {"", "proof bad_form"},
		"another version":  {strings.Replace(good, "@v1", "@v2", 1), "proof bad_form"},
		"no extra":         {strings.Replace(good, "extra "+extra+"\n", "", 1), "proof bad_extra"},
		"extra no base64":  {strings.Replace(good, "extra ", "extra !", 1), "proof bad_extra"},
		"no index":         {strings.Replace(good, "index 2\n", "", 1), "proof bad_index"},
		"index with zero":  {strings.Replace(good, "index 2", "index 02", 1), "proof bad_form"},
		"negative index":   {strings.Replace(good, "index 2", "index -2", 1), "proof bad_index"},
		"path":             {strings.Replace(good, "index 2\n", "index 2\nAAAA\n", 1), "proof bad_path"},
		"windows line end": {strings.ReplaceAll(good, "\n", "\r\n"), "proof bad_form"},
		"inner version":    {reextra("entry/1", "entry/2"), "proof bad_extra"},
		"short salt":       {reextra("salt ", "salt AAAA\nsalt "), "proof bad_salt"},
		"inner path":       {reextra("==\n", "==\nAAAA\n"), "proof bad_path"},
		"no event":         {reextra("Z\n\nselvedge-event", "Z\nselvedge-event"), "proof bad_extra"},
		"leaf":             {reextra("leaf/1", "leaf/2"), "leaf bad_version"},
		"event":            {reextra("event/1", "event/2"), "event bad_form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := proof.Parse([]byte(tc.file)); says(err) != tc.want {
				t.Errorf("got %q, want %q", says(err), tc.want)
			}
		})
	}
	b, _ := bundle(t)
	b.Index = -1
	if _, err := b.Marshal(); says(err) != "proof bad_index" {
		t.Errorf("negative index: %v", err)
	}
}

func FuzzParseLeaf(f *testing.F) {
	for _, l := range readVectors(f).Leaves {
		f.Add([]byte(l.Text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := proof.ParseLeaf(b); err == nil && !bytes.Equal(must(l.Marshal()), b) {
			t.Errorf("%q is not the text of what was read from it", b)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	for _, e := range readVectors(f).Events {
		f.Add([]byte(e.Text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := proof.ParseEvent(b); err == nil && !bytes.Equal(must(e.Marshal()), b) {
			t.Errorf("%q is not the text of what was read from it", b)
		}
	})
}

func FuzzParseProof(f *testing.F) {
	v := readVectors(f)
	for _, e := range v.Events {
		f.Add([]byte(e.Proof))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := proof.Parse(file)
		if err != nil {
			return
		}
		if !bytes.Equal(must(b.Marshal()), file) {
			t.Errorf("%q is not the text of what was read from it", file)
		}
		// Whatever is accepted under the vectors' key is one of the vectors'
		// events: nobody can make another without the key.
		if proof.Verify(b, v.Key) == nil && string(must(b.Event.Marshal())) != v.Events[b.Event.Seq-1].Text {
			t.Errorf("%q was verified", file)
		}
	})
}
