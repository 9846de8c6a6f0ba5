package contact_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
)

// TestEventsDocument brings the events that docs/events.md shows, and holds the
// page against what comes out: the report, the types, the fields and the reasons.
func TestEventsDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/events.md")
	must(t, err)
	doc := string(b)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page shows %d pieces of JSON", len(blocks))
	}
	var asked struct {
		Events []contact.Event `json:"events"`
	}
	dec := json.NewDecoder(strings.NewReader(blocks[0][1]))
	dec.DisallowUnknownFields()
	must(t, dec.Decode(&asked))
	p := newPlatform(t)
	p.load(t, "u-1001,GB,adult,2026-03-01,active\n", "")
	p.clock.Add(400 * 24 * time.Hour)
	rep, err := p.events().Apply(t.Context(), office, asked.Events)
	must(t, err)
	var shown, real any
	must(t, json.Unmarshal([]byte(blocks[1][1]), &shown))
	told, err := json.Marshal(rep)
	must(t, err)
	must(t, json.Unmarshal(told, &real))
	if diff := cmp.Diff(shown, real); diff != "" {
		t.Errorf("the report that is shown (-shown +real):\n%s", diff)
	}
	code, err := os.ReadFile("event.go")
	must(t, err)
	words := regexp.MustCompile(`(?:EventType|identifier\.Reason) += "([a-z_]+)"|json:"([a-z0-9_]+)`).FindAllStringSubmatch(string(code), -1)
	if len(words) < 30 {
		t.Fatalf("only %d words were found in the code", len(words))
	}
	for _, m := range words {
		if word := m[1] + m[2]; !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("the page does not know %s", word)
		}
	}
}
