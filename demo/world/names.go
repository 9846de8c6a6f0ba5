package world

// name is a first or last name, as people write it and as it stands in the
// local part of an address.
type name struct{ shown, plain string }

// country is where people live, and where their names come from.
type country struct {
	code   string
	share  int // of a thousand people
	phones int // of a thousand of its people, how many have a phone number
	first  []name
	last   []name
	// numbers are the countries whose phone numbers its people hold. Italy and
	// Spain hold back no range for fiction, so people there have numbers from
	// elsewhere, and fewer of them.
	numbers []string
}

// countries are where the people live; the shares add up to a thousand. All
// names are common ones, put together by chance.
var countries = []country{
	{
		"US", 340, 760,
		same("Emma", "Noah", "Ava", "Mason", "Maya", "Caleb", "Jade", "Tyrone", "Grace", "Wyatt", "Priya", "Diego"),
		same("Harper", "Walker", "Nguyen", "Brooks", "Patel", "Foster", "Reyes", "Coleman", "Hayes", "Kim", "Bishop", "Lane"),
		[]string{"US"},
	},
	{
		"GB", 140, 760,
		same("Olivia", "Harry", "Amelia", "Callum", "Isla", "Rhys", "Freya", "Imran", "Poppy", "Angus", "Zara", "Toby"),
		same("Hughes", "Khan", "Barker", "Ellis", "Shaw", "Begum", "Mills", "Fraser", "Pryce", "Okafor", "Holt", "Wells"),
		[]string{"GB"},
	},
	{
		"FR", 120, 760,
		[]name{
			{"Chloé", "chloe"},
			{"Léa", "lea"},
			{"Hugo", "hugo"},
			{"Théo", "theo"},
			{"Camille", "camille"},
			{"Mathis", "mathis"},
			{"Inès", "ines"},
			{"Jules", "jules"},
			{"Manon", "manon"},
			{"Rémi", "remi"},
		},
		[]name{
			{"Lefèvre", "lefevre"},
			{"Moreau", "moreau"},
			{"Girard", "girard"},
			{"Rousseau", "rousseau"},
			{"Benoît", "benoit"},
			{"Chevalier", "chevalier"},
			{"Dupuis", "dupuis"},
			{"Haddad", "haddad"},
			{"Marchand", "marchand"},
			{"Perrin", "perrin"},
		},
		[]string{"FR"},
	},
	{
		"DE", 120, 760,
		[]name{
			{"Jürgen", "juergen"},
			{"Anke", "anke"},
			{"Lukas", "lukas"},
			{"Mia", "mia"},
			{"Jörg", "joerg"},
			{"Leonie", "leonie"},
			{"Felix", "felix"},
			{"Käthe", "kaethe"},
			{"Emre", "emre"},
			{"Heike", "heike"},
		},
		[]name{
			{"Müller", "mueller"},
			{"Schäfer", "schaefer"},
			{"Vogel", "vogel"},
			{"Krüger", "krueger"},
			{"Brandt", "brandt"},
			{"Yilmaz", "yilmaz"},
			{"Lorenz", "lorenz"},
			{"Weiß", "weiss"},
			{"Busch", "busch"},
			{"Engel", "engel"},
		},
		[]string{"DE"},
	},
	{
		"IT", 90, 450,
		[]name{
			{"Anna", "anna"},
			{"Luca", "luca"},
			{"Giulia", "giulia"},
			{"Matteo", "matteo"},
			{"Sara", "sara"},
			{"Niccolò", "niccolo"},
			{"Elena", "elena"},
			{"Paolo", "paolo"},
			{"Marta", "marta"},
			{"Dario", "dario"},
		},
		same("Rossi", "Ferrari", "Esposito", "Bianchi", "Romano", "Greco", "Gallo", "Conti", "Marino", "Fontana"),
		[]string{"FR", "DE", "GB"},
	},
	{
		"ES", 70, 450,
		[]name{
			{"Lucía", "lucia"},
			{"Álvaro", "alvaro"},
			{"Carmen", "carmen"},
			{"Martín", "martin"},
			{"Paula", "paula"},
			{"Íñigo", "inigo"},
			{"Nuria", "nuria"},
			{"Pablo", "pablo"},
			{"Sofía", "sofia"},
			{"Javier", "javier"},
		},
		[]name{
			{"García", "garcia"},
			{"Muñoz", "munoz"},
			{"Romero", "romero"},
			{"Ibáñez", "ibanez"},
			{"Vidal", "vidal"},
			{"Peña", "pena"},
			{"Castro", "castro"},
			{"Soler", "soler"},
			{"Núñez", "nunez"},
			{"Campos", "campos"},
		},
		[]string{"FR", "GB"},
	},
	{
		"SE", 60, 760,
		[]name{
			{"Åsa", "asa"},
			{"Björn", "bjorn"},
			{"Elsa", "elsa"},
			{"Nils", "nils"},
			{"Maja", "maja"},
			{"Göran", "goran"},
			{"Saga", "saga"},
			{"Oskar", "oskar"},
		},
		[]name{
			{"Lindström", "lindstrom"},
			{"Åberg", "aberg"},
			{"Nyström", "nystrom"},
			{"Holm", "holm"},
			{"Dahl", "dahl"},
			{"Sjöberg", "sjoberg"},
			{"Ek", "ek"},
			{"Norén", "noren"},
		},
		[]string{"SE"},
	},
	{
		"AU", 60, 760,
		same("Charlotte", "Cooper", "Matilda", "Lachlan", "Ruby", "Bailey", "Willow", "Jarrah", "Mei", "Angus"),
		same("Murray", "Nolan", "Chen", "Doyle", "Webb", "Singh", "Carey", "Byrne", "Lowe", "Tran"),
		[]string{"AU"},
	},
}

// same makes names that are written in plain letters anyway.
func same(names ...string) []name {
	out := make([]name, len(names))
	for i, n := range names {
		b := []byte(n)
		b[0] |= 0x20 // every name begins with a capital of ASCII
		out[i] = name{shown: n, plain: string(b)}
	}
	return out
}

// named is who somebody is, before anything is known of their account.
type named struct {
	country     *country
	first, last name
}

// named returns the name of person i. Strangers have names too: they are the
// numbers in slot 1.
func (w *World) named(slot, i int) named {
	r := w.rng(forName, slot, i)
	n := r.below(1000)
	c := &countries[0]
	for k := range countries {
		c = &countries[k]
		if n < c.share {
			break
		}
		n -= c.share
	}
	return named{country: c, first: pick(&r, c.first), last: pick(&r, c.last)}
}
