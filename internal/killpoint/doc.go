// Package killpoint names the steps around each commit point, so that a test
// can kill the real program at exactly one of them.
//
// A program built without the tag killpoints has nothing of it: Reach is empty
// and costs nothing. With the tag, the environment says at which step and which
// time the process kills itself, as a power cut would, and where it writes down
// which steps it passed. Its hours are seconds, and
// workers are given up for dead sooner.
package killpoint
