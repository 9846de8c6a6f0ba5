package killpoint_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// program is the real program with an installation of its own.
type program struct {
	bin, dir string
	database string // URL; empty for SQLite
	env      []string
}

// build builds the program with the steps that it can be killed at.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "selvedge")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "killpoints", "-o", bin, "github.com/selvedge/selvedge/cmd/selvedge").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// step is a place that a command comes by.
type step struct{ command, name string }

func (s step) String() string { return s.command + ": " + s.name }

// kill says where or when processes are killed: commands at a step and, after a
// colon, which time they come by it, the server after so many acknowledgements;
// the zero kill is at the end of the work.
type kill struct {
	at    map[string]string
	after int
}

func (p *program) log(command string) string { return filepath.Join(p.dir, command+".steps") }

// command returns a command of the program, which dies at the step of k if that
// is one of its own.
func (p *program) command(ctx context.Context, k kill, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.bin, args...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it must not outlive a test that is cut off
	cmd.Env = append(cmd.Env, "SELVEDGE_KILL_LOG="+p.log(args[0]))
	if at := k.at[args[0]]; at != "" {
		cmd.Env = append(cmd.Env, "SELVEDGE_KILL_AT="+at)
	}
	return cmd
}

// run runs a command to its end and returns what it wrote. It returns errKilled
// if it was killed on the way.
func (p *program) run(ctx context.Context, k kill, args ...string) (string, error) {
	cmd := p.command(ctx, k, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err != nil && cmd.ProcessState != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return "", errKilled
	}
	if err != nil {
		err = errors.Join(err, errors.New(complaint.String()))
	}
	return out.String(), err
}

var errKilled = errors.New("killed")

// must runs a command that must succeed.
func (p *program) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.run(t.Context(), kill{}, args...)
	if err != nil {
		t.Fatalf("selvedge %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// secret is what a command shows once.
var secret = regexp.MustCompile(`shown once\): (\S+)`)

// serving is a running server, or worker.
type serving struct {
	url  string // of a server
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
	err  error         // how, once gone is closed
	said *bytes.Buffer // on standard error
}

// serve starts the server. If it is killed before it serves, it returns
// errKilled.
func (p *program) serve(t *testing.T, k kill) (*serving, error) {
	t.Helper()
	return p.start(t, k, "serve", "--listen", "localhost:0", "--tick", "1s")
}

// work starts a worker, where there are any; otherwise it returns nil.
func (p *program) work(t *testing.T, k kill) *serving {
	t.Helper()
	if p.database == "" {
		return nil
	}
	s, err := p.start(t, k, "worker", "--tick", "1s")
	if err != nil {
		return nil // it died on the way up
	}
	return s
}

// start starts a command that goes on, and waits until it says that it does.
func (p *program) start(t *testing.T, k kill, args ...string) (*serving, error) {
	t.Helper()
	s := &serving{cmd: p.command(context.WithoutCancel(t.Context()), k, args...), gone: make(chan struct{}), said: &bytes.Buffer{}}
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		s.err = s.cmd.Wait()
		close(s.gone)
	}()
	if err != nil {
		<-s.gone
		if !s.wasKilled() {
			t.Fatalf("selvedge %s does not start: %v\n%s", args[0], s.err, s.said)
		}
		return nil, errKilled
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "serving on "))
	return s, nil
}

func (s *serving) wasKilled() bool {
	return s.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// kill kills the process, if there is one and it runs.
func (s *serving) kill() {
	if s == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.gone
}

// stop ends the server as an operator does.
func (s *serving) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	<-s.gone
	if s.err != nil {
		t.Errorf("the server ends with %v\n%s", s.err, s.said)
	}
}

// passed returns the steps that the commands came by and those that they died
// at, and begins their logs anew.
func (p *program) passed(t *testing.T) (passed, died []step) {
	t.Helper()
	seen := map[step]bool{}
	for _, command := range loaded {
		for _, line := range p.lines(t, command) {
			name, killed := strings.CutPrefix(line, "killed at ")
			s := step{command, name}
			switch {
			case name == "":
			case killed:
				died = append(died, s)
			case !seen[s]:
				seen[s] = true
				passed = append(passed, s)
			}
		}
		if err := os.Remove(p.log(command)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	slices.SortFunc(passed, func(a, b step) int { return strings.Compare(a.String(), b.String()) })
	return passed, died
}

func (p *program) lines(t *testing.T, command string) []string {
	t.Helper()
	b, err := os.ReadFile(p.log(command))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}
