package bench

import "testing"

// The counts that were published with the definition of the works, of other
// engines' runs.
func TestTruthIsWhatOtherEnginesFound(t *testing.T) {
	t.Parallel()
	got := Work{Contacts: 20_000_000, Rows: 5_000_000, Forms: 1}.Truth()
	if want := (Truth{3_000_000, 2_983_458}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
