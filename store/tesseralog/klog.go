package tesseralog

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"k8s.io/klog/v2"
)

// LogTo sends to log what Tessera warns of, such as a checkpoint that could not
// be written; what it tells besides is dropped. Tessera logs through klog, which
// is one for the whole program: only a program's main may call this, once,
// before anything else.
func LogTo(log *slog.Logger) error {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{"logtostderr": "false", "stderrthreshold": "FATAL", "skip_headers": "true"} {
		if err := flags.Set(name, value); err != nil {
			return fmt.Errorf("set klog's %s: %w", name, err)
		}
	}
	// What is of a severity is written to its output and to those below it.
	for _, severity := range []string{"INFO", "ERROR", "FATAL"} {
		klog.SetOutputBySeverity(severity, io.Discard)
	}
	klog.SetOutputBySeverity("WARNING", warnings{log})
	return nil
}

// warnings makes a line of klog's a warning in a log.
type warnings struct{ log *slog.Logger }

// Write implements io.Writer.
func (w warnings) Write(line []byte) (int, error) {
	w.log.WarnContext(context.Background(), "tessera", "says", strings.TrimSpace(string(line)))
	return len(line), nil
}
