package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
)

// Config says which audit to run. Every field is needed but Steps.
type Config struct {
	Profile Profile
	Steps   []string // numbers of steps, such as A4; all if there are none
	Out     io.Writer
	Log     *slog.Logger
	Clock   selvedge.Clock // for the date of the report: the installation has one of its own
	Entropy selvedge.Entropy
	Code    string // version of the code
}

// Run makes an installation in a temporary folder, runs the steps and writes a line
// to Out for each. It returns the signed report, also of an audit that did not
// pass: Passed says so. It returns a CodeInvalid error if there is no such profile
// or step, and any other error if there could be no audit.
func Run(ctx context.Context, cfg Config) (_ Signed, passed bool, err error) {
	sizes, err := cfg.Profile.Sizes()
	if err != nil {
		return Signed{}, false, err
	}
	steps, err := chosen(cfg.Steps)
	if err != nil {
		return Signed{}, false, err
	}
	s, err := open(ctx, sizes, cfg.Code, cfg.Entropy, cfg.Log)
	if err != nil {
		return Signed{}, false, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r := Report{Format: Format, Product: cfg.Code, Profile: cfg.Profile, Target: "self", MadeAt: cfg.Clock.Now(), Sizes: sizes, Clock: Span{From: s.begin}}
	fmt.Fprintf(cfg.Out, "profile %s: %d accounts in the background, %d people, the edge of a range at %d, %d paired uploads\n",
		cfg.Profile, sizes.Background, len(s.people), sizes.Edge, sizes.Pairs)
	for _, st := range steps {
		res, err := s.do(ctx, st)
		if err != nil {
			return Signed{}, false, err
		}
		fmt.Fprintln(cfg.Out, res.Line())
		r.Steps = append(r.Steps, res)
	}
	r.Requests, r.Clock.To = s.sent.Load(), s.clock.Now()
	if r.Ledger, err = s.ledger(ctx); err != nil {
		return Signed{}, false, err
	}
	r.Passed = r.passes()
	signed, err := sign(r, cfg.Entropy)
	if err != nil {
		return Signed{}, false, err
	}
	fmt.Fprintln(cfg.Out, r.Outcome())
	return signed, r.Passed, nil
}

// do runs one step. An error is one of ctx; what keeps a step from its end fails
// it.
func (s *stage) do(ctx context.Context, st Step) (Result, error) {
	s.nextDay()
	from := s.sent.Load()
	f := &findings{}
	err := st.run(ctx, s, f)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	res := f.result(st, err)
	res.Requests = s.sent.Load() - from
	return res, nil
}

// chosen returns the steps of some numbers, in their order.
func chosen(numbers []string) ([]Step, error) {
	all := Steps()
	if len(numbers) == 0 {
		return all, nil
	}
	for _, n := range numbers {
		if !slices.ContainsFunc(all, func(s Step) bool { return s.Number == n }) {
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be numbers of steps, such as A4").At("step").Because("unknown_step")
		}
	}
	return slices.DeleteFunc(all, func(s Step) bool { return !slices.Contains(numbers, s.Number) }), nil
}

// Outcome says in one line what an audit came to.
func (r Report) Outcome() string {
	n := map[Verdict]int{}
	for _, s := range r.Steps {
		n[s.Verdict]++
	}
	word := "passed"
	if !r.Passed {
		word = "FAILED"
	}
	return fmt.Sprintf("%s: profile %s, %d steps pass, %d have no surface, %d not yet, %d fail; %d requests; %s went by on the installation's clock; its ledger has %d entries and %d findings",
		word, r.Profile, n[Pass], n[Absent], n[NotYet], n[Fail], r.Requests, r.Clock.To.Sub(r.Clock.From).Round(time.Minute), r.Ledger.Entries, r.Ledger.Findings)
}

// ledger verifies the installation's ledger and returns its checkpoints.
func (s *stage) ledger(ctx context.Context) (Ledger, error) {
	var out Ledger
	keys, err := s.server.LogKeys()
	if err != nil {
		return out, err
	}
	for _, k := range keys {
		signed, err := s.server.Checkpoint(ctx, k.Space)
		if err != nil {
			return out, err
		}
		out.Checkpoints = append(out.Checkpoints, Checkpoint{string(k.Space), string(signed), k.Key})
	}
	found, err := s.server.Audit(ctx)
	if err != nil {
		return out, err
	}
	out.Findings = len(found.Findings)
	for _, c := range found.Spaces {
		out.Entries += c.Entries
	}
	return out, nil
}
