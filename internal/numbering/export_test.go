package numbering

// Deep is the most digits that Parse reads.
const Deep = deep + maxNational

// Walks returns, for the region's automata, digits that are drawn step by step
// among those that keep the automaton alive: what is dialled for abroad, the
// national prefix, a national number.
func Walks(r Region, draw func(n int) int) [3]string {
	p := &plans[r]
	return [3]string{alive(p.dialOut, draw), alive(p.prefix, draw), alive(p.national, draw)}
}

func alive(state uint16, draw func(n int) int) string {
	var out []byte
	for state != 0 {
		// A match may be the end, and so may a dead end.
		if (marks[state] != noMatch || lasts[state] != noMatch) && draw(2) == 0 {
			break
		}
		var next []byte
		for d, to := range steps[state] {
			if to != 0 {
				next = append(next, byte(d))
			}
		}
		if len(next) == 0 {
			break
		}
		d := next[draw(len(next))]
		out = append(out, '0'+d)
		state = steps[state][d]
	}
	return string(out)
}
