package identifier

import "strings"

// These are addresses and numbers that belong to nobody who could be meant: what
// people type to get past a form, and addresses that cannot be answered. They are
// taken, and told.
var (
	fakeLocals = [...]string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply"}
	fakeEmails = [...]string{
		"test@test.com", "test@example.com", "example@example.com", "email@example.com", "name@example.com", "user@example.com",
		"none@none.com", "no@no.com", "na@na.com", "a@a.com", "asdf@asdf.com", "abc@abc.com", "123@123.com", "test@test.de", "test@test.co.uk",
	}
)

// isPlaceholder says that a canonical address is one. The first letter tells nearly
// always.
func isPlaceholder(address []byte, at int) bool {
	if strings.IndexByte("tendua1", address[0]) < 0 {
		return false
	}
	for _, l := range fakeLocals {
		if string(address[:at]) == l {
			return true
		}
	}
	for _, e := range fakeEmails {
		if string(address) == e {
			return true
		}
	}
	return false
}

// isPlaceholderNumber says that a number, in international form, ends in seven
// times one digit, or is 1234567890 of some country.
func isPlaceholderNumber(e164 []byte) bool {
	const same = 7
	tail := e164[max(0, len(e164)-same):]
	for _, c := range tail {
		if c != tail[0] {
			return strings.HasSuffix(string(e164), "1234567890")
		}
	}
	return len(tail) == same
}
