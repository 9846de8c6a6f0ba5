package world

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The purposes that can be matched. A prompt that asks for one of these asks
// for nothing in the name of security.
const (
	adsAdvertiser = "ads.match.advertiser"
	adsPartner    = "ads.match.partner"
	adsSuppress   = "ads.suppress"
)

// prompt is one version of what people were asked.
type prompt struct {
	id       string
	version  int
	surface  string
	basis    string
	purposes []string
	months   int // until an advertising grant expires; 0 is the default of 13
	// A prompt was on screens from oldest to youngest days before the start.
	youngest, oldest int
	texts            []text // English first

	ref string   // as contact_points.csv names the prompt: id@version
	ad  []string // the advertising ones of the purposes
}

type text struct{ lang, text string }

// ads returns the advertising purposes that the prompt asks for; the slice is
// the prompt's own. A nil prompt is one that the platform cannot show: it
// grants nothing.
func (p *prompt) ads() []string {
	if p == nil {
		return nil
	}
	return p.ad
}

// security says that the prompt asked in the name of security.
func (p *prompt) security() bool {
	return p != nil && strings.HasPrefix(p.purposes[0], "sec.")
}

// until returns the end of the advertising grants given at a time.
func (p *prompt) until(given time.Time) time.Time {
	if p.months == 0 {
		return given.AddDate(0, 13, 0)
	}
	return given.AddDate(0, p.months, 0)
}

// The prompts of the platform, by their place in the table.
const (
	twoFactor = iota
	recovery
	reauth
	loginAlert
	signUp
	billing
	findFriends
	newsletter
	offersV1
	offersV2
	partners
	allOffers
)

