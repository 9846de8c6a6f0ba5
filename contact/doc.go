// Package contact keeps people's contact points: which prompt each came from,
// what it may be used for, and whether it can be matched at all.
//
// The promise. A contact point is one event, a person giving one address or
// number at one prompt, and is told apart by (account, handle, prompt version,
// given at): bringing the same event again changes nothing and revives nothing.
// What it may be used for was fixed by its prompt when it came; there is no
// update of a purpose. It gets an ordinal and tokens at the first moment it is
// both verified and granted for an ads.* purpose, and never otherwise. A grant
// bit goes on once and off once: after a withdrawal or expiry it never comes
// back, and a new yes is a new contact point. Masks (objection, account state,
// age) may lift.
//
// Values are not kept: of an address stay a keyed handle by which its person
// finds it, a sealed mask, and, if it may be matched, its tokens.
//
// Reading order: Account, Point, AdsGrant, Repository, Importer, People.
package contact
