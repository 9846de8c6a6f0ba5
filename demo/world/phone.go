package world

import "strings"

// block is a run of phone numbers that an authority holds back for fiction.
type block struct {
	country, cc string
	prefix      string // national, without the trunk 0
	width       int    // digits after the prefix
	from, to    int    // what these digits may be; to is the last
	groups      string // how people group the national number, e.g. "433"
}

// Numbers that no generated person holds: the cast's, and the strangers'.
const (
	castNumbers     = 50 // 07700 900000 to 900049
	strangerNumbers = 90 // 555-0190 to 555-0199 in every US area code
)

// reserved are the blocks. Sources: NANPA (555-0100 to 555-0199 in every area
// code); Ofcom, numbers for use in drama; ARCEP decision 2018-0881;
// Bundesnetzagentur notice 148/2021; PTS, numbers for books and films; ACMA,
// numbers for use in films and television.
var reserved = slicesOfBlocks()

func slicesOfBlocks() map[string][]block {
	out := map[string][]block{}
	add := func(b block) { out[b.country] = append(out[b.country], b) }
	for area := range strings.FieldsSeq(usAreas) {
		add(block{"US", "1", area + "5550", 3, 100, strangerNumbers + 99, "334"})
	}
	add(block{"GB", "44", "7700900", 3, castNumbers, 999, "46"})
	add(block{"GB", "44", "1632960", 3, 0, 999, "46"})
	add(block{"GB", "44", "2079460", 3, 0, 999, "244"})
	for area := range strings.FieldsSeq("113 114 115 116 117 118 121 131 141 151 161") {
		add(block{"GB", "44", area + "4960", 3, 0, 999, "334"})
	}
	add(block{"GB", "44", "1914980", 3, 0, 999, "334"})
	add(block{"GB", "44", "2920180", 3, 0, 999, "244"})
	for p := range strings.FieldsSeq("63998 19900 26191 35301 46571 53649") {
		add(block{"FR", "33", p, 4, 0, 9999, "12222"})
	}
	add(block{"DE", "49", "17139200", 2, 0, 99, "37"})
	add(block{"DE", "49", "176040690", 2, 0, 99, "38"})
	add(block{"DE", "49", "3023125", 3, 0, 999, "28"})
	add(block{"DE", "49", "6990009", 3, 0, 999, "28"})
	add(block{"DE", "49", "4066969", 3, 0, 999, "28"})
	add(block{"DE", "49", "2214710", 3, 0, 999, "37"})
	add(block{"DE", "49", "8999998", 3, 0, 999, "28"})
	add(block{"SE", "46", "7017406", 2, 5, 99, "2322"})
	add(block{"SE", "46", "846500", 3, 400, 499, "1332"})
	add(block{"SE", "46", "313900", 3, 600, 699, "2322"})
	add(block{"SE", "46", "406280", 3, 400, 499, "2322"})
	add(block{"SE", "46", "980319", 3, 200, 299, "3222"})
	for p := range strings.FieldsSeq(auMobiles) {
		add(block{"AU", "61", p, 0, 0, 0, "333"})
	}
	for p := range strings.FieldsSeq("25550 27010 35550 37010 75550 77010 85550 87010") {
		add(block{"AU", "61", p, 4, 0, 9999, "144"})
	}
	return out
}

const auMobiles = `491570006 491570156 491570157 491570158 491570159 491570110 491570313
	491570737 491571266 491571491 491571804 491572549 491572665 491572983 491573770
	491573087 491574118 491574632 491575254 491575789 491576398 491576801 491577426
	491577644 491578957 491578148 491578888 491579212 491579760 491579455`

// usAreas are area codes in use in the United States.
const usAreas = `201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225
	228 229 231 234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303
	304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 331 334 336
	337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417
	419 423 424 425 430 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508
	509 510 512 513 515 516 517 518 520 530 540 541 551 559 561 562 563 567 570 571 573 574
	580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626
	630 631 636 641 646 650 651 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714
	715 716 717 718 719 720 724 727 731 732 734 740 754 757 760 763 765 770 772 773 774 775
	781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828 830 831 832
	843 845 847 848 850 856 857 858 859 860 862 863 864 865 870 878 901 903 904 906 907 908
	909 910 912 913 914 915 916 917 918 919 920 925 928 931 936 937 940 941 947 949 951 952
	954 956 970 971 972 973 978 979 980 985 989`

// number is one phone number.
type number struct {
	country, cc, nsn string
	groups           string
}

func (b *block) number(n int) number {
	nsn := append(make([]byte, 0, 12), b.prefix...)
	if b.width > 0 {
		nsn = pad(nsn, n, b.width)
	}
	return number{country: b.country, cc: b.cc, nsn: string(nsn), groups: b.groups}
}

// number draws the phone number of person i. There are about 200,000, so in a
// large world one number belongs to many accounts, as in life.
func (w *World) number(i int, c *country) number {
	r := w.rng(forPhone, 0, i)
	home := pick(&r, c.numbers)
	blocks := reserved[home]
	if home == "AU" && r.chance(900) {
		blocks = blocks[len(blocks)-8:] // the thirty mobiles are too few for everybody
	}
	b := &blocks[r.below(len(blocks))]
	return b.number(b.from + r.below(b.to-b.from+1))
}

// strangerNumber draws a number that no person of the platform holds.
func strangerNumber(r *rng) number {
	b := pick(r, reserved["US"])
	return b.number(100 + strangerNumbers + r.below(100-strangerNumbers))
}

func (n number) e164() string { return "+" + n.cc + n.nsn }

func (n number) digits() string { return n.cc + n.nsn }

// grouped returns the national number in its groups, without a trunk 0.
func (n number) grouped(sep string) string {
	b := make([]byte, 0, 20)
	rest := n.nsn
	for i, g := range []byte(n.groups) {
		if i > 0 {
			b = append(b, sep...)
		}
		k := min(int(g-'0'), len(rest))
		b, rest = append(b, rest[:k]...), rest[k:]
	}
	return string(append(b, rest...))
}

// national returns the number as people at home write it.
func (n number) national(r *rng) string {
	if n.country == "US" {
		switch r.below(4) {
		case 0:
			return "(" + n.nsn[:3] + ") " + n.nsn[3:6] + "-" + n.nsn[6:]
		case 1:
			return n.grouped("-")
		case 2:
			return n.grouped(".")
		default:
			return "1-" + n.grouped("-")
		}
	}
	switch r.below(3) {
	case 0:
		return "0" + n.nsn
	case 1:
		return "0" + n.grouped("-")
	default:
		return "0" + n.grouped(" ")
	}
}

// international returns the number with its country code, spaced.
func (n number) international(r *rng) string {
	if n.country != "US" && r.chance(200) {
		return "+" + n.cc + " (0)" + n.grouped(" ")
	}
	return "+" + n.cc + " " + n.grouped(" ")
}
