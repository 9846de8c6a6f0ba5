package killpoint_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
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

// kill says where or when the round's processes are killed: at a step, or after
// so many acknowledgements; the zero kill is at the end of the work.
type kill struct {
	step  step
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
	if k.step.command == args[0] {
		cmd.Env = append(cmd.Env, "SELVEDGE_KILL_AT="+k.step.name+":1")
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

// serving is a running server.
type serving struct {
	url  string
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
	err  error         // how, once gone is closed
	said *bytes.Buffer // on standard error
}

// serve starts the server. If it is killed before it serves, it returns
// errKilled.
func (p *program) serve(t *testing.T, k kill) (*serving, error) {
	t.Helper()
	s := &serving{cmd: p.command(context.WithoutCancel(t.Context()), k, "serve", "--listen", "localhost:0", "--tick", "1s"), gone: make(chan struct{}), said: &bytes.Buffer{}}
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
			t.Fatalf("the server does not start: %v\n%s", s.err, s.said)
		}
		return nil, errKilled
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "serving on "))
	return s, nil
}

func (s *serving) wasKilled() bool {
	return s.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// kill kills the server, if it runs.
func (s *serving) kill() {
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

// reached returns the steps that the commands came by so far.
func (p *program) reached(t *testing.T) []step {
	t.Helper()
	found := map[step]bool{}
	for _, command := range loaded {
		for _, line := range p.lines(t, command) {
			if line != "" {
				found[step{command, line}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b step) int {
		return strings.Compare(a.String(), b.String())
	})
}

// killed returns where the last round's process died, and begins the logs anew.
func (p *program) killed(t *testing.T) string {
	t.Helper()
	where := "at random"
	for _, command := range loaded {
		for _, line := range p.lines(t, command) {
			if name, ok := strings.CutPrefix(line, "killed at "); ok {
				where = command + ": " + name
			}
		}
		if err := os.Remove(p.log(command)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return where
}

func (p *program) lines(t *testing.T, command string) []string {
	t.Helper()
	b, err := os.ReadFile(p.log(command))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}
