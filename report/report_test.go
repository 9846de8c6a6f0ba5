package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/report"
)

// ladder is the ladder as the documents state it: where each range begins, and
// its name. The first begins at nothing.
var ladder = []struct {
	from uint64
	name string
}{
	{0, "too small"},
	{1_000, "1k-2k"},
	{2_000, "2k-5k"},
	{5_000, "5k-10k"},
	{10_000, "10k-20k"},
	{20_000, "20k-50k"},
	{50_000, "50k-100k"},
	{100_000, "100k-200k"},
	{200_000, "200k-500k"},
	{500_000, "500k-1M"},
	{1_000_000, "1M-2M"},
	{2_000_000, "2M-5M"},
	{5_000_000, "5M-10M"},
	{10_000_000, "10M-20M"},
	{20_000_000, "20M-50M"},
	{50_000_000, "50M-100M"},
	{100_000_000, "100M-200M"},
	{200_000_000, "200M-500M"},
	{500_000_000, "500M-1G"},
	{1_000_000_000, "1G-2G"},
	{2_000_000_000, "2G-5G"},
	{5_000_000_000, "5G+"},
}

// TestSizeOfAtEveryBound asks one below, at and one above each bound.
func TestSizeOfAtEveryBound(t *testing.T) {
	t.Parallel()
	for step, r := range ladder {
		counts := map[uint64]int{r.from: step, r.from + 1: step}
		if step > 0 {
			counts[r.from-1] = step - 1
		}
		for count, at := range counts {
			got := report.SizeOf(count)
			if got.String() != ladder[at].name || got.Step() != at || got.Deliverable() != (count >= report.Floor) {
				t.Errorf("%d: got %q, step %d, deliverable %t; want %q, step %d", count, got, got.Step(), got.Deliverable(), ladder[at].name, at)
			}
		}
	}
	if got := report.SizeOf(math.MaxUint64).String(); got != "5G+" {
		t.Errorf("the most that there can be is %q", got)
	}
}

// TestZeroSize says that a Size nobody made is the one that tells nothing.
func TestZeroSize(t *testing.T) {
	t.Parallel()
	var s report.Size
	if s.String() != report.TooSmall || s.Deliverable() || s != report.SizeOf(0) || s != report.SizeOf(report.Floor-1) {
		t.Errorf("the zero Size is %q", s)
	}
}

// TestSizeHidesTheCount: two counts of one range cannot be told apart, not even
// by a verb that prints fields.
func TestSizeHidesTheCount(t *testing.T) {
	t.Parallel()
	a, b := report.SizeOf(1_001), report.SizeOf(1_999)
	if a != b {
		t.Error("two counts of one range make two sizes")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%x"} {
		if x, y := fmt.Sprintf(verb, a), fmt.Sprintf(verb, b); x != y {
			t.Errorf("%s tells 1001 from 1999", verb)
		}
	}
}

func TestSizeJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for step, r := range ladder {
		b, err := json.Marshal(report.SizeAt(step))
		if err != nil || string(b) != `"`+r.name+`"` {
			t.Errorf("step %d is encoded as %s, %v", step, b, err)
		}
		var back report.Size
		if err := json.Unmarshal(b, &back); err != nil || back != report.SizeAt(step) {
			t.Errorf("%s is read as %q, %v", b, back, err)
		}
	}
}

func TestUnmarshalRefusesOtherText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"1k"`, `"1000"`, `1000`, `""`, `"5G-10G"`, `"1K-2K"`, `"Too small"`, `[]`, `{}`, `"1k-2k`, ``} {
		s := report.SizeOf(5_000)
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s was read as %q", text, s)
		} else if s != report.SizeOf(5_000) {
			t.Errorf("%s was refused and changed the size", text)
		}
	}
}

func TestSizeAt(t *testing.T) {
	t.Parallel()
	for step, r := range ladder {
		if got := report.SizeAt(step); got.String() != r.name || got.Step() != step {
			t.Errorf("step %d is %q, step %d", step, got, got.Step())
		}
	}
	for _, step := range []int{-1, math.MinInt, len(ladder), len(ladder) + 1, 255, 256, 257, 1 << 8, 1 << 32, math.MaxInt} {
		if got := report.SizeAt(step); got != (report.Size{}) {
			t.Errorf("step %d, which is not on the ladder, is %q", step, got)
		}
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	day := func(clock string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05", "2026-03-"+clock)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct{ name, uploaded, sealed, want string }{
		{"the next tick", "14 09:26:10", "14 09:26:11", "14 09:27:00"},
		{"uploaded on a tick", "14 09:26:00", "14 09:26:00", "14 09:27:00"},
		{"a quarter is left, and a little more", "14 09:26:44.999999", "14 09:26:45", "14 09:27:00"},
		{"exactly a quarter is left", "14 09:26:45", "14 09:26:45", "14 09:28:00"},
		{"less than a quarter is left", "14 09:26:59.999999", "14 09:26:59.999999", "14 09:28:00"},
		{"a slow match within the interval", "14 09:26:10", "14 09:26:59.999999", "14 09:27:00"},
		{"sealed on the tick", "14 09:26:10", "14 09:27:00", "14 09:28:00"},
		{"sealed after the tick", "14 09:26:10", "14 09:27:00.000001", "14 09:28:00"},
		{"sealed much later", "14 09:26:10", "14 11:05:30", "14 11:06:00"},
		{"a clock that went back", "14 09:26:10", "14 08:00:00", "14 09:27:00"},
		{"over midnight", "14 23:59:50", "14 23:59:51", "15 00:01:00"},
	} {
		got := report.Ticks{Every: time.Minute}.Publish(day(c.uploaded), day(c.sealed))
		if !got.Equal(day(c.want)) {
			t.Errorf("%s: uploaded %s, sealed %s: published %s, want %s", c.name, c.uploaded, c.sealed, got, c.want)
		}
	}
}

// TestPublishProperty: a publication is on the grid, leaves a quarter of an
// interval after the upload, lies after the seal, and is the first that does.
func TestPublishProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.Int64Range(1, 86_400).Draw(t, "seconds")) * time.Second
		uploaded := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "uploaded")).UTC()
		sealed := uploaded.Add(time.Duration(rapid.Int64Range(0, 3*int64(every/time.Microsecond)).Draw(t, "match")) * time.Microsecond)
		at := report.Ticks{Every: every}.Publish(uploaded, sealed)
		if !at.Equal(at.Truncate(every)) {
			t.Fatalf("%s is no multiple of %s", at, every)
		}
		good := func(at time.Time) bool { return at.After(uploaded.Add(every/4)) && at.After(sealed) }
		if !good(at) {
			t.Fatalf("uploaded %s, sealed %s, published %s", uploaded, sealed, at)
		}
		if good(at.Add(-every)) {
			t.Fatalf("%s would have done: uploaded %s, sealed %s, published %s", at.Add(-every), uploaded, sealed, at)
		}
	})
}
