//go:build killpoints

package killpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The environment of a program that is to be killed.
const (
	// At is the step and, after a colon, which time it is reached, from 1.
	At = "SELVEDGE_KILL_AT"
	// Log is a file that gets a line for each step that is reached.
	Log = "SELVEDGE_KILL_LOG"
)

// What takes its time must happen while the program lives.
const (
	Hour  = 2 * time.Second
	Lease = 2 * time.Second
)

var (
	mu     sync.Mutex
	passed = map[string]int{}
)

// Reach says that the program has come to a step. If it is the one to be killed
// at, Reach does not return, and nothing of the program runs any more.
func Reach(step string) {
	mu.Lock()
	defer mu.Unlock()
	passed[step]++
	note(step)
	name, count, _ := strings.Cut(os.Getenv(At), ":")
	if n, err := strconv.Atoi(count); err == nil && name == step && passed[step] == n {
		note("killed at " + step)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// note writes a line. The file is opened for each: what was written must be
// there when the process is gone.
func note(line string) {
	path := os.Getenv(Log)
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintln(f, line)
}
