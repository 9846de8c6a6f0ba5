package identifier

// maxAlso is how many further forms a phone number or an ASCII address may have.
const maxAlso = 2

// Cell is one identifier read from a list.
type Cell struct {
	// Identity is the form that tells repeats: two spellings of one mailbox in
	// the clear have one Identity. It is looked up.
	Identity Form
	// Hashed says that the sender had hashed the value.
	Hashed bool
	// Repaired says that something was left out to read the value: white space
	// inside an address, the name beside it, or a phone number's extension.
	// Trimming, quotes and the like do not count.
	Repaired bool
	// Placeholder says that the value, in the clear, is one that people fill a form
	// with, such as test@test.com, or an address that answers nobody.
	Placeholder bool
	// Number is a phone number in the clear as digits, country code first. It is 0
	// for anything else.
	Number uint64

	also  [maxAlso]Form
	count uint8
	more  []Form // all, where there are more
}

// Also returns further forms to look up, because a contact point that was imported
// as hashes may carry one form only. A hashed cell has none, nor has an ASCII
// address outside the Gmail family, which has no other form. The slice is valid as
// long as c.
func (c *Cell) Also() []Form {
	if c.more != nil {
		return c.more
	}
	return c.also[:c.count]
}

// alsoLookUp adds a form to Also. There are at most maxAlso.
func (c *Cell) alsoLookUp(f Form) {
	c.also[c.count] = f
	c.count++
}

// Address is the value of a contact point, understood.
type Address struct {
	// Forms are all forms under which the contact point is indexed, the base
	// form (E0 or P0) first, without repeats.
	Forms []Form
	// Identity is the one of Forms that all spellings of the mailbox or number
	// have in common, the same that Read gives.
	Identity Form
	// Mask is what its person may be shown of it, such as "j•••@e•••.com" or
	// "+39 ••• ••• ••12": enough to recognise it, not enough to use it.
	Mask string
}

// Contact reads the value of a contact point. The value is in the clear: a hash
// is refused here and read by Hash. The region is the ISO 3166 country, in
// either case, that a phone number without country code belongs to; it may be
// empty, and is not looked at for an e-mail address. On refusal the Address is
// the zero Address.
func Contact(k Kind, value, region string) (Address, Reason) {
	switch k {
	case Email:
		m, reason := parseMailbox(value)
		if reason != Accepted {
			return Address{}, reason
		}
		return Address{Forms: m.forms(), Identity: m.identity(), Mask: m.mask()}, Accepted
	case Phone:
		var n number
		if reason := n.parse(value, region); reason != Accepted {
			return Address{}, reason
		}
		forms := n.forms()
		return Address{Forms: forms[:], Identity: forms[0], Mask: n.mask()}, Accepted
	default:
		return Address{}, ReasonNoKind
	}
}

// Read reads one cell of a list, in the clear or hashed; which of the two is
// decided for this cell alone. The region is as for Contact, and is not looked
// at for a hash. Whatever Contact accepts, Read accepts, with the same Identity. On refusal the Cell is the zero Cell.
func Read(k Kind, text, region string) (c Cell, reason Reason) {
	if k != Email && k != Phone {
		return Cell{}, ReasonNoKind
	}
	if PlainHash(&c.Identity.Digest, text) {
		c.Identity.Class, c.Hashed = k.Class(), true
		return c, Accepted
	}
	c.Identity = Form{} // half a hash, perhaps
	// No hash has an @, so an address is known before a hash.
	if k == Email && c.readASCII(text) {
		return c, Accepted
	}
	if looksHashed(text) {
		c.Hashed = true
		if c.Identity, reason = Hash(k, text); reason != Accepted {
			return Cell{}, reason
		}
		return c, Accepted
	}
	if k == Email {
		m, reason := parseMailbox(text)
		if reason != Accepted {
			return Cell{}, reason
		}
		m.cell(&c)
		return c, Accepted
	}
	var n number
	if reason = n.parse(text, region); reason != Accepted {
		return Cell{}, reason
	}
	n.cell(&c)
	return c, Accepted
}

// add appends f unless forms has it. There are a handful, so a scan is cheapest.
func add(forms []Form, f Form) []Form {
	for i := range forms {
		if forms[i].Digest == f.Digest {
			return forms
		}
	}
	return append(forms, f)
}
