package audience

// specialWords are the patterns of a category, of English, Italian, French,
// German and Spanish, in small letters without accents: ß is ss, and an umlaut
// is its vowel. A * at an end stands for any letters, a _ for what is between
// words. Words that mostly mean something harmless (party, union, cross) stand
// here only with what makes them plain.
func specialWords(c category) string {
	switch c {
	case ethnicity:
		return `ethnic* racial* race_origin african_american* black_people black_community hispanic* latino latinos latina latinas latinx
			romani gypsy gypsies travellers_community caucasian* immigrant* migrant* refugee* asylum* asian_american* asian_people native_american*
			indigenous aboriginal* skin_colour skin_color
			etnic* razza razze razzial* rom_e_sinti zingar* afroamerican* immigrat* rifugiat* profugh* extracomunitari*
			ethnique* ethnie* raciaux racial* tsigane* gitan gitane gitans rroms migrants immigre* refugie*
			*ethnisch* *rassisch* sinti zigeuner* afrodeutsch* *fluchtling* *migrationshintergrund* migranten* *einwanderer* asylbewerber* hautfarbe
			etnia etnias racial* gitanos inmigrante* refugiado* afrodescendiente* indigena*`
	case politics:
		return `politic* democrat democrats republican republicans conservatives_party conservative_party labour_party labor_party voter* left_wing
			right_wing far_left far_right socialist* communist* fascist* anarchist* liberals_party green_party marxist* activist* trump_supporters
			party_member* brexit* pro_life pro_choice
			politic* elettor* democratic* repubblican* sinistra destra comunist* socialist* fascist* leghist* grillin* militant* tesserati_del_partito
			politique* electeur* electrice* de_gauche de_droite extreme_droite extreme_gauche communiste* socialiste* gaulliste* macroniste* militant*
			*politisch* *wahler wahlerinnen *parteimitglied* sozialdemokrat* christdemokrat* *kommunist* *sozialist* *nazi nazis linksextrem* rechtsextrem*
			rechtsradikal* linksradikal* afd cdu csu spd fdp grunenwahler*
			politic* votante* elector* izquierda* derechista* ultraderecha comunista* socialista* fascista* independentista*`
	case religion:
		return `religio* christian* catholic* protestant* evangelical* muslim* moslem* islam* jew jews jewish judaism hindu* buddhis* sikh* mormon*
			jehovah* atheis* agnostic* church* mosque* synagogue* faith faith_based bible* quran koran* kosher halal scientolog* freemason*
			religios* cristian* cattolic* protestant* musulman* islamic* ebre* ebraic* ebraism* buddist* induist* ateo atei atea atee chies* moschea
			moschee sinagog* testimoni_di_geova bibbia corano massoneria massoni
			religieu* chretien* catholique* protestant* musulman* juif juifs juive juives judaisme bouddhis* hindou* athee* eglise* mosquee* synagogue*
			temoins_de_jehovah cacher coran franc_macon*
			*religi* *christ christen christlich* *katholi* *evangelisch* *protestant* *muslim* *moslem* *islam* jude juden judin* judisch* *judentum
			*buddhist* *hindu* *atheist* *kirche* kirchen* *moschee* *synagoge* *glaubige* koscher zeugen_jehovas freimaurer*
			religios* cristian* catolic* protestante* musulman* islamic* judio* judia* budista* hinduista* ateo* atea* iglesia* mezquita* sinagoga*
			testigos_de_jehova biblia coran masoneria`
	case tradeUnion:
		return `trade_union* trades_union* labor_union* labour_union* unionist* unionised unionized union_member* shop_steward*
			sindacat* sindacal* cgil cisl
			syndicat syndicats syndique* syndical* cgt cfdt
			*gewerkschaft* *gewerkschafter* betriebsrat* verdi_mitglied* ig_metall
			sindicat* sindical* ccoo ugt`
	case genetics:
		return `genetic* genom* dna biometric* fingerprint* hereditary
			genetic* genom* biometric* ereditari*
			genetique* genom* adn biometrique* hereditaire*
			*genetisch* *gendefekt* genom* dns biometrisch* erbkrank* erblich*
			genetic* genom* biometric* hereditari*`
	case health:
		return `health healthcare medical* medicine* medication* patient patients disease* illness* sick sickness cancer* tumor* tumour* oncolog* diabet*
			asthma* allerg* hiv aids hepatitis arthritis alzheimer* dementia parkinson* epilep* autis* adhd depress* anxiety bipolar schizophren*
			psychiatr* psycholog* mental_health mentally therap* addict* alcoholi* rehab* substance_abuse drug_user* smokers obes* overweight
			bulimi* anorex* eating_disorder* pregnan* fertil* infertil* ivf abortion* miscarriage* menopaus* disab* wheelchair* blind deaf
			infection* surger* chemo* transplant* dialysis insomnia migraine* stroke_survivor* chronic_pain covid* vaccin* unvaccinated
			salute sanitari* malat* medic* pazient* cancro tumor* diabet* asma asmatic* allergi* depress* ansia psichiatr* psicolog* terap*
			dipenden*_da tossicodipenden* alcolist* alcolism* obes* sovrappeso incint* gravidanz* sterilit* abort* menopausa disabil* invalid* ciech*
			sord* demenz* epilett* vaccin* fumator*
			sante maladie* malade* medica* medecin* patient patients cancer* tumeur* diabet* asthm* allergi* depress* anxiete psychiatr* psycholog*
			therap* toxicoman* alcooli* obes* surpoids enceinte* grossesse* avortement* menopause handicap* aveugle* sourd* demence* epilep* vaccin*
			fumeur* sterilite sida vih
			*gesundheit* *krank* *medizin* *medikament* *patient* *krebs* *tumor* *diabet* asthma* *allergi* *depress* angststorung* *psychiatr* *psycholog*
			*therap* drogensucht spielsucht alkoholsucht suchtkrank* *suchtig* alkoholi* *adipos* ubergewicht* *schwanger* *fruchtbar* *abtreibung* wechseljahre *behindert* *behinderung*
			blinde gehorlos* demenz* epilep* impf* *geimpft* raucher* pflegebedurftig* rollstuhl*
			salud sanitari* medic* enferm* paciente* cancer* tumor* diabet* asma* alergi* depres* ansiedad psiquiatr* psicolog* terap* adiccion* adicto*
			alcoholi* obes* sobrepeso embaraz* infertil* fertil* abort* menopausia discapaci* ciego* sordo* demencia* epilep* vacuna* fumador* vih sida`
	case sexLife:
		return `sex sexual* sexy sexuality gay gays lesbian* bisexual* homosexual* heterosexual* transgender* transsexual* trans_people queer* lgbt*
			nonbinary non_binary intersex* swinger* fetish* porn* erotic* escort escorts affair_seeker* same_sex polyamor* kink kinky bdsm
			sesso sessual* omosessual* lesbic* bisessual* transessual* eterosessual* scambist* erotic* escort feticis*
			sexe sexuel* homosexuel* lesbienne* bisexuel* transsexuel* transgenre* heterosexuel* echangis* libertin* erotique*
			*sexuell* *sexualitat* sex schwule* schwul lesbe lesben lesbisch* homo_ehe erotik* erotisch* fetisch* *porno* transgeschlecht*
			sexo sexual* homosexual* lesbiana* bisexual* transexual* transgenero* heterosexual* erotic* fetichis*`
	default:
		return ""
	}
}
