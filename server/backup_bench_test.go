package server_test

import (
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/server"
)

// BenchmarkBackup copies an installation of 20,000 people and restores it onto
// the same engine: bytes of the backup a second, of both.
func BenchmarkBackup(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	for name, database := range engines() {
		b.Run(name, func(b *testing.B) {
			s := newSite(b, database(b))
			s.bring(b, w)
			dir := filepath.Join(b.TempDir(), "backup")
			if _, err := s.Backup(b.Context(), operator, dir); err != nil {
				b.Fatal(err)
			}
			size := folderSize(b, dir)
			b.Run("make", func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					if _, err := s.Backup(b.Context(), operator, filepath.Join(b.TempDir(), "backup")); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("restore", func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					b.StopTimer()
					cfg := configure(filepath.Join(b.TempDir(), "data"), s.clock, selvedge.NewSeededEntropy("restored"))
					cfg.Database = database(b)
					b.StartTimer()
					if _, err := server.Restore(b.Context(), cfg, dir, s.dir); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
