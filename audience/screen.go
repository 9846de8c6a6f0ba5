package audience

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// category is a special category of personal data (GDPR Art. 9(1)). The words
// are part of the API and never change.
type category string

const (
	ethnicity  category = "ethnicity"
	politics   category = "politics"
	religion   category = "religion"
	tradeUnion category = "trade_union"
	genetics   category = "genetics"
	health     category = "health"
	sexLife    category = "sex_life"
)

// categories are all of them, in the order in which a text is held against them.
func categories() []category {
	return []category{ethnicity, politics, religion, tradeUnion, genetics, health, sexLife}
}

// categoryText says what a category is, in the words of the law.
func categoryText(c category) string {
	return map[category]string{
		ethnicity: "racial or ethnic origin", politics: "political opinions", religion: "religious or philosophical beliefs",
		tradeUnion: "trade union membership", genetics: "genetic or biometric data", health: "health", sexLife: "sex life or sexual orientation",
	}[c]
}

// screen returns the first special category that a text has a word of, "" if
// there is none. It is no judge: it finds the plain words, in the languages of
// specialWords, in whatever case and with or without accents, and an operator
// reads what it lets through.
func screen(text string) category {
	words := wordsOf(text)
	for _, c := range categories() {
		for pattern := range strings.FieldsSeq(specialWords(c)) {
			if speaks(words, strings.Split(pattern, "_")) {
				return c
			}
		}
	}
	return ""
}

// speaks says whether the words of a pattern stand in a text, one after the
// other. A * at an end of one stands for any letters: German puts words
// together, and all of these languages bend their ends.
func speaks(words, pattern []string) bool {
	for i := range len(words) - len(pattern) + 1 {
		found := true
		for j, p := range pattern {
			found = found && fits(words[i+j], p)
		}
		if found {
			return true
		}
	}
	return false
}

func fits(word, pattern string) bool {
	rest, open := strings.CutSuffix(pattern, "*")
	core, inside := strings.CutPrefix(rest, "*")
	switch {
	case open && inside:
		return strings.Contains(word, core)
	case open:
		return strings.HasPrefix(word, core)
	case inside:
		return strings.HasSuffix(word, core)
	default:
		return word == core
	}
}

// letters are those that do not fall apart into a letter of ASCII and a mark.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ı", "i", "ŋ", "n")

// wordsOf returns the words of a text in small letters without accents.
func wordsOf(text string) []string {
	var b strings.Builder
	// Compatibility forms too: wide and other letters that are the same to a reader.
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.FieldsFunc(letters.Replace(b.String()), func(r rune) bool { return !unicode.IsLetter(r) })
}
