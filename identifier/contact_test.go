package identifier_test

import "github.com/selvedge/selvedge/identifier"

// contactForms returns the forms of a contact point, maskOf its mask.
func contactForms(k identifier.Kind, value, region string) ([]identifier.Form, identifier.Reason) {
	a, reason := identifier.Contact(k, value, region)
	return a.Forms, reason
}

func maskOf(k identifier.Kind, value, region string) string {
	a, _ := identifier.Contact(k, value, region)
	return a.Mask
}
