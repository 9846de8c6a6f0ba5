// Command mutant shows that the guards are guarded: it takes one guard away at
// a time and expects the tests to fail.
//
// The promise: a line "red" means that the tests compiled and failed with the
// guard gone. Anything else (tests that pass, that do not compile, that hang,
// or a guard that is no longer where mutants.yaml says) is a failure of the
// run, so that a mutant cannot rot unseen. The tree itself is never written to:
// the changed file is laid over it for one build.
//
//	go run ./internal/mutant [-every N] [name...]
//
// It runs in the root of the module, over all mutants or those named. With
// -every it tries the first of every N and looks only whether the guards of the
// others are in place: that is the short form, for each change.
package main
