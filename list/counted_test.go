package list_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// numbers returns the numbers of a block of 10,000, each so many on from the last.
func numbers(block uint64, n, step int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = block*10_000 + uint64(i*step)
	}
	return out
}

func random(r *rand.Rand, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = 447_000_000_000 + r.Uint64N(1_000_000_000)
	}
	return out
}

func TestCountedUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	some := random(r, 2501)
	same := make([]uint64, 20_000)
	for i := range same {
		same[i] = 447_700_900_123
	}
	var few, many, thin []uint64
	for i := range 3 {
		few = append(few, numbers(44_770_090+uint64(i), 5000, 2)...)
	}
	for b := range uint64(200) {
		for _, last := range r.Perm(10_000)[:2600] {
			many = append(many, (55_000_000+b)*10_000+uint64(last))
		}
		for _, last := range r.Perm(10_000)[:2000] {
			thin = append(thin, (55_000_000+b)*10_000+uint64(last))
		}
	}
	for b := range uint64(200_000) {
		many = append(many, (30_000_000+b)*10_000+r.Uint64N(10_000))
	}
	block := numbers(44_770_090, 10_000, 1)
	for name, c := range map[string]struct {
		numbers []uint64
		want    bool
	}{
		"none":                                {nil, false},
		"people's":                            {random(r, 200_000), false},
		"a fifth of each block, by chance":    {thin, false},
		"a quarter of a block":                {block[:2500], false},
		"more":                                {block[:2501], true},
		"more, and others, shuffled":          {shuffled(r, block[:2501], some), true},
		"one number, over and over":           {same, false},
		"every second number, few blocks":     {few, true},
		"every tenth number of ten blocks":    {numbers(44_770_090, 10_001, 10), true},
		"every seventh number of many blocks": {numbers(44_770_090, 20_000, 7), true},
		"the same, shuffled":                  {shuffled(r, numbers(44_770_090, 20_000, 7)), true},
		"fewer than are looked at":            {numbers(44_770_090, 9_999, 10), false},
		"dense blocks among too many":         {shuffled(r, many), true},
	} {
		if got := list.CountUp(c.numbers); list.CountedUp(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func shuffled(r *rand.Rand, parts ...[]uint64) (all []uint64) {
	for _, p := range parts {
		all = append(all, p...)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// TestCountedUpList: such a list is refused whatever stands beside the numbers,
// and nothing of it is left. Numbers that nobody can read are not looked at.
func TestCountedUpList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := rand.New(rand.NewPCG(3, 4))
	clear, hashes, removed := "email,phone\n", "phone\n", []list.Member(nil)
	for _, i := range r.Perm(3000) {
		number := fmt.Sprintf("+44770090%04d", i+1000) // beyond the probes
		clear += fmt.Sprintf("p%d@example.com,%s\n", i, number)
		hashes += hashed(number) + "\n"
		removed = append(removed, list.Member{Phones: []string{number}})
	}
	e := b.refuse(t, clear, "")
	if e.Code != selvedge.CodeInvalid || e.Field != "phone" || e.Reason != "enumeration" || strings.ContainsAny(e.Error(), "0123456789") {
		t.Errorf("refused with %+v", e)
	}
	if rep, _ := b.receive(t, hashes, ""); rep.Rows.Used != 3000 {
		t.Errorf("hashes: %+v", rep.Rows)
	}
	batch := list.Batch{Org: "o", Kind: list.Add, Members: removed, Options: granted(list.Options{})}
	if _, _, err := b.ReceiveMembers(context.Background(), batch); !list.CountedUp(err) {
		t.Errorf("a batch: %v", err)
	}
	batch.Kind = list.Remove
	if _, _, err := b.ReceiveMembers(context.Background(), batch); err != nil {
		t.Errorf("a removal: %v", err)
	}
}

func BenchmarkCountUp(b *testing.B) {
	all := random(rand.New(rand.NewPCG(5, 6)), 1_000_000)
	for b.Loop() {
		if err := list.CountUp(all); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/number")
}
