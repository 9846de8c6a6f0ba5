//go:build !killpoints

package killpoint

import "time"

// Hour is an hour.
const Hour = time.Hour

// Reach says that the program has come to a step.
func Reach(string) {}
