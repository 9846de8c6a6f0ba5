package api

import (
	"net/http"
	"strconv"
	"testing"
)

// FuzzPlace: of all texts those alone are places that a place is written as.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"0", "5", "10737418240", "9223372036854775807", "9223372036854775808", "-1", "+1", " 1", "1 ", "0x1", "1_0", "", "1,2", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := place(http.Header{"Upload-Offset": {text}}, "Upload-Offset")
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("%q is place %d", text, n)
		}
		for len(text) > 1 && text[0] == '0' {
			text = text[1:] // zeros in front are digits too
		}
		if text != strconv.FormatInt(n, 10) {
			t.Fatalf("%q is place %d", text, n)
		}
	})
}
