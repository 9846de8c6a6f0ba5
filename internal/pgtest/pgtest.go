package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	server  *cluster // of this test binary; nil if it could not be started
	missing error    // why
)

// Main runs the tests of a package with a server beside them and returns the
// exit code. Where PostgreSQL is missing the tests that ask for it fail, because
// go test shows nothing of a package that passes.
func Main(m *testing.M) int {
	if server, missing = start(); missing == nil {
		defer server.stop()
	}
	return m.Run()
}

var schemas atomic.Int64

// Schema returns the URL of a new, empty schema, which is dropped when the test
// ends.
func Schema(t testing.TB) string {
	t.Helper()
	if missing != nil {
		t.Fatalf("PostgreSQL is missing; scripts/need.sh installs it: %v", missing)
	}
	name := fmt.Sprintf("test_%d", schemas.Add(1))
	server.admin(t, "CREATE SCHEMA "+name)
	t.Cleanup(func() { server.admin(t, "DROP SCHEMA "+name+" CASCADE") })
	return server.url(name)
}

// cluster is a running server.
type cluster struct {
	dir  string
	user string
	cmd  *exec.Cmd
	gone chan error
}

func (c *cluster) url(schema string) string {
	q := url.Values{"host": {c.dir}, "user": {c.user}, "dbname": {"postgres"}, "search_path": {schema}}
	return "postgres:///?" + q.Encode()
}

// admin runs a statement outside of the test's schema.
func (c *cluster) admin(t testing.TB, text string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, c.url("public"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, text); err != nil {
		t.Error(err)
	}
}

// program finds one of PostgreSQL's programs: on the path, or where Debian
// puts them.
func program(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(all) == 0 {
		return "", fmt.Errorf("there is no program %s", name)
	}
	slices.Sort(all)
	return all[len(all)-1], nil
}

func start() (_ *cluster, err error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	// Beside initdb: a program of that name on the path may belong to another
	// version, or be something else.
	postgres := filepath.Join(filepath.Dir(initdb), "postgres")
	if real, err := filepath.EvalSymlinks(initdb); err == nil {
		postgres = filepath.Join(filepath.Dir(real), "postgres")
	}
	dir, err := os.MkdirTemp("", "selvedge-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, gone: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	attr, err := c.owner()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	setup := exec.Command(initdb, "--pgdata", data, "--username", c.user, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	setup.SysProcAttr, setup.Dir = attr, dir
	if out, err := setup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// The tests kill programs, not the machine: nothing need reach the disk.
	c.cmd = exec.Command(postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	c.cmd.SysProcAttr, c.cmd.Dir = attr, dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c.cmd.Stdout, c.cmd.Stderr = log, log
	return c, c.run()
}

// owner gives the folder to the user that the server runs as, and returns how
// to become that user.
func (c *cluster) owner() (*syscall.SysProcAttr, error) {
	// The server dies with the tests, also when they are killed.
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		me, err := user.Current()
		if err != nil {
			return nil, err
		}
		c.user = me.Username
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		c.user = name
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, os.Chown(c.dir, int(uid), int(gid))
	}
	return nil, errors.New("there is no user to run it as but root")
}

// run starts the server and waits until it answers.
func (c *cluster) run() error {
	started := make(chan error)
	go func() {
		// The signal at the parent's death is the starting thread's.
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.gone <- c.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.url("public"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.gone:
			text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("the server ended: %s", strings.TrimSpace(string(text)))
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server at once; what it held was for the tests alone.
func (c *cluster) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	<-c.gone
	_ = os.RemoveAll(c.dir)
}
