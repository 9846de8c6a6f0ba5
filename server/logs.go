package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// The ledger's folder, and the file in it that holds the installation's name.
const (
	ledgerDir  = "ledger"
	originFile = "origin"
)

// spaces are the spaces of the ledger, in the order in which they are shown.
var spaces = []ledger.Space{ledger.Ads, ledger.Registry}

// logName is one log of an installation. Number 1 is the first of its space;
// each later one goes on where the one before it ended.
type logName struct {
	installation string
	space        ledger.Space
	number       int
	dir          string
	origin       string
	label        string // of its key
}

// logNames returns the logs of a space that are in a ledger folder, in order,
// and the first one even if it is not there. The last is the current one.
func logNames(dir, installation string, space ledger.Space) ([]logName, error) {
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read ledger folder: %w", err)
	}
	last := 1
	for _, f := range found {
		number, ok := strings.CutPrefix(f.Name(), string(space)+"-")
		if n, err := strconv.Atoi(number); ok && err == nil && f.IsDir() {
			last = max(last, n)
		}
	}
	var out []logName
	for n := range last {
		out = append(out, newLogName(dir, installation, space, n+1))
	}
	return out, nil
}

func newLogName(dir, installation string, space ledger.Space, number int) logName {
	name := string(space)
	if number > 1 {
		name += "-" + strconv.Itoa(number)
	}
	return logName{
		installation: installation, space: space, number: number, dir: filepath.Join(dir, name),
		origin: installation + "/ledger/" + name, label: "ledger/" + name,
	}
}

// signer returns the log's signer.
func (l logName) signer(root *secret.Root) (*tesseralog.Signer, error) {
	return tesseralog.NewSigner(l.origin, root.Signer(l.label))
}

// installation is the form of an installation's name.
var installation = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?(/[a-z0-9._-]{1,40}){0,3}$`)

func checkOrigin(name string) error {
	if !installation.MatchString(name) {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be a host's name in lower case, and may have a path: selvedge.example").At("origin")
	}
	return nil
}

// setOrigin names an installation that is being made. The name of a folder that
// a crash left half made does not count.
func setOrigin(dir, name string) error {
	dir = filepath.Join(dir, ledgerDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make ledger folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, originFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("name installation: %w", err)
	}
	_, err = f.WriteString(name + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// drawnOrigin is the name of an installation that nobody named: no other has it.
func drawnOrigin(root *secret.Root) string {
	mac := root.Derive("ledger/origin").MAC()
	return fmt.Sprintf("selvedge-%x", mac[:8])
}

// origin returns the installation's name. A folder without one was made before
// there were names, or lost it: if the name was drawn, it is the same again, and
// otherwise no log is of that origin and the server is contained.
func origin(dir string, root *secret.Root) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, ledgerDir, originFile))
	if errors.Is(err, fs.ErrNotExist) {
		return drawnOrigin(root), nil
	}
	if err != nil {
		return "", fmt.Errorf("read installation's name: %w", err)
	}
	name := strings.TrimSuffix(string(b), "\n")
	return name, checkOrigin(name)
}
