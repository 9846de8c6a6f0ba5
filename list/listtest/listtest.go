// Package listtest has what tests say of the lists that they bring: that the
// people of them have agreed. Without such a word every list is refused, and most
// tests are about something else.
package listtest

import "github.com/selvedge/selvedge/list"

// Granted declares that the people of a list have agreed.
func Granted() list.Declaration {
	return list.Declaration{Consents: list.Consents{AdUserData: list.Granted, AdPersonalization: list.Granted}}
}

// Options are those of a list whose people have agreed.
func Options() list.Options { return list.Options{Declaration: Granted()} }

// Query says the same in the query of an upload.
const Query = "ad_user_data=granted&ad_personalization=granted"
