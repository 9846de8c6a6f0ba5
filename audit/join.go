package audit

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/selvedge/selvedge/org"
)

// joinStep is the attack of S&P 2018 that asks whether two identifiers are of one
// account.
func joinStep() Step {
	return Step{
		Number: "A6", Title: "joins of identifiers",
		Does: "P8's address, P8's 2FA number, and both; two identifiers of P5 that were given for advertising, and one of each of two others: a size counts contact points, never people.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			p5, p6, p8 := s.person("P5"), s.person("P6"), s.person("P8")
			first, second := p5.gave[1].at, p5.gave[2].at // both for advertising
			short := background(0, s.sizes.Edge-2)
			ask := func(rows ...row) (string, int, error) {
				a, err := s.newAsker(ctx, org.Advertiser)
				if err != nil {
					return "", 0, err
				}
				v, err := a.sized(ctx, file(short, rows))
				if err != nil {
					return "", 0, err
				}
				n, err := s.exact(ctx, a, v.ID)
				return size(v), n, err
			}
			for _, c := range []struct {
				what  string
				rows  []row
				found int
			}{
				{"one identifier of P5", []row{first}, 1},
				{"two identifiers of P5", []row{first, second}, 2},
				{"one of P5 and one of P6", []row{first, p6.probe}, 2},
				{"P8's address", []row{p8.probe}, 1},
				{"P8's 2FA number", []row{p8.gave[1].at}, 0},
				{"P8's address and 2FA number", []row{p8.probe, p8.gave[1].at}, 1},
			} {
				r, n, err := ask(c.rows...)
				if err != nil {
					return err
				}
				want := ladder[1]
				if c.found == 2 {
					want = ladder[2]
				}
				f.same(c.what+": range", want, r)
				f.same(c.what+": contact points, exactly", s.sizes.Edge-2+c.found, n)
			}
			f.tell("6 lists by 6 senders, two short of a range")
			return s.unions(ctx, f)
		},
	}
}

// unions: no operation of an org takes two audiences, and nothing that is asked
// for in a query changes an answer.
func (s *stage) unions(ctx context.Context, f *findings) error {
	ops, err := s.surface(ctx)
	if err != nil {
		return err
	}
	for _, op := range ops {
		if op.of("org") && strings.Count(op.path, "{audience}") > 1 {
			f.same("operations of an org with two audiences", "none", op.id)
		}
	}
	f.same("operations whose names tell of estimates or unions", "", names(ops, "org", "estimate", "reach", "overlap", "union", "intersect", "insight"))
	return nil
}

// visitStep and discoveryStep: what platforms had besides lists.
func visitStep() Step {
	return Step{
		Number: "A10", Title: "visits",
		Does: "Is there anything that brings visitors of a site into an audience, to join them with a list?",
		run: func(ctx context.Context, s *stage, f *findings) error {
			f.absent = true
			ops, err := s.surface(ctx)
			if err != nil {
				return err
			}
			f.same("operations of an org that tell of visits", "", names(ops, "org", "pixel", "site", "visit", "cookie", "beacon", "tag"))
			a, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			got, err := a.tell(ctx, "make an audience of visitors", http.MethodPost, "/v1/audiences", "application/json", []byte(`{"name":"audit","site":"shop.example"}`))
			if err != nil {
				return err
			}
			f.same("status of an audience of visitors", http.StatusBadRequest, got.status)
			f.tell("%d operations of the API's own document looked at", len(ops))
			return nil
		},
	}
}

func discoveryStep() Step {
	return Step{
		Number: "A13", Title: "contact discovery",
		Does: "As a person who is signed in: is there anything that takes an address book, and tells who is there?",
		run: func(ctx context.Context, s *stage, f *findings) error {
			f.absent = true
			ops, err := s.surface(ctx)
			if err != nil {
				return err
			}
			f.same("operations of a person that tell of others", "", names(ops, "person", "contacts", "book", "friend", "discover", "suggest", "upload", "invite"))
			me, err := s.link(ctx, s.person("P6"))
			if err != nil {
				return err
			}
			for _, path := range []string{"/v1/me/contacts", "/v1/me:discover", "/v1/audiences"} {
				body := []byte(fmt.Sprintf(`{"phones":[%q]}`, s.person("P1").probe.text))
				got, err := s.ask(ctx, question{"bring an address book", me, http.MethodPost, path, "application/json", body})
				if err != nil {
					return err
				}
				f.same("an address book brought to "+path+" is taken", false, got.status < http.StatusBadRequest)
			}
			f.tell("%d operations of the API's own document looked at, 3 tried", len(ops))
			return nil
		},
	}
}
