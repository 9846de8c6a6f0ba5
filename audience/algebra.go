package audience

import (
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/match"
)

// The members of an audience at a moment are made of its matched lists in their
// order:
//
//	OR over the adds A[i] that count at the moment of  A[i] AND NOT (OR of the removals R[j], j > i)
//
// The first replacement of a draft ends everything before it. An add counts from
// when it takes effect until it expires. A removal never ends: it takes out of
// every add before it, whenever that counts.

// since returns the lists from the last replacement on: those that can still
// count, and those that wait.
func since(lists []list.List) []list.List {
	begin := 0
	for i, l := range lists {
		if l.Kind == list.Replace && l.State == list.StateMatched && (i == 0 || !replacedBefore(lists[:i], l.Draft)) {
			begin = i
		}
	}
	return lists[begin:]
}

// replacedBefore says whether a replacement of the draft stands at the end of
// lists, among others of its draft.
func replacedBefore(lists []list.List, draft int64) bool {
	for _, l := range slices.Backward(lists) {
		if l.Draft != draft {
			return false
		}
		if l.Kind == list.Replace {
			return true
		}
	}
	return false
}

// counts says whether a list's members count at a moment, if nothing took them
// out.
func counts(l list.List, at time.Time) bool {
	return l.State == list.StateMatched && l.Adds() && at.Before(l.ExpiresAt) && !at.Before(l.EffectiveAt)
}

// membership returns the members that lists make at a moment.
func membership(ctx context.Context, blobs blob.Store, lists []list.List, at time.Time) (*roaring.Bitmap, error) {
	all, taken := roaring.New(), match.Taken{}
	lists = since(lists)
	first := slices.IndexFunc(lists, func(l list.List) bool { return counts(l, at) })
	if first < 0 {
		return all, nil
	}
	var done [2]blob.Ref // the add and the removal that were read last: lists may share them
	for _, l := range slices.Backward(lists[first:]) {
		switch {
		case l.State != list.StateMatched:
		case !l.Adds():
			if *l.Members == done[1] {
				continue
			}
			t, err := getTaken(ctx, blobs, *l.Members)
			if err != nil {
				return nil, err
			}
			taken.Join(t)
			done = [2]blob.Ref{{}, *l.Members}
		case counts(l, at) && *l.Members != done[0]:
			b, err := getBitmap(ctx, blobs, *l.Members)
			if err != nil {
				return nil, err
			}
			taken.From(b)
			all.Or(b)
			done[0] = *l.Members
		}
	}
	return all, nil
}
