package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/server"
)

// teller does the main job and tells it.
type teller struct {
	cfg    Config
	server *server.Server
	url    string
	page   *page

	world    *world.World
	platform *api.Client
	shops    []*shop
}

// shop is an org of the demo with its list and audience.
type shop struct {
	list     world.List
	org      org.Org
	client   *api.Client
	audience api.Audience
	upload   api.List
}

var (
	operator = selvedge.Operator("demo")
	clock    = selvedge.WallClock{}
)

// say adds a paragraph to the story.
func (t *teller) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(t.cfg.Out, text)
	t.page.add(text)
}

func (t *teller) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		t.bringPeople, t.bringLists, t.showAda, t.checkTruth, t.takeBack, t.offerCurl,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// bringPeople registers the prompts and imports the people.
func (t *teller) bringPeople(ctx context.Context) error {
	var err error
	t.world, err = world.New(world.Config{Seed: t.cfg.Seed, People: t.cfg.People, Start: clock.Now()})
	if err != nil {
		return err
	}
	f, err := write(t.world, filepath.Join(t.cfg.Dir, "world"))
	if err != nil {
		return err
	}
	text, err := os.Open(f.prompts)
	if err != nil {
		return err
	}
	defer text.Close()
	prompts, err := prompt.Parse(text)
	if err != nil {
		return err
	}
	ads, err := t.register(ctx, prompts)
	if err != nil {
		return err
	}
	t.say("1. The platform registers %d prompts. %d of them ask for advertising, and say so; the others ask for security or service.", len(prompts), ads)
	t.say("   Those %d took two people: one who registered them, and another one who read the texts alone and stated what they ask for.", ads)

	began := clock.Now()
	report, err := t.server.Importer.Import(ctx, operator, source(f.accounts), source(f.points))
	if err != nil {
		return err
	}
	p := report.Points
	t.say("2. It imports %s accounts with %s contact points in %.1f s. %s may be matched. %s were not given for advertising, %s come from no known prompt, %s were never verified, %s have run out: those have no token anywhere.",
		count(report.Accounts.Created), count(p.Created), clock.Now().Sub(began).Seconds(), count(p.Matchable), count(p.NotForAds), count(p.UnknownPrompt), count(p.Unverified), count(p.Expired))

	key, err := t.server.Orgs.IssuePlatformKey(ctx, operator, "demo")
	if err != nil {
		return err
	}
	t.platform = &api.Client{URL: t.url, Key: key}
	return nil
}

// register has one operator bring the prompts and another one approve those
// that ask for advertising. It returns how many these are.
func (t *teller) register(ctx context.Context, prompts []prompt.Prompt) (ads int, err error) {
	var by [2]selvedge.Actor
	first, second := world.Operators()
	for i, name := range []string{first, second} {
		key, err := t.server.Orgs.IssueOperatorKey(ctx, operator, name)
		if err != nil {
			return 0, err
		}
		if by[i], err = t.server.Orgs.Authenticate(ctx, key); err != nil {
			return 0, err
		}
	}
	done, err := t.server.Prompts.Apply(ctx, by[0], prompts)
	if err != nil {
		return 0, err
	}
	for _, d := range done {
		if d.State != prompt.Pending {
			continue
		}
		if _, err := t.server.Prompts.Approve(ctx, by[1], d.Name, prompt.ForAds); err != nil {
			return 0, err
		}
		ads++
	}
	return ads, nil
}

func source(path string) contact.Source {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

// acceptTerms accepts the terms that are in force, as an org must before its
// first upload.
func (s *shop) acceptTerms(ctx context.Context) error {
	t, err := s.client.Terms(ctx)
	if err == nil {
		_, err = s.client.AcceptTerms(ctx, t.Version)
	}
	return err
}

// bringLists has every org upload its list and waits until the figures are
// published.
func (t *teller) bringLists(ctx context.Context) error {
	t.say("3. Advertisers and partners upload their lists:")
	for _, l := range t.world.Lists() {
		s := &shop{list: l}
		t.shops = append(t.shops, s)
		kind := org.Advertiser
		if l.Purpose == org.Partner.Purpose().String() {
			kind = org.Partner
		}
		var err error
		var key string
		if s.org, key, err = t.server.Orgs.Create(ctx, operator, l.Name, l.Name+" Ltd", kind); err != nil {
			return err
		}
		s.client = &api.Client{URL: t.url, Key: key}
		if err := s.acceptTerms(ctx); err != nil {
			return err
		}
		if s.audience, err = s.client.CreateAudience(ctx, "Customers of "+l.Name); err != nil {
			return err
		}
		if err := s.send(ctx); err != nil {
			return err
		}
	}
	for _, s := range t.shops {
		if err := s.wait(ctx); err != nil {
			return err
		}
		r := s.upload.Report
		t.say("   %-16s %s rows, of which %s used, %s duplicate, %s empty, %s refused. Audience: %s.",
			s.list.Name, count(r.Rows.Read), count(r.Rows.Used), count(r.Rows.Duplicate), count(r.Rows.Empty), count(r.Rows.Refused), s.audience.Size)
	}
	t.say("   That range is all an advertiser is ever told.")
	return nil
}

// agreed is what the shop says of its customers.
var agreed = list.Declaration{Source: list.FromCustomers, Consents: list.Consents{AdUserData: list.Granted, AdPersonalization: list.Granted}}

// send uploads the shop's list.
func (s *shop) send(ctx context.Context) error {
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.list.WriteCSV(w)) }()
	var err error
	s.upload, err = s.client.UploadList(ctx, s.audience.ID, r, audience.Delivery{Options: list.Options{DefaultRegion: s.list.DefaultRegion, Declaration: agreed}}, "")
	return err
}

// wait waits until what was uploaded is published.
func (s *shop) wait(ctx context.Context) error {
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		var err error
		if s.audience, err = s.client.Audience(ctx, s.audience.ID); err != nil {
			return err
		}
		if s.audience.Status == audience.Ready {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// told are the people of whom the story tells; the world has more.
var told = []string{"Ada", "Bruno", "Hugo", "Eve", "Tilda", "Chiara"}

// showAda asks, as the platform, what became of people of the story.
func (t *teller) showAda(ctx context.Context) error {
	t.say("4. Every list holds the phone number of Ada, who gave it for two-factor codes. The platform asks about her, and about others:")
	for _, name := range told {
		c, ok := t.world.Character(name)
		if !ok {
			return fmt.Errorf("the world has no %s", name)
		}
		points, err := t.platform.ContactPoints(ctx, c.Account)
		if err != nil {
			return err
		}
		t.say("   %s. %s", c.Name, c.Story)
		for _, p := range points {
			can := "a list may match it for " + strings.Join(p.MatchableFor, ", ")
			if len(p.MatchableFor) == 0 {
				can = "no list can match it: " + strings.Join(p.WhyNot, ", ")
			}
			t.say("      %s at %s: %s", p.Mask, p.Prompt, can)
		}
	}
	return nil
}

// count writes a number with separators.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
