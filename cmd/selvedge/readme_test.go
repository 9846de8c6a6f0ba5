package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadme runs the commands of the README, as they stand there, with the real
// binary in an empty folder.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := bytes.Cut(text, []byte("## Beside your accounts"))
	if !ok {
		t.Fatal("the README has no section Beside your accounts")
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Fatalf("the section has %d blocks of commands, not 2", len(blocks))
	}
	dir := t.TempDir()
	build(t, filepath.Join(dir, "bin", "selvedge"))
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	env := append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"),
		"SELVEDGE_LISTEN="+address, "SELVEDGE_SERVER=http://"+address)

	platform := shell(t, dir, env, string(blocks[0][1]))
	defer func() {
		platform()
		untilClosed(t, filepath.Join(dir, "data"))
	}()
	await(t, "http://"+address+"/healthz")
	shell(t, dir, env, string(blocks[1][1]))()

	for name, pattern := range map[string]string{
		"platform.key": `slv_[0-9a-f]{16}_`, "harrow.key": `^slv_[0-9a-f]{16}_`, "audience.id": `^aud_[a-z2-7]{24}\n$`,
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !regexp.MustCompile(pattern).Match(b) {
			t.Errorf("%s does not hold what the README says: %v", name, err)
		}
	}
}

func build(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint("localhost:", l.Addr().(*net.TCPAddr).Port)
}

// shell runs commands and returns a function that ends whatever they left in
// the background.
func shell(t *testing.T, dir string, env []string, commands string) (end func()) {
	t.Helper()
	cmd := exec.Command("sh", "-eu", "-c", commands)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		b, _ := os.ReadFile(log.Name())
		t.Fatalf("%v\n%s\n%s", err, commands, b)
	}
	return func() {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
}

// untilClosed waits until the server has let go of its data folder: until then it
// writes in it.
func untilClosed(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Error(err)
	}
}

// await waits until a URL answers.
func await(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatal("the server does not answer")
		}
	}
}
