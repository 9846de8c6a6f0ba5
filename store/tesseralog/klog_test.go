package tesseralog_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"k8s.io/klog/v2"

	"github.com/selvedge/selvedge/store/tesseralog"
)

// journal keeps what is logged, also by what runs beside the test.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// TestLogTo: warnings and errors come once each, as warnings, and nothing else.
func TestLogTo(t *testing.T) {
	t.Parallel()
	log := &journal{}
	if err := tesseralog.LogTo(slog.New(slog.NewTextHandler(log, nil))); err != nil {
		t.Fatal(err)
	}
	klog.Info("canary-info")
	klog.V(1).Info("canary-verbose")
	klog.Warningf("canary-%s", "warning")
	klog.Errorf("canary-%s", "error")
	klog.Flush()
	for text, n := range map[string]int{
		`level=WARN msg=tessera says=canary-warning`: 1, `level=WARN msg=tessera says=canary-error`: 1, "canary-": 2,
	} {
		if got := strings.Count(log.String(), text); got != n {
			t.Errorf("%s: %d times in\n%s", text, got, log)
		}
	}
}