// prompts are what the platform asked. The first three are the prompts of the
// 2019 case: they speak of safeguarding the account, and that is all that they
// may be used for.
var prompts = complete([...]prompt{
	twoFactor: {
		id: "two-factor", version: 1, surface: "settings/security", basis: "consent",
		purposes: []string{"sec.2fa"},
		youngest: 1, oldest: 1800,
		texts: []text{
			{"en", "Add a phone number to receive a code when you sign in. We use this number to check that it is you, and for nothing else."},
			{"it", "Aggiungi un numero di telefono per ricevere un codice quando accedi. Usiamo questo numero per verificare che sia tu, e per nient'altro."},
			{"fr", "Ajoutez un numéro de téléphone pour recevoir un code à la connexion. Nous l'utilisons pour vérifier que c'est bien vous, et pour rien d'autre."},
			{"de", "Füge eine Telefonnummer hinzu, um beim Anmelden einen Code zu erhalten. Wir prüfen damit, dass du es bist, und nutzen sie zu nichts anderem."},
			{"es", "Añade un número de teléfono para recibir un código al iniciar sesión. Lo usamos para comprobar que eres tú, y para nada más."},
		},
	},
	recovery: {
		id: "account-recovery", version: 1, surface: "settings/security", basis: "contract",
		purposes: []string{"sec.recovery"},
		youngest: 1, oldest: 1800,
		texts: []text{
			{"en", "Add an address or number that we can reach you at if you lose access to your account. We use it only to give your account back to you."},
			{"it", "Aggiungi un indirizzo o un numero a cui raggiungerti se perdi l'accesso. Lo usiamo solo per restituirti l'account."},
			{"de", "Gib eine Adresse oder Nummer an, unter der wir dich erreichen, wenn du dich nicht mehr anmelden kannst. Wir nutzen sie nur, um dir dein Konto zurückzugeben."},
		},
	},
	reauth: {
		id: "unlock-account", version: 1, surface: "unlock-screen", basis: "legitimate_interest",
		purposes: []string{"sec.reauth", "sec.fraud"},
		youngest: 1, oldest: 1800,
		texts: []text{
			{"en", "We noticed something unusual and locked your account to keep it safe. Confirm a phone number or e-mail address to unlock it. We use it to tell you from somebody pretending to be you."},
			{"fr", "Une activité inhabituelle nous a conduits à bloquer votre compte. Confirmez un numéro ou une adresse e-mail pour le débloquer. Nous l'utilisons pour vous distinguer de quelqu'un qui se ferait passer pour vous."},
			{"es", "Hemos detectado algo inusual y hemos bloqueado tu cuenta para protegerla. Confirma un teléfono o un correo para desbloquearla. Lo usamos para distinguirte de quien se haga pasar por ti."},
		},
	},
	loginAlert: {
		id: "login-alert", version: 1, surface: "settings/security", basis: "legitimate_interest",
		purposes: []string{"sec.login_alert"},
		youngest: 1, oldest: 1500,
		texts: []text{
			{"en", "Tell us where to write when somebody signs in to your account from a new device."},
			{"it", "Dicci dove scriverti quando qualcuno accede al tuo account da un nuovo dispositivo."},
		},
	},
	signUp: {
		id: "sign-up", version: 1, surface: "signup", basis: "contract",
		purposes: []string{"svc.account", "svc.notify"},
		youngest: 1, oldest: 1900,
		texts: []text{
			{"en", "Enter your e-mail address or phone number to create your account. We use it to run your account and to send you messages about it."},
			{"fr", "Saisissez votre adresse e-mail ou votre numéro pour créer votre compte. Nous l'utilisons pour gérer votre compte et vous écrire à son sujet."},
			{"de", "Gib deine E-Mail-Adresse oder Telefonnummer ein, um dein Konto anzulegen. Wir führen damit dein Konto und schreiben dir dazu."},
		},
	},
	billing: {
		id: "billing-contact", version: 1, surface: "checkout", basis: "contract",
		purposes: []string{"svc.billing"},
		youngest: 1, oldest: 1200,
		texts: []text{
			{"en", "Where should we send your receipts?"},
			{"es", "¿Dónde quieres recibir tus recibos?"},
		},
	},
	findFriends: {
		id: "find-friends", version: 1, surface: "settings/discovery", basis: "consent",
		purposes: []string{"svc.contact_discovery"},
		youngest: 1, oldest: 1500,
		texts: []text{
			{"en", "Let people who have your number in their address book find you here."},
			{"de", "Erlaube Menschen, die deine Nummer im Adressbuch haben, dich hier zu finden."},
		},
	},
	newsletter: {
		id: "newsletter", version: 1, surface: "settings/e-mail", basis: "consent",
		purposes: []string{"mkt.email"},
		youngest: 1, oldest: 1200,
		texts: []text{
			{"en", "Yes, send me your newsletter. I can stop it at any time."},
			{"it", "Sì, inviatemi la vostra newsletter. Posso disdirla in ogni momento."},
			{"fr", "Oui, envoyez-moi votre lettre d'information. Je peux l'arrêter à tout moment."},
		},
	},
	offersV1: {
		id: "offers-from-advertisers", version: 1, surface: "settings/ads", basis: "consent",
		purposes: []string{adsAdvertiser, adsSuppress},
		youngest: 150, oldest: 440,
		texts: []text{
			{"en", "Yes, companies that already have this address or number may find me here, to show me their ads or to leave me out of them. I can take this back at any time."},
			{"it", "Sì, le aziende che hanno già questo indirizzo o numero possono trovarmi qui, per mostrarmi i loro annunci o per escludermi. Posso revocarlo in ogni momento."},
		},
	},
	offersV2: {
		id: "offers-from-advertisers", version: 2, surface: "settings/ads", basis: "consent",
		purposes: []string{adsAdvertiser, adsSuppress},
		youngest: 1, oldest: 180,
		texts: []text{
			{"en", "May companies that already have this address or number match it with your account here, to show you their ads or to leave you out of them? The choice ends after 13 months, and you can take it back at any time in your privacy settings."},
			{"it", "Le aziende che hanno già questo indirizzo o numero possono abbinarlo al tuo account, per mostrarti i loro annunci o per escluderti? La scelta scade dopo 13 mesi e puoi revocarla in ogni momento nelle impostazioni della privacy."},
			{"fr", "Les entreprises qui ont déjà cette adresse ou ce numéro peuvent-elles le rapprocher de votre compte, pour vous montrer leurs publicités ou vous en exclure ? Ce choix prend fin après 13 mois et vous pouvez le retirer à tout moment dans vos réglages de confidentialité."},
			{"de", "Dürfen Unternehmen, die diese Adresse oder Nummer schon haben, sie mit deinem Konto abgleichen, um dir ihre Werbung zu zeigen oder dich davon auszunehmen? Die Wahl endet nach 13 Monaten, und du kannst sie jederzeit in den Datenschutzeinstellungen zurücknehmen."},
			{"es", "¿Pueden las empresas que ya tienen esta dirección o número relacionarlo con tu cuenta, para mostrarte sus anuncios o excluirte de ellos? La elección caduca a los 13 meses y puedes retirarla cuando quieras en los ajustes de privacidad."},
		},
	},
	partners: {
		id: "offers-from-partners", version: 1, surface: "settings/ads", basis: "consent",
		purposes: []string{adsPartner}, months: 12,
		youngest: 1, oldest: 400,
		texts: []text{
			{"en", "May data partners match this address or number with your account here, so that companies which never met you can show you ads? Each partner is named in your privacy settings. You can take this back at any time."},
			{"de", "Dürfen Datenpartner diese Adresse oder Nummer mit deinem Konto abgleichen, damit dir Unternehmen, die dich nicht kennen, Werbung zeigen können? Jeder Partner steht in deinen Datenschutzeinstellungen. Du kannst das jederzeit zurücknehmen."},
		},
	},
	allOffers: {
		id: "all-offers", version: 1, surface: "checkout", basis: "consent",
		purposes: []string{adsAdvertiser, adsPartner, adsSuppress}, months: 6,
		youngest: 1, oldest: 200,
		texts: []text{
			{"en", "Yes, for the next six months companies that have this address or number, and data partners that have it, may match it with my account for ads. I can take this back at any time."},
			{"es", "Sí, durante los próximos seis meses las empresas y los socios de datos que tengan esta dirección o número pueden relacionarlo con mi cuenta para anuncios. Puedo retirarlo cuando quiera."},
		},
	},
})

