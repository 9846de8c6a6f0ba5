package drop

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/job"
)

// Kind is the kind of the job that takes what lies in the folders.
const Kind job.Kind = "drops.take"

// LookEvery is how often the folders are looked at.
const LookEvery = 10 * time.Second

// Lists is where lists go, and where their reports are.
type Lists interface {
	Upload(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, r io.Reader, d audience.Delivery) (audience.ListView, error)
	GetList(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, l selvedge.ListID) (audience.ListView, error)
}

// Taken is a file that became a list. Until its list is over, the same content is
// not taken into the audience again.
type Taken struct {
	Audience selvedge.AudienceID
	Mark     [16]byte // of the content
	Name     [16]byte // of the manifest by which it was taken
	List     selvedge.ListID
	Until    time.Time
}

// Repository keeps which files became lists.
type Repository interface {
	// Taken returns what is known of a content in an audience, nil if nothing is.
	Taken(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID, mark [16]byte) (*Taken, error)
	// Take keeps that a file became a list. It returns ErrBefore if one of the same audience and content did.
	Take(ctx context.Context, tx selvedge.Tx, t Taken) error
	// Forget forgets those whose time is over at now.
	Forget(ctx context.Context, tx selvedge.Tx, now time.Time) error
}

const reasonBefore = "taken_before"

// ErrBefore is the error of Repository.Take for what was taken before.
func ErrBefore() error {
	return selvedge.Errorf(selvedge.CodeConflict, "the same file was taken before").Because(reasonBefore)
}

// Marks are the keyed hashes under which contents and names are kept: the plain
// digest of a list of one address would be as good as the address.
type Marks struct{ key secret.Key }

// NewMarks returns the Marks of an installation.
func NewMarks(root *secret.Root) Marks { return Marks{root.Derive("drop/marks")} }

func (m Marks) of(what string, org selvedge.OrgID, id selvedge.AudienceID, text []byte) [16]byte {
	sum := m.key.MAC([]byte(what), []byte(org), []byte(id), text)
	return [16]byte(sum[:16])
}

// Service takes lists from the folders below Dir, one for each org and in it one
// for each audience. Take is for one caller at a time; the job sees to that.
type Service struct {
	Dir   string
	Lists Lists
	Repo  Repository
	Tx    selvedge.Transactor
	Marks Marks
	Clock selvedge.Clock
	Log   *slog.Logger
}

// Check returns a CodeInvalid error if Dir is no folder.
func (s *Service) Check() error {
	if info, err := os.Stat(s.Dir); err != nil || !info.IsDir() {
		return selvedge.Errorf(selvedge.CodeInvalid, "is no folder").At("drops").Because("no_folder")
	}
	return nil
}

// already returns what is known of a content, nil if nothing is.
func (s *Service) already(ctx context.Context, f folder, sum [sha256.Size]byte) (t *Taken, err error) {
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Repo.Forget(ctx, tx, s.Clock.Now()); err != nil {
			return err
		}
		t, err = s.Repo.Taken(ctx, tx, f.audience, s.Marks.of("content", f.org, f.audience, sum[:]))
		return err
	})
	return t, err
}
