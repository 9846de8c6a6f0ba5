package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/selvedge/selvedge"
)

// cursorAt returns the cursor of the page that comes after a number. The mark says
// of what the number is: a cursor of one list is none of another. Callers take it
// as it is.
func cursorAt(mark string, n int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt([]byte(mark), n, 10))
}

// readCursor returns the number of a cursor, 0 for the empty one.
func readCursor(mark, s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(s); err == nil {
		text, ok := strings.CutPrefix(string(b), mark)
		if n, err := strconv.ParseInt(text, 10, 64); ok && err == nil && n > 0 && cursorAt(mark, n) == s {
			return n, nil
		}
	}
	return 0, selvedge.Errorf(selvedge.CodeInvalid, "must be one that an answer gave").At("cursor").Because("bad_cursor")
}