func complete(ps [allOffers + 1]prompt) [allOffers + 1]prompt {
	for i := range ps {
		p := &ps[i]
		p.ref = p.id + "@" + strconv.Itoa(p.version)
		for _, u := range p.purposes {
			if strings.HasPrefix(u, "ads.") {
				p.ad = append(p.ad, u)
			}
		}
	}
	return ps
}

// Operators returns the names of the two people behind the platform's prompts:
// one of them brings a prompt that asks for advertising, the other one reads it.
func Operators() (first, second string) { return "ines.okafor", "lars.brandt" }

// Prompts returns prompts.yaml.
func (w *World) Prompts() []byte {
	var b strings.Builder
	b.WriteString("prompts:\n")
	for i := range prompts {
		p := &prompts[i]
		b.WriteString("  - id: " + p.id + "\n")
		b.WriteString("    version: " + strconv.Itoa(p.version) + "\n")
		b.WriteString("    surface: " + p.surface + "\n")
		b.WriteString("    legal_basis: " + p.basis + "\n")
		b.WriteString("    purposes: [" + strings.Join(p.purposes, ", ") + "]\n")
		if p.months > 0 {
			b.WriteString("    ads_expiry_months: " + strconv.Itoa(p.months) + "\n")
		}
		b.WriteString("    texts:\n")
		for _, t := range p.texts {
			sum := sha256.Sum256([]byte(t.text))
			b.WriteString("      " + t.lang + ":\n")
			b.WriteString("        text: " + strconv.Quote(t.text) + "\n")
			b.WriteString("        sha256: \"" + hex.EncodeToString(sum[:]) + "\"\n")
		}
	}
	return []byte(b.String())
}
