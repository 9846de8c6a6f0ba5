//go:build !killpoints

package killpoint

// Reach says that the program has come to a step.
func Reach(string) {}
