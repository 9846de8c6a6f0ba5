package secret

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/selvedge/selvedge"
)

// KEK is the key-encryption key: a Tink keyset of AEAD keys under which keys
// are sealed that are kept in the database. The keyset's primary key seals, all
// of its keys open, so that one can take the place of another without a gap. It
// is safe for concurrent use.
type KEK struct {
	// The keys are behind functions for the reason that a Key's bytes are.
	handle func() *keyset.Handle
	aead   func() tink.AEAD
}

// maxKEK is more than any sensible keyset has in bytes.
const maxKEK = 64 << 10

// errNotKEK stands instead of what Tink says of a keyset that it cannot read:
// that may quote it.
const errNotKEK = "is no Tink keyset of AEAD keys in JSON, in the clear"

// CreateKEK makes a key-encryption key of one AES-256-GCM key and writes it to
// path with mode 0600, as Tink writes a keyset in JSON. Its bytes come from the
// operating system, whatever entropy is injected elsewhere: Tink makes its keys
// itself. It returns a CodeConflict error if the file exists.
func CreateKEK(path string) (*KEK, error) {
	k, err := withFresh(keyset.NewManager())
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, selvedge.Errorf(selvedge.CodeConflict, "a key-encryption key is there already")
	}
	if err != nil {
		return nil, fmt.Errorf("create key-encryption key: %w", err)
	}
	if err := k.write(f); err != nil {
		// Half a key is none, and would be in the way of the next try.
		return nil, errors.Join(err, os.Remove(path))
	}
	if err := syncFolder(path); err != nil {
		return nil, err
	}
	return k, nil
}

// OpenKEK reads the key-encryption key at path. It returns a CodeInvalid error
// if the file is missing, not a regular file, or no keyset, or if its group or
// others may read or write it.
func OpenKEK(path string) (*KEK, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the key-encryption key's file is not there").At("kek")
	}
	if err != nil {
		return nil, fmt.Errorf("open key-encryption key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open key-encryption key: %w", err)
	}
	if !ownersAlone(info) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid,
			"the key-encryption key must be a regular file that only its owner can read: chmod 600 it").At("kek").Because("not_private")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKEK))
	if err != nil {
		return nil, fmt.Errorf("read key-encryption key: %w", err)
	}
	return ParseKEK(string(text))
}

// ParseKEK reads a key-encryption key from a keyset in JSON, as CreateKEK writes
// it. It returns a CodeInvalid error, which shows nothing of the text, if it is
// none.
func ParseKEK(text string) (*KEK, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(text)))
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "%s", errNotKEK).At("kek").Because("not_a_keyset")
	}
	k, err := newKEK(h)
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "%s", errNotKEK).At("kek").Because("not_a_keyset")
	}
	return k, nil
}

func newKEK(h *keyset.Handle) (*KEK, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, errors.New(errNotKEK)
	}
	return &KEK{func() *keyset.Handle { return h }, func() tink.AEAD { return a }}, nil
}

// withFresh adds a new key to a keyset and makes it the primary one.
func withFresh(m *keyset.Manager) (*KEK, error) {
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, errors.New("make key-encryption key: no key could be added")
	}
	h, err := m.Handle()
	if err != nil {
		return nil, errors.New("make key-encryption key: no keyset could be made")
	}
	return newKEK(h)
}

// primary returns the keyset of the primary key alone.
func (k *KEK) primary() (*KEK, error) {
	m := keyset.NewManagerFromHandle(k.handle())
	keep, err := k.handle().Primary()
	if err != nil {
		return nil, errors.New(errNotKEK)
	}
	for i := range k.handle().Len() {
		e, err := k.handle().Entry(i)
		if err == nil && e.KeyID() != keep.KeyID() {
			err = m.Delete(e.KeyID())
		}
		if err != nil {
			return nil, errors.New("drop older key-encryption keys: a key could not be taken out")
		}
	}
	h, err := m.Handle()
	if err != nil {
		return nil, errors.New("drop older key-encryption keys: no keyset could be made")
	}
	return newKEK(h)
}

// Renew puts a new key-encryption key in the place of the one at path: it adds
// a key to the file, has reseal seal everything anew under it, and then takes
// the older keys out. The file opens all that is sealed at any moment between,
// so after a crash or an error of reseal it can be done again.
func (k *KEK) Renew(path string, reseal func(*KEK) error) error {
	next, err := withFresh(keyset.NewManagerFromHandle(k.handle()))
	if err != nil {
		return err
	}
	if err := next.replace(path); err != nil {
		return err
	}
	if err := reseal(next); err != nil {
		return err
	}
	alone, err := next.primary()
	if err != nil {
		return err
	}
	return alone.replace(path)
}

// replace writes the keyset over the file at path: what is there is the whole
// old one or the whole new one at any moment.
func (k *KEK) replace(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".kek-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key-encryption key: %w", err)
	}
	if err := k.write(f); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("write key-encryption key: %w", err), os.Remove(f.Name()))
	}
	return syncFolder(path)
}

// write writes the keyset to f, durably, and closes it.
func (k *KEK) write(f *os.File) error {
	var b bytes.Buffer
	err := insecurecleartextkeyset.Write(k.handle(), keyset.NewJSONWriter(&b))
	if err != nil {
		err = errors.New("the keyset could not be written as JSON")
	} else {
		_, err = f.Write(append(b.Bytes(), '\n'))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key-encryption key: %w", err)
	}
	return nil
}

// syncFolder makes the names in the folder of path durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write key-encryption key: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("write key-encryption key: %w", err)
	}
	return nil
}

// Seal returns the key sealed under the primary key and bound to the bytes:
// without the same bytes it does not open.
func (k *KEK) Seal(key Key, bound []byte) ([]byte, error) {
	sealed, err := k.aead().Encrypt(key.bytes()[:], bound)
	if err != nil {
		return nil, errors.New("seal key: the key-encryption key cannot seal")
	}
	return sealed, nil
}

// Open returns a sealed key. It returns a CodeInvalid error if no key of the
// keyset sealed it, if it is bound to something else, or if it was changed:
// these cannot be told apart.
func (k *KEK) Open(sealed, bound []byte) (Key, error) {
	b, err := k.aead().Decrypt(sealed, bound)
	if err != nil || len(b) != rootLen {
		return Key{}, selvedge.Errorf(selvedge.CodeInvalid, "a sealed key does not open").At("kek").Because("does_not_open")
	}
	return newKey([rootLen]byte(b)), nil
}

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (*KEK) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer and shows nothing.
func (*KEK) LogValue() slog.Value { return slog.StringValue(redacted) }
