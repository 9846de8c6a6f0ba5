package identifier_test

import (
	"fmt"
	"slices"

	"github.com/selvedge/selvedge/identifier"
)

// A platform knows j.ane@gmail.com, an advertiser jane+shop@googlemail.com: one
// mailbox. What the list's cell is looked up as is a form of the contact point.
func Example() {
	forms, _ := contactForms(identifier.Email, "J.ane@gmail.com", "")
	cell, _ := identifier.Read(identifier.Email, "jane+shop@googlemail.com", "")
	fmt.Println(len(forms), slices.Contains(forms, cell.Identity))

	_, reason := identifier.Read(identifier.Phone, "020 7946 0958", "")
	fmt.Println(reason)

	fmt.Println(maskOf(identifier.Phone, "020 7946 0958", "GB"))
	// Output:
	// 4 true
	// no_country_code
	// +44 ••• ••• ••58
}
