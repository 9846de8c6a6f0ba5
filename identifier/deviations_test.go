package identifier_test

import "github.com/selvedge/selvedge/identifier"

type vectorKey struct {
	system string
	kind   identifier.Kind
	input  string
}

// deviation is a decision to differ from a published vector.
type deviation struct {
	rule     string            // D1 to D12, or one of the names below
	reason   identifier.Reason // what Contact says
	declared string            // with this default country the source's hash is a form after all
}

// Rules that are no decision of their own.
const (
	// No numbering plan has a number of that length: nobody has it.
	ruleLength = "length"
	// 00 is the international prefix; what follows it is no country's number.
	rulePrefix = "prefix"
	// Words and signs stand among the digits. Senders delete them and hash the
	// digits that are left; we do not guess what was meant.
	ruleText = "text"
	// The extension is dropped, and not taken for the number's last digits.
	ruleExtension = "extension"
)

// deviations are all the vectors that we answer otherwise than their source.
var deviations = func() map[vectorKey]deviation {
	m := make(map[vectorKey]deviation)
	put := func(d deviation, system string, kind identifier.Kind, inputs ...string) {
		for _, input := range inputs {
			key := vectorKey{system, kind, input}
			if _, ok := m[key]; ok {
				panic("deviation stands twice: " + input)
			}
			m[key] = d
		}
	}
	const email, phone = identifier.Email, identifier.Phone

	// Addresses that a sender refuses and people have.
	put(deviation{rule: "D11"}, "meta", email,
		"test..test@example.com", "test..name@example.com", "test.....name@example.com",
		".test@example.com", "test.@example.com")
	put(deviation{rule: "D6"}, "meta", email,
		"test @example.com", "test@ example.com", "test@exam ple.com", "test@example .com",
		"test space@example.com", "test name@example.com", "test email@example.com")

	// Numbers without country code that are the source's number once the list
	// has declared its country.
	d8 := func(region string) deviation {
		return deviation{rule: "D8", reason: identifier.ReasonNoCountry, declared: region}
	}
	put(d8("US"), "google", phone, "1 800 555 0100", "18005550100", "1-800-555-0100   ", "14150000000")
	put(d8("GB"), "google", phone, "441134960987")
	put(d8("US"), "meta", phone, "1(650)123-4567", "1-555-123-4567", "1-(555)-123-4567", "14155551234")
	put(d8("NO"), "meta", phone, "4792813113")
	put(d8("BE"), "meta", phone, "3227352263")
	put(d8("US"), "reddit", phone, "1-650-555-1212")
	put(d8("GB"), "snap", phone, "448444124653")
	put(d8("AM"), "tiktok", phone, "374-93-828222")

	// Numbers without country code that are hashed as they stand, which would be
	// the national form.
	put(d8(""), "meta", phone,
		"01(650)123-4567", "1234567890", "(555) 123-4567", "555.123.4567", "555 123 4567", "01234567890",
		"555-123-4567", "555/123/4567", "555_123_4567", "(555)123-4567", "[555] 123-4567",
		"555-123-4567#123", "1-800-FLOWERS", "1-800-GO-FEDEX", "911", "411", "123", "1", "01",
		"Tel: 555 123 4567", "510 555 0011", "555-555-5555", "5551234567")
	put(d8(""), "google", phone, "123-456-7890", "1234567890", "3234567890")
	put(d8(""), "amazon", phone, " (19)2293719271", "21321312313")
	put(d8(""), "snap", phone, "01(706)-767-5127")
	put(d8(""), "tiktok", phone, "1234567890", "12345678901234", "98765432109876")

	length := deviation{rule: ruleLength, reason: identifier.ReasonImpossible}
	put(length, "uid2", phone,
		"+1234567890", "+123456789012", "+1234567890123", "+12345678901234", "+123456789012345")
	put(length, "google", phone, "+1234567890")
	put(length, "snap", phone, "+1111111111", "+2222222222", "+4444444444")
	put(length, "tiktok", phone, "+2132435345")

	prefix := deviation{rule: rulePrefix, reason: identifier.ReasonImpossible}
	put(prefix, "meta", phone, "0012345678", "000555123456", "00001", "00555123456")
	prefix.reason = identifier.ReasonNotPhone // one digit or none is left
	put(prefix, "meta", phone, "001", "0001")

	put(deviation{rule: ruleExtension}, "meta", phone, "+1-555-123-4567 ext. 123")

	put(deviation{rule: ruleText, reason: identifier.ReasonNotPhone}, "meta", phone,
		"alreadyHasPhoneCode: false; phoneCode: '+86'; phoneNumber: '12345678'",
		"alreadyHasPhoneCode: true; phoneNumber: '322-735-2263'",
		"555|123|4567", "{555} 123-4567", "555*123*4567", "555@123@4567", "555$123$4567", "555%123%4567",
		"CALL-NOW-555", "555-HELP-NOW", "Phone: 555-123-4567", "Call me at +1 (555) 123-4567 today!",
		"My number is 555.123.4567.", "!1@2#3$4%5^6&7*8(9)0", "Phone: 555, please call", "***555***123***4567***")
	return m
}()
