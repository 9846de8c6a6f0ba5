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
	space  ledger.Space
	number int
	dir    string
	origin string
	label  string // of its key
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
		space: space, number: number, dir: filepath.Join(dir, name),
		origin: installation + "/ledger/" + name, label: "ledger/" + name,
	}
}

// signer returns the log's signer.
func (l logName) signer(root *secret.Root) (*tesseralog.Signer, error) {
	return tesseralog.NewSigner(l.origin, root.Signer(l.label))
}

// installation is the form of an installation's name: that of a host, and maybe
// a path after it.
var installation = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?(/[a-z0-9._-]{1,40}){0,3}$`)

// SetOrigin names an installation: the origins of its logs are the name with
// /ledger/ads and /ledger/registry after it. They are in every proof, for ever.
// It returns a CodeInvalid error for a name that is not like a host's, and a
// CodeConflict error if the installation has a name: Start gives it one.
func SetOrigin(dir, name string) error {
	if !installation.MatchString(name) {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be like selvedge.example, in lower case, and no longer than a host's name").At("origin")
	}
	dir = filepath.Join(dir, ledgerDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make ledger folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, originFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return selvedge.Errorf(selvedge.CodeConflict, "the installation has a name, which is in its proofs and stays").At("origin")
	}
	if err != nil {
		return fmt.Errorf("name installation: %w", err)
	}
	_, err = f.WriteString(name + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// origin returns the installation's name. One that nobody named has one that is
// drawn from its root secret: no other installation has it.
func origin(dir string, root *secret.Root) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, ledgerDir, originFile))
	if errors.Is(err, fs.ErrNotExist) {
		mac := root.Derive("installation").MAC()
		return fmt.Sprintf("selvedge-%x", mac[:8]), nil
	}
	if err != nil {
		return "", fmt.Errorf("read installation's name: %w", err)
	}
	name := strings.TrimSuffix(string(b), "\n")
	if !installation.MatchString(name) {
		return "", selvedge.Errorf(selvedge.CodeInvalid, "the file holds no name of an installation").At("origin")
	}
	return name, nil
}
