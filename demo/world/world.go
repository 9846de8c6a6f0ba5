package world

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"time"
)

// Config says which world to make.
type Config struct {
	// Seed is what everything is drawn from; it must not be empty.
	Seed string
	// People is how many generated people there are beside the cast; 0 leaves
	// the cast alone in the world.
	People int
	// Start is the time of the import: every contact point in
	// contact_points.csv was given before it, every Act is after it. It must
	// not be zero and is cut to the second, in UTC.
	Start time.Time
	// OnlyEverAdsGranted leaves out of WriteContactPoints, Truths and Acts
	// every contact point whose prompt grants no advertising purpose, and the
	// withdrawals from such contact points. All else is the same, byte for
	// byte: the other world of the non-interference property.
	OnlyEverAdsGranted bool
}

// World is one invented platform.
type World struct {
	cfg  Config
	key  uint64
	cast []Character
}

// New returns the world of a Config. It returns an error for an empty seed, a
// negative number of people or a zero start.
func New(cfg Config) (*World, error) {
	switch {
	case cfg.Seed == "":
		return nil, errors.New("world: the seed is empty")
	case cfg.People < 0 || cfg.People > 1<<40:
		return nil, errors.New("world: the number of people is not between 0 and 2^40")
	case cfg.Start.IsZero():
		return nil, errors.New("world: the start is zero")
	}
	cfg.Start = cfg.Start.UTC().Truncate(time.Second)
	sum := sha256.Sum256([]byte("world/1/" + cfg.Seed))
	w := &World{cfg: cfg, key: binary.BigEndian.Uint64(sum[:])}
	w.cast = w.makeCast()
	return w, nil
}

// Start returns the time of the import.
func (w *World) Start() time.Time { return w.cfg.Start }

// Len returns the number of accounts, the cast included.
func (w *World) Len() int { return len(w.cast) + w.cfg.People }

// Person returns person i, who has one account: first the cast, then the
// generated people, from 0 to Len()-1. It panics outside of that.
func (w *World) Person(i int) Person {
	if i < 0 || i >= w.Len() {
		panic("world: there is no such person")
	}
	if i < len(w.cast) {
		return w.cast[i].person
	}
	return w.generate(i - len(w.cast))
}

// WriteAccounts writes accounts.csv. It returns the writer's error.
func (w *World) WriteAccounts(out io.Writer) error {
	return writeCSV(out, []string{"account", "country", "age_class", "active_on", "state"}, func(put func(...string) error) error {
		for i := range w.Len() {
			p := w.Person(i)
			if err := put(p.Account, p.Country, string(p.Age), p.ActiveOn.Format(time.DateOnly), string(p.State)); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteContactPoints writes contact_points.csv. It returns the writer's error.
func (w *World) WriteContactPoints(out io.Writer) error {
	header := []string{"account", "kind", "value", "sha256", "region", "prompt", "given_at", "verified_at", "verified_by"}
	return writeCSV(out, header, func(put func(...string) error) error {
		for i := range w.Len() {
			p := w.Person(i)
			for k := range p.Contacts {
				c := &p.Contacts[k]
				if !w.holds(c) {
					continue
				}
				verified := ""
				if !c.VerifiedAt.IsZero() {
					verified = c.VerifiedAt.Format(time.RFC3339)
				}
				err := put(c.Account, string(c.Kind), c.Value, c.SHA256, c.Region, c.Prompt,
					c.GivenAt.Format(time.RFC3339), verified, c.VerifiedBy)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// holds says whether the contact point is in this world at all.
func (w *World) holds(c *ContactPoint) bool {
	return !w.cfg.OnlyEverAdsGranted || len(c.prompt.ads()) > 0
}

// writeCSV writes a header and then the rows that the function puts. The row
// given to put may be reused by the caller after it returns.
func writeCSV(out io.Writer, header []string, rows func(put func(...string) error) error) error {
	buf := bufio.NewWriterSize(out, 1<<16)
	c := csv.NewWriter(buf)
	if err := c.Write(header); err != nil {
		return err
	}
	if err := rows(func(cells ...string) error { return c.Write(cells) }); err != nil {
		return err
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	return buf.Flush()
}
