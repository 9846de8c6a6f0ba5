PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-22 09:21:08');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-22 09:21:08');
CREATE TABLE prompt (
	ref               INTEGER PRIMARY KEY,
	id                TEXT    NOT NULL,
	version           INTEGER NOT NULL,
	registered_at     INTEGER,          -- null: met in an import, not in the register
	surface           TEXT    NOT NULL DEFAULT '',
	legal_basis       TEXT    NOT NULL DEFAULT '',
	purposes          INTEGER NOT NULL DEFAULT 0,
	ads_expiry_months INTEGER NOT NULL DEFAULT 0,
	texts             TEXT    NOT NULL DEFAULT '[]',
	approved_by       TEXT    NOT NULL DEFAULT '[]',
	UNIQUE (id, version),
	-- sec.* (bits 1 to 5) and ads.* (bits 24 to 26) never stand in one prompt.
	CHECK (purposes & 62 = 0 OR purposes & 117440512 = 0),
	CHECK (registered_at IS NOT NULL OR purposes = 0)
);
INSERT INTO prompt VALUES(1,'two-factor',1,1773480413000000,'settings/security','consent',2,0,'[{"Language":"de","Text":"Füge eine Telefonnummer hinzu, um beim Anmelden einen Code zu erhalten. Wir prüfen damit, dass du es bist, und nutzen sie zu nichts anderem.","SHA256":[141,49,196,225,204,167,242,61,176,62,191,146,190,89,228,183,235,12,254,128,193,64,35,43,61,67,236,231,202,30,109,143]},{"Language":"en","Text":"Add a phone number to receive a code when you sign in. We use this number to check that it is you, and for nothing else.","SHA256":[192,3,67,90,233,142,171,45,201,29,57,161,184,133,78,27,165,129,211,5,131,240,108,76,47,58,11,42,122,81,40,146]},{"Language":"es","Text":"Añade un número de teléfono para recibir un código al iniciar sesión. Lo usamos para comprobar que eres tú, y para nada más.","SHA256":[194,103,78,165,9,4,39,188,6,242,95,57,199,79,95,156,191,37,65,153,145,40,77,149,100,95,54,224,114,155,113,139]},{"Language":"fr","Text":"Ajoutez un numéro de téléphone pour recevoir un code à la connexion. Nous l''utilisons pour vérifier que c''est bien vous, et pour rien d''autre.","SHA256":[198,217,87,110,86,135,80,74,29,32,90,103,241,185,128,107,83,148,107,215,61,189,89,205,2,110,31,155,50,38,131,80]},{"Language":"it","Text":"Aggiungi un numero di telefono per ricevere un codice quando accedi. Usiamo questo numero per verificare che sia tu, e per nient''altro.","SHA256":[156,184,63,223,226,211,232,244,200,221,28,153,90,6,12,217,107,102,211,153,70,123,203,87,3,63,249,226,66,114,11,181]}]','null');
INSERT INTO prompt VALUES(2,'account-recovery',1,1773480413000000,'settings/security','contract',4,0,'[{"Language":"de","Text":"Gib eine Adresse oder Nummer an, unter der wir dich erreichen, wenn du dich nicht mehr anmelden kannst. Wir nutzen sie nur, um dir dein Konto zurückzugeben.","SHA256":[177,27,61,230,254,145,68,24,214,228,237,238,56,123,218,216,121,195,115,104,47,32,234,27,166,212,73,27,81,65,239,50]},{"Language":"en","Text":"Add an address or number that we can reach you at if you lose access to your account. We use it only to give your account back to you.","SHA256":[107,27,207,119,86,114,179,180,215,248,33,252,7,240,34,73,192,204,73,107,39,156,22,45,180,107,6,118,179,16,223,181]},{"Language":"it","Text":"Aggiungi un indirizzo o un numero a cui raggiungerti se perdi l''accesso. Lo usiamo solo per restituirti l''account.","SHA256":[213,1,254,173,207,199,143,43,155,207,69,126,25,243,195,150,167,18,165,247,135,253,164,187,234,51,174,209,213,244,62,138]}]','null');
INSERT INTO prompt VALUES(3,'unlock-account',1,1773480413000000,'unlock-screen','legitimate_interest',40,0,'[{"Language":"en","Text":"We noticed something unusual and locked your account to keep it safe. Confirm a phone number or e-mail address to unlock it. We use it to tell you from somebody pretending to be you.","SHA256":[197,41,187,54,184,55,246,65,136,194,164,144,166,245,28,2,231,217,202,155,132,228,173,234,226,29,100,186,74,239,156,143]},{"Language":"es","Text":"Hemos detectado algo inusual y hemos bloqueado tu cuenta para protegerla. Confirma un teléfono o un correo para desbloquearla. Lo usamos para distinguirte de quien se haga pasar por ti.","SHA256":[63,195,193,108,153,60,115,193,177,245,234,130,50,135,230,241,13,42,145,143,5,234,174,165,113,248,156,248,229,99,1,223]},{"Language":"fr","Text":"Une activité inhabituelle nous a conduits à bloquer votre compte. Confirmez un numéro ou une adresse e-mail pour le débloquer. Nous l''utilisons pour vous distinguer de quelqu''un qui se ferait passer pour vous.","SHA256":[252,234,29,203,120,39,69,170,112,190,12,244,178,138,60,45,31,69,213,34,221,176,233,207,246,107,240,251,121,70,134,95]}]','null');
INSERT INTO prompt VALUES(4,'login-alert',1,1773480413000000,'settings/security','legitimate_interest',16,0,'[{"Language":"en","Text":"Tell us where to write when somebody signs in to your account from a new device.","SHA256":[56,110,245,79,16,240,120,183,202,252,127,159,70,49,124,200,169,194,57,238,81,119,197,149,87,22,200,170,88,18,195,185]},{"Language":"it","Text":"Dicci dove scriverti quando qualcuno accede al tuo account da un nuovo dispositivo.","SHA256":[141,232,85,170,98,6,135,157,104,65,189,91,14,21,245,230,130,172,249,100,185,116,99,132,192,68,38,82,169,19,136,11]}]','null');
INSERT INTO prompt VALUES(5,'sign-up',1,1773480413000000,'signup','contract',768,0,'[{"Language":"de","Text":"Gib deine E-Mail-Adresse oder Telefonnummer ein, um dein Konto anzulegen. Wir führen damit dein Konto und schreiben dir dazu.","SHA256":[123,89,223,137,242,59,249,195,146,11,55,133,198,181,176,15,87,151,85,145,16,209,193,128,57,229,137,42,197,220,247,215]},{"Language":"en","Text":"Enter your e-mail address or phone number to create your account. We use it to run your account and to send you messages about it.","SHA256":[200,159,167,171,25,192,33,200,2,106,170,4,184,98,162,195,180,205,24,225,75,123,158,129,192,240,206,152,233,61,224,244]},{"Language":"fr","Text":"Saisissez votre adresse e-mail ou votre numéro pour créer votre compte. Nous l''utilisons pour gérer votre compte et vous écrire à son sujet.","SHA256":[27,34,3,75,56,134,29,109,171,109,227,107,235,60,130,0,91,218,192,151,100,83,88,5,231,166,218,93,106,156,6,71]}]','null');
INSERT INTO prompt VALUES(6,'billing-contact',1,1773480413000000,'checkout','contract',1024,0,'[{"Language":"en","Text":"Where should we send your receipts?","SHA256":[21,10,17,163,108,213,108,232,92,141,94,135,1,200,239,18,156,98,204,67,195,3,48,251,244,210,66,158,249,109,198,142]},{"Language":"es","Text":"¿Dónde quieres recibir tus recibos?","SHA256":[173,38,235,134,95,191,57,57,220,55,188,221,143,170,57,119,29,217,75,48,88,41,51,31,250,47,94,78,147,239,77,174]}]','null');
INSERT INTO prompt VALUES(7,'find-friends',1,1773480413000000,'settings/discovery','consent',2048,0,'[{"Language":"de","Text":"Erlaube Menschen, die deine Nummer im Adressbuch haben, dich hier zu finden.","SHA256":[118,141,250,50,20,79,166,91,1,63,199,242,142,132,216,46,116,18,246,157,209,200,209,52,223,48,60,96,250,33,226,32]},{"Language":"en","Text":"Let people who have your number in their address book find you here.","SHA256":[172,50,37,164,252,218,254,249,40,207,101,236,167,4,24,207,95,191,15,92,222,97,97,60,27,229,45,16,215,23,10,222]}]','null');
INSERT INTO prompt VALUES(8,'newsletter',1,1773480413000000,'settings/e-mail','consent',65536,0,'[{"Language":"en","Text":"Yes, send me your newsletter. I can stop it at any time.","SHA256":[234,137,36,194,3,28,93,145,7,64,104,56,83,219,11,73,157,136,161,142,117,56,149,39,102,47,49,9,138,217,2,36]},{"Language":"fr","Text":"Oui, envoyez-moi votre lettre d''information. Je peux l''arrêter à tout moment.","SHA256":[148,194,91,37,240,51,242,51,196,93,249,110,143,11,54,65,219,171,112,237,124,87,100,81,78,0,241,30,76,137,212,211]},{"Language":"it","Text":"Sì, inviatemi la vostra newsletter. Posso disdirla in ogni momento.","SHA256":[99,129,114,178,241,132,66,193,51,102,227,218,190,62,21,34,234,169,20,252,135,5,186,149,148,47,167,121,1,124,77,224]}]','null');
INSERT INTO prompt VALUES(9,'offers-from-advertisers',1,1773480413000000,'settings/ads','consent',83886080,13,'[{"Language":"en","Text":"Yes, companies that already have this address or number may find me here, to show me their ads or to leave me out of them. I can take this back at any time.","SHA256":[139,199,39,174,206,174,232,226,248,161,227,77,41,236,118,211,165,248,6,19,166,162,169,247,71,33,250,12,206,83,186,31]},{"Language":"it","Text":"Sì, le aziende che hanno già questo indirizzo o numero possono trovarmi qui, per mostrarmi i loro annunci o per escludermi. Posso revocarlo in ogni momento.","SHA256":[6,121,30,235,135,196,81,75,30,147,143,32,170,223,254,215,52,252,185,56,238,240,155,40,92,217,21,126,204,140,212,185]}]','["ines.okafor","lars.brandt"]');
INSERT INTO prompt VALUES(10,'offers-from-advertisers',2,1773480413000000,'settings/ads','consent',83886080,13,'[{"Language":"de","Text":"Dürfen Unternehmen, die diese Adresse oder Nummer schon haben, sie mit deinem Konto abgleichen, um dir ihre Werbung zu zeigen oder dich davon auszunehmen? Die Wahl endet nach 13 Monaten, und du kannst sie jederzeit in den Datenschutzeinstellungen zurücknehmen.","SHA256":[214,78,3,166,143,238,61,14,62,97,197,138,44,147,31,86,173,129,95,96,81,175,243,229,27,175,215,222,102,0,182,152]},{"Language":"en","Text":"May companies that already have this address or number match it with your account here, to show you their ads or to leave you out of them? The choice ends after 13 months, and you can take it back at any time in your privacy settings.","SHA256":[129,211,204,220,205,148,214,32,207,146,49,192,121,101,113,115,101,190,243,31,168,8,18,137,229,13,39,225,119,27,129,16]},{"Language":"es","Text":"¿Pueden las empresas que ya tienen esta dirección o número relacionarlo con tu cuenta, para mostrarte sus anuncios o excluirte de ellos? La elección caduca a los 13 meses y puedes retirarla cuando quieras en los ajustes de privacidad.","SHA256":[69,122,202,147,176,138,150,163,189,242,235,193,214,240,138,116,30,178,103,242,145,131,39,55,206,104,193,123,159,233,71,219]},{"Language":"fr","Text":"Les entreprises qui ont déjà cette adresse ou ce numéro peuvent-elles le rapprocher de votre compte, pour vous montrer leurs publicités ou vous en exclure ? Ce choix prend fin après 13 mois et vous pouvez le retirer à tout moment dans vos réglages de confidentialité.","SHA256":[200,224,25,197,44,35,49,186,209,57,246,164,33,48,79,108,164,118,123,138,209,170,188,213,2,133,106,178,17,143,77,45]},{"Language":"it","Text":"Le aziende che hanno già questo indirizzo o numero possono abbinarlo al tuo account, per mostrarti i loro annunci o per escluderti? La scelta scade dopo 13 mesi e puoi revocarla in ogni momento nelle impostazioni della privacy.","SHA256":[119,103,107,182,58,224,208,149,48,91,219,220,247,199,165,9,21,132,45,41,218,147,66,34,72,129,234,41,191,216,32,88]}]','["ines.okafor","lars.brandt"]');
INSERT INTO prompt VALUES(11,'offers-from-partners',1,1773480413000000,'settings/ads','consent',33554432,12,'[{"Language":"de","Text":"Dürfen Datenpartner diese Adresse oder Nummer mit deinem Konto abgleichen, damit dir Unternehmen, die dich nicht kennen, Werbung zeigen können? Jeder Partner steht in deinen Datenschutzeinstellungen. Du kannst das jederzeit zurücknehmen.","SHA256":[148,209,204,60,77,12,94,159,137,73,149,252,44,245,172,43,225,177,156,87,103,176,130,126,100,216,27,101,123,236,255,86]},{"Language":"en","Text":"May data partners match this address or number with your account here, so that companies which never met you can show you ads? Each partner is named in your privacy settings. You can take this back at any time.","SHA256":[5,180,9,223,30,64,205,109,190,15,72,9,189,218,95,14,241,123,8,98,37,181,78,13,239,216,40,96,72,88,239,198]}]','["ines.okafor","lars.brandt"]');
INSERT INTO prompt VALUES(12,'all-offers',1,1773480413000000,'checkout','consent',117440512,6,'[{"Language":"en","Text":"Yes, for the next six months companies that have this address or number, and data partners that have it, may match it with my account for ads. I can take this back at any time.","SHA256":[216,99,64,223,188,210,20,203,88,29,80,128,249,108,196,19,17,246,47,63,168,201,234,80,198,166,95,80,132,187,182,3]},{"Language":"es","Text":"Sí, durante los próximos seis meses las empresas y los socios de datos que tengan esta dirección o número pueden relacionarlo con mi cuenta para anuncios. Puedo retirarlo cuando quiera.","SHA256":[223,113,84,85,194,150,81,44,213,129,158,84,117,141,252,106,20,255,84,2,37,197,3,211,32,224,89,163,133,247,184,211]}]','["ines.okafor","lars.brandt"]');
INSERT INTO prompt VALUES(13,'offers-from-advertisers',9,NULL,'','',0,0,'[]','[]');
INSERT INTO prompt VALUES(14,'legacy-import',1,NULL,'','',0,0,'[]','[]');
CREATE TABLE account (
	id          INTEGER PRIMARY KEY,
	platform_id TEXT    NOT NULL UNIQUE,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL CHECK (age_class IN ('adult', 'minor', 'unknown')),
	active_on   INTEGER,
	state       TEXT    NOT NULL CHECK (state IN ('active', 'deactivated')),
	objected_at INTEGER,
	person      INTEGER UNIQUE          -- null until the first ordinal
);
INSERT INTO account VALUES(1,'u-ada','GB','adult',1773360000000000,'active',NULL,NULL);
INSERT INTO account VALUES(2,'u-bela','DE','adult',1773273600000000,'active',NULL,NULL);
INSERT INTO account VALUES(3,'u-carmen','ES','adult',1773187200000000,'active',NULL,NULL);
INSERT INTO account VALUES(4,'u-daan','DE','adult',1773100800000000,'active',NULL,NULL);
INSERT INTO account VALUES(5,'u-bruno','IT','adult',1773014400000000,'active',NULL,1);
INSERT INTO account VALUES(6,'u-farah','FR','adult',1772928000000000,'active',NULL,2);
INSERT INTO account VALUES(7,'u-greta','SE','adult',1772841600000000,'active',1774275293000000,3);
INSERT INTO account VALUES(8,'u-hugo','FR','adult',1773360000000000,'active',NULL,4);
INSERT INTO account VALUES(9,'u-ines','FR','adult',1773273600000000,'active',NULL,NULL);
INSERT INTO account VALUES(10,'u-eve','US','minor',1773187200000000,'active',NULL,5);
INSERT INTO account VALUES(11,'u-karim','GB','adult',1773100800000000,'active',NULL,NULL);
INSERT INTO account VALUES(12,'u-lea','DE','adult',1773014400000000,'active',NULL,6);
INSERT INTO account VALUES(13,'u-chiara','IT','adult',1772928000000000,'active',NULL,7);
INSERT INTO account VALUES(14,'u-dmitri','GB','adult',1772841600000000,'active',NULL,8);
INSERT INTO account VALUES(15,'u-mira','DE','adult',1773360000000000,'active',NULL,9);
INSERT INTO account VALUES(16,'u-noor','GB','unknown',1773273600000000,'active',NULL,10);
INSERT INTO account VALUES(17,'u-otto','DE','adult',1773187200000000,'deactivated',NULL,11);
INSERT INTO account VALUES(18,'u-petra','DE','adult',1773100800000000,'active',NULL,NULL);
INSERT INTO account VALUES(19,'u-quentin','FR','adult',1773014400000000,'active',NULL,NULL);
INSERT INTO account VALUES(20,'u-rosa','ES','adult',1772928000000000,'active',NULL,12);
INSERT INTO account VALUES(21,'u-sam','GB','adult',1772841600000000,'active',NULL,13);
INSERT INTO account VALUES(22,'u-tilda','GB','adult',1773360000000000,'active',NULL,NULL);
INSERT INTO account VALUES(23,'u-vera','GB','adult',1773273600000000,'active',NULL,14);
INSERT INTO account VALUES(24,'u-00000001','FR','adult',1769040000000000,'active',NULL,NULL);
INSERT INTO account VALUES(25,'u-00000002','ES','adult',1766016000000000,'active',NULL,15);
INSERT INTO account VALUES(26,'u-00000003','US','adult',1770076800000000,'active',NULL,16);
INSERT INTO account VALUES(27,'u-00000004','DE','adult',1768780800000000,'active',NULL,NULL);
INSERT INTO account VALUES(28,'u-00000005','AU','adult',1773273600000000,'active',NULL,NULL);
INSERT INTO account VALUES(29,'u-00000006','SE','adult',1765324800000000,'active',NULL,17);
INSERT INTO account VALUES(30,'u-00000007','DE','adult',1772323200000000,'active',NULL,18);
INSERT INTO account VALUES(31,'u-00000008','GB','adult',1772150400000000,'active',1774690013000000,19);
INSERT INTO account VALUES(32,'u-00000009','GB','adult',1768608000000000,'active',NULL,20);
INSERT INTO account VALUES(33,'u-00000010','IT','adult',1773187200000000,'active',NULL,NULL);
INSERT INTO account VALUES(34,'u-00000011','DE','adult',1770508800000000,'active',NULL,NULL);
INSERT INTO account VALUES(35,'u-00000012','US','adult',1767312000000000,'active',NULL,NULL);
CREATE TABLE account_history (
	account_id  INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	objected_at INTEGER
);
INSERT INTO account_history VALUES(1,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(2,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(3,1773480413000000,'ES','adult','active',NULL);
INSERT INTO account_history VALUES(4,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(5,1773480413000000,'IT','adult','active',NULL);
INSERT INTO account_history VALUES(6,1773480413000000,'FR','adult','active',NULL);
INSERT INTO account_history VALUES(7,1773480413000000,'SE','adult','active',NULL);
INSERT INTO account_history VALUES(8,1773480413000000,'FR','adult','active',NULL);
INSERT INTO account_history VALUES(9,1773480413000000,'FR','adult','active',NULL);
INSERT INTO account_history VALUES(10,1773480413000000,'US','minor','active',NULL);
INSERT INTO account_history VALUES(11,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(12,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(13,1773480413000000,'IT','adult','active',NULL);
INSERT INTO account_history VALUES(14,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(15,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(16,1773480413000000,'GB','unknown','active',NULL);
INSERT INTO account_history VALUES(17,1773480413000000,'DE','adult','deactivated',NULL);
INSERT INTO account_history VALUES(18,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(19,1773480413000000,'FR','adult','active',NULL);
INSERT INTO account_history VALUES(20,1773480413000000,'ES','adult','active',NULL);
INSERT INTO account_history VALUES(21,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(22,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(23,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(24,1773480413000000,'FR','adult','active',NULL);
INSERT INTO account_history VALUES(25,1773480413000000,'ES','adult','active',NULL);
INSERT INTO account_history VALUES(26,1773480413000000,'US','adult','active',NULL);
INSERT INTO account_history VALUES(27,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(28,1773480413000000,'AU','adult','active',NULL);
INSERT INTO account_history VALUES(29,1773480413000000,'SE','adult','active',NULL);
INSERT INTO account_history VALUES(30,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(31,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(32,1773480413000000,'GB','adult','active',NULL);
INSERT INTO account_history VALUES(33,1773480413000000,'IT','adult','active',NULL);
INSERT INTO account_history VALUES(34,1773480413000000,'DE','adult','active',NULL);
INSERT INTO account_history VALUES(35,1773480413000000,'US','adult','active',NULL);
INSERT INTO account_history VALUES(7,1774275293000000,'SE','adult','active',1774275293000000);
INSERT INTO account_history VALUES(31,1774690013000000,'GB','adult','active',1774690013000000);
CREATE TABLE contact_point (
	id          INTEGER PRIMARY KEY,
	account_id  INTEGER NOT NULL,
	kind        INTEGER NOT NULL CHECK (kind IN (1, 2)),
	handle      BLOB    NOT NULL,
	prompt      INTEGER NOT NULL,
	given_at    INTEGER NOT NULL,
	verified_at INTEGER,
	verified_by TEXT    NOT NULL,
	purposes    INTEGER NOT NULL,       -- as the prompt stood then; never updated
	mask        BLOB,
	import_id   INTEGER NOT NULL,
	UNIQUE (account_id, handle, prompt, given_at)
);
INSERT INTO contact_point VALUES(1,1,2,X'79fe1a704fa2098fbb4be2f7bcb03ad4',1,1695720600000000,1695720966000000,'code',2,X'8100572fbfd4577243761e56b1cbbaa35b5f02b0fa404e6b5d4ed119d53976e7622c197b8a906b182d116aa8ef326352cccadefef0cfc52abd886227',1);
INSERT INTO contact_point VALUES(2,2,2,X'ab8b59fd7e5b33f8b90f472e08b2b69d',3,1718184600000000,1718185745000000,'code',40,X'352039d96bdd066123703d832baa06c9ddfd911ca22189a391a0cadbd842b7e82f597c5bdf13a58ba95365d4c99189cbfd92ef1d819bbc02ad0b87d3',1);
INSERT INTO contact_point VALUES(3,3,1,X'ffb8f36abf49bc29bca042bccb5728fd',2,1669541400000000,1669541989000000,'code',4,X'8341a85e018e5bfce763c8b7c325426196f78701c5aedcabd0fcc8e01f84d90cd8d20a191bf7d6e8aec2656344e7ba170c5687ff33',1);
INSERT INTO contact_point VALUES(4,4,1,X'f8eaae956a949582d7a0520bbd4855bc',4,1740648600000000,1740648979000000,'link',16,X'e83f5be8f1178190218870353c65d7ad98021effdee0a58373e3bd6544ee9a34cb3c17b6553fc9102db98b275c1d43b0899142db3b',1);
INSERT INTO contact_point VALUES(5,5,2,X'00e273afa7f4519037c0a3eae0027e04',3,1713000600000000,1713001341000000,'code',40,X'76d82d89fe98ae66dab4dc81eb50d1724aaa91118aa70eebc26531d133e2c9ab4fbe5a92b3c7a5ae37c7f069cc6667f8b523ed73fde2adb146e32ea1',1);
INSERT INTO contact_point VALUES(6,5,2,X'00e273afa7f4519037c0a3eae0027e04',10,1765704601000000,1765705597000000,'carrier',83886080,X'5e6ee29aaa78ddbf6db3feeab93ee3b63f86b32688d1dff8e8069beea927690d671381b034b537f88fff32a808bbd89fccd1c8a90f3e408d3888cab9',1);
INSERT INTO contact_point VALUES(7,6,1,X'4557be9d0d1239726441a32a47cf8148',10,1763112600000000,1763113209000000,'code',83886080,X'8c65af58c404e50be8c7e0c04059c9d7ac64afa023bd66fc6b5146c90e9ab331c830afed69a470c19cb6916188b4ab918272978e19',1);
INSERT INTO contact_point VALUES(8,7,1,X'46186465870788ff0859050e29e23715',10,1768296600000000,1768297776000000,'code',83886080,X'23b7da1480f91e0611e3b788ae6a405818b82b93817331af8548e8d710888ebc69647353d203c4f5a9ff65c5a80e554eece2dd468c',1);
INSERT INTO contact_point VALUES(9,8,2,X'3284e9e2e41f39366c25ea6b7d766794',1,1730021400000000,1730021433000000,'code',2,X'6f135c0f917a53e5e0d23a2ae35103c718d947867c33d8575a743e482ca82bc6aad92292eda22efab84db146fe87c48b3344fb3e37aefb56c489c982',1);
INSERT INTO contact_point VALUES(10,8,1,X'f8c81838bd2052b8bc1acff7354f7003',10,1769592601000000,1769593221000000,'link',83886080,X'2e8440db32cc5b24c0db89dd9a8afd78e554766bc7dbabcb520681b3de765b0a99e946243d0c0d07dbafa468d2887957ca0c109cab',1);
INSERT INTO contact_point VALUES(11,9,2,X'7944eb387947a28a32213fd2f22ae50d',7,1755336600000000,1755337407000000,'code',2048,X'136dfbc2b5700d6169405cab8324de7c5dd563adb52488873e14428f52dd12f37bde724e63a49702fe95ee0ab6ca06d1c5f18d56a74a9a7e52c3fadf',1);
INSERT INTO contact_point VALUES(12,10,1,X'849dacb785a519eb94edda8b00065318',10,1770888600000000,1770889711000000,'code',83886080,X'1580554daf20b8168334afb3f69fbe0ba4f1b87d21737fc387b61bd126045388320064068eb1e719d11245c1078722fda879734581',1);
INSERT INTO contact_point VALUES(13,11,1,X'1e31281bf01f9d0880abb214d6916e08',9,1739439000000000,1739439524000000,'link',83886080,X'61e5e95541979ae480bf5a83a02c41c48384e796e6050c88c8379826786afb38ea5896343a643bd7a42f070236a86cfe61aa2c3a07',1);
INSERT INTO contact_point VALUES(14,12,1,X'9da362448a9fe611767cffe4be443fb8',10,1766741400000000,1766742064000000,'code',83886080,X'834e36ee742b41c753fc9031d1d64db73a6a6b455f60c7493616b564defa28111d48737f1391c58fa837c0999462b0b9a25e92d2e7',1);
INSERT INTO contact_point VALUES(15,13,1,X'9b34a11358bc89f5280884bb313b1991',10,1771752600000000,1771753138000000,'code',83886080,X'f1e2a2d79a77e6d40c33f847dc2db1c7376f6f94701cb5e87258afa99d72c7f8325db2e045a18d96ab20ed6daa0135bb86f69df395',1);
INSERT INTO contact_point VALUES(16,14,1,X'44c91b21e5cbc592e9302d220fcd7d27',9,1751880600000000,1751881363000000,'code',83886080,X'a81688333d816dedd3bdebd31fd26b1657806195d6cdf49c43dc464cc8c78fdd2d61a78c7ca56d9f22322bb24cb4e21bc019a6df9f',1);
INSERT INTO contact_point VALUES(17,15,1,X'6592d08a44e0a8980ba241a77faa3ff9',12,1770024600000000,1770025174000000,'code',117440512,X'c610e50ebad2445898b548764e7e2aad77f43b8acee280c4bd40b382f856bf44bbc585b64aa01c55a2e651108fe89dcf67b8d61ed5',1);
INSERT INTO contact_point VALUES(18,16,1,X'430eb30fbf1f58c4322be1a4b7952a15',10,1770629400000000,1770630401000000,'link',83886080,X'd2b1b481bd8585310533e4b0f000ca4baf59159189be009310aa0692c0ea8fcc16da9666906e81cbf7785eaac2c4b182310c390e0e',1);
INSERT INTO contact_point VALUES(19,17,1,X'362391f2556f8f309031d12ace4fa25b',10,1764840600000000,1764840968000000,'code',83886080,X'a9e307fdf57edab0b749aefaa21bc8c7f17fb64abfd03fadf9b9cfe202b0e0c33b0123af225add52ec331899fab434b7e7c42cc1a3',1);
INSERT INTO contact_point VALUES(20,18,1,X'54a0a869b054479b82c5af1a308b916f',10,1772184600000000,NULL,'',83886080,X'4eef97d5f3e0fd04dc345c4af16c989250f51abbdd47d6b62a942d389569f1414d08b403c90be2a940ce3fafd0cc689abc76a9cab3',1);
INSERT INTO contact_point VALUES(21,19,1,X'bf3521704a333a42814c1de8a877fd0f',13,1643880600000000,1643881734000000,'link',0,X'63f42360d7e02c85f69bb101a0e3c3e1507049fae5d02a27d2992142cbf6910c7610854df6cd9f6ca59ba0ffd8aebe4ac7655ff34e',1);
INSERT INTO contact_point VALUES(22,20,1,X'e02e5e944065a129d2135397dfbbfc5a',11,1769160600000000,1769161125000000,'code',33554432,NULL,1);
INSERT INTO contact_point VALUES(23,21,2,X'30357584feaeba95340d28208bd107a6',10,1771320600000000,1771321176000000,'code',83886080,X'eb6438d4ae17c2919aec0b91e2b0561ec91e0a0a924c4fd31e55687d6cf1a84c810116d5d52fcc5834075b37e52d9cae42cf5c5ad12190e5dac0c5c8',1);
INSERT INTO contact_point VALUES(24,22,2,X'837996074619f8c652f4686480246f62',1,1738056600000000,1738057766000000,'code',2,X'0247d553524ef5313af8257b894a0090d9e44d2c5b151d0b6f2e71a687fdc90e0f62e5e12e978c3dc9a8a85010ee815baeee5943fe81e13fa8d0a4f1',1);
INSERT INTO contact_point VALUES(25,23,2,X'fd403c0c11ae9d94228206326a2687cf',9,1756200600000000,1756201767000000,'code',83886080,X'3bd07064d99fe629a36d526f394cd444b092c99f69b2e6bfec56a9586d8d92ae07ae110265c5f422ab017fc3e545903f2a6d86e9e59b906e32676c63',1);
INSERT INTO contact_point VALUES(26,23,1,X'658c0146a295df04d47e9aff2386d300',10,1770456601000000,1770457228000000,'link',83886080,X'5a807402a1fded0bf7f0874d83af8685f1355dbefeb98d1fffda8450044f8c74b7174e2f21d38c9ca0437e7fb99c0fbc6599fed381',1);
INSERT INTO contact_point VALUES(27,24,2,X'6728234160b305ebc08cbb058bd8bed6',5,1609808280000000,NULL,'',768,NULL,1);
INSERT INTO contact_point VALUES(28,25,2,X'4e25d1b7a401e6a925969d160303cd3b',3,1753153860000000,1753155035000000,'code',40,X'a10e72c89c2b0ba11ef1cbff91c68652b5975ddfec8831e848c9e3aeef7107948587503b5d32bc4925319d96808cbe0cca7d98d6609616b364bb5796',1);
INSERT INTO contact_point VALUES(29,25,2,X'4e25d1b7a401e6a925969d160303cd3b',9,1758136561000000,1758136946000000,'carrier',83886080,X'1fe82968cd3c587377ad3a467a340adf208ed7f57b24a2e06d992b28085830305878bfe5dc6e22ad9d0bb6e1cdb7ddacae146db8cc983bde109911a2',1);
INSERT INTO contact_point VALUES(30,26,2,X'5148b5736528ccf1969439b9d07950fa',3,1653766020000000,NULL,'',40,X'5398f996a443fe546b579cd7d335034623d5f182a3c8270fe1c6d7a71f39dcb12db127c0040b85ba29d8d10566181d206da6a008f18b41e4c4ab0c',1);
INSERT INTO contact_point VALUES(31,26,1,X'd7bb074b1a423a92a46dd2ea65a0c285',5,1656760143000000,1656760862000000,'code',768,X'9e6e96b10eb41b4fb5fa9193d96a8f892b90d3f0f696f06345d403ed8e70aa79b0efab6681be2aed14d7beab986ef1fc9e85e1b6e3',1);
INSERT INTO contact_point VALUES(32,26,1,X'd7bb074b1a423a92a46dd2ea65a0c285',8,1728316802000000,1728317794000000,'link',65536,X'd950d0695db23c62b925d22eb79810f9ee7c6ff1e7337927c03d95cadbaf3d35dc21e83df8eed215ffc93de339681f0639eda7b18d',1);
INSERT INTO contact_point VALUES(33,26,1,X'd7bb074b1a423a92a46dd2ea65a0c285',10,1766200981000000,1766202171000000,'code',83886080,X'd146d0d90aad74b882f35562db6adaa8b49d41995dcbfc3550425fd6c6da3e5a898d8de605fe7836287058caee15b02f96943d5fd1',1);
INSERT INTO contact_point VALUES(34,27,1,X'0c369d5a4384ce245c31bf674726e7e2',3,1770193380000000,1770194198000000,'link',40,X'668166d0e4d2faa3261a4edebe6e1835b045745c2ba396ce1c7e2182eab281825324756fd8051a82474c6a2d3044bc739d5b29794d015e7422',1);
INSERT INTO contact_point VALUES(35,28,1,X'3ef622bfbdef118c3715addc9f78817e',6,1702260661000000,1702261461000000,'link',1024,X'fa185d1d6db5eaa80ea7b0340f066f787ad364b061a780ad7d218c69797d6282d38b8ab5f0c34c1238c5b2718695c9158b91483e79',1);
INSERT INTO contact_point VALUES(36,28,1,X'3ef622bfbdef118c3715addc9f78817e',3,1716156420000000,1716157567000000,'code',40,X'ed8f4db8624e1e3e4177bdfbbc16bcf85c85011948b25212b34c6942c35d4d0f86a45cf841e0fa36352749f10ad3737917b579195c',1);
INSERT INTO contact_point VALUES(37,28,1,X'3ef622bfbdef118c3715addc9f78817e',5,1750737362000000,1750737562000000,'link',768,X'24aafcc3228802f8b8eb97a2627d8959261a280653d244a276d4dfb65bcb590e3a6720be51b35f43f2f05f4e90b8ca1b5a0110503d',1);
INSERT INTO contact_point VALUES(38,29,1,X'b51096deada5961a3d6b08624a5f3b3e',12,1769470680000000,1769471172000000,'code',117440512,X'56588058dfcc13e8e5fc135caa168d38be9cc31159e52ec588db53648e91a55fdbb3cb94d38e2581746fbc4594e930a76f28a9e414a4',1);
INSERT INTO contact_point VALUES(39,30,1,X'238c50183b47a3868fbf106c43fadf1a',5,1643164143000000,1643164611000000,'code',768,X'8d4cf096c7b777bb9f15fab34fab1cef5d9bf96fd50d113a34e2b24612e0919bf5e1ec3f13409eec382c43eda2c97718ce46596c3d',1);
INSERT INTO contact_point VALUES(40,30,1,X'238c50183b47a3868fbf106c43fadf1a',8,1732027682000000,1732028167000000,'code',65536,X'92ded264a3e3d7ddcc8e9ebd8323b499219582cc3b8af3dd39b18583200d4b67a72e37ffffe178004a991a8e944db9e31bab8d7679',1);
INSERT INTO contact_point VALUES(41,30,1,X'238c50183b47a3868fbf106c43fadf1a',10,1767320040000000,1767320735000000,'code',83886080,X'a06194b71f4319c0fa0fb8a4f3000ec91a8be2169e80842b869c73f1b2c6fc906e596443faad35a404cc7ab35448e8311f7ab7ca99',1);
INSERT INTO contact_point VALUES(42,30,2,X'64f67aa9a2b10d11605a7e6e0023e4fe',10,1768891381000000,1768892575000000,'carrier',83886080,X'b9c850e0cb7ee26efb0d1b78089be2df5c0e5ed4f69778c9fdb56a6e830efa4df45eacbe945dc222547f1605f4fd231e179708805cefcc2710ab9207',1);
INSERT INTO contact_point VALUES(43,31,1,X'e2405bdc92e7873a33a6e47b9c5b4b34',4,1684657442000000,1684657617000000,'link',16,X'e8d86fdc745bb7187108c172a1a6986a3c8b6bb9b63bc009e0a7289bd7897593dd509be53c071e13efd8693035736e13df1a4661ca393f87ce',1);
INSERT INTO contact_point VALUES(44,31,1,X'e2405bdc92e7873a33a6e47b9c5b4b34',2,1690433100000000,1690434293000000,'code',4,X'87fbb55b0aaaba4564a6cf5a106bbbb226630c3efdf0558759d3c392f743d4f7b1cd800c491278b85ef1ef54caa40e5fcdd89a40603bbb1c70',1);
INSERT INTO contact_point VALUES(45,31,1,X'e2405bdc92e7873a33a6e47b9c5b4b34',11,1756963681000000,1756964418000000,'link',33554432,X'0d84183cfd76b42d46cf098472dbf96148dc6f599ab0d7606d336d38a53d3b45ac43318fd2788db7ab89b6537ada3459dbc0708657d844aeac',1);
INSERT INTO contact_point VALUES(46,32,1,X'd25e09b8a97a652add9cdba173b4ef3b',3,1625385300000000,1625385741000000,'code',40,X'a83ec7877bd1fae969b0d475bdb742f69bc75d4eeb13f0ce330704cef4c8bbf35ba52dce10038e745afa4fa3c859d30ac0d4eba98bce9f4afd',1);
INSERT INTO contact_point VALUES(47,32,2,X'71cb059a9eb95309e5356cb75ff222c2',10,1766449021000000,1766450092000000,'carrier',83886080,X'10be5d888d1b4825f6f6e705d86a17c5043e7b46cde2d242a8474348d652a45134a291b597a39076fa404787243d293087affc342ece76bf674cbcdc',1);
INSERT INTO contact_point VALUES(48,33,1,X'4d16d8064f691fa0ad28d886d9b572a5',5,1643187660000000,1643188235000000,'link',768,X'086b17c2fd52e345784533c1c254a6b6dbf1854ad9ccc7750f37ec2b6693ee8c953ebd06ab4056cabd04dfcaf59c5b058306c4fd172a8fd567',1);
INSERT INTO contact_point VALUES(49,34,2,X'e474fcc0832fbe8a8052fd70c14693d5',14,1571239861000000,1571239915000000,'carrier',0,X'9aba3bec12e57700d2c6bd21d94193d8b2a87c925b43799f65132f2a089cf8f6884a1160b2efd8eb968edadd296ad568c13ab7d6f122c5d4e9a5598b',1);
INSERT INTO contact_point VALUES(50,34,1,X'08c4dfc4cf5d5c3167afb49480fb8ba7',3,1638439800000000,1638440234000000,'code',40,X'b407899f593d6560d8909caa732f0ccb637ce6d5e5cc23781e3127cd53143ebbb2ef2c5dabf9acf7ba44c8be280105c6ce351c31c5',1);
INSERT INTO contact_point VALUES(51,35,1,X'2a7dce7516f9a122d898fb9167cba275',3,1752386760000000,1752387768000000,'code',40,X'ed35eca11b27596542ac96fac26f85716e6f3435ffa0b18247c0252c570103fe47c0702227000c7cc9430073a0e159b9c55ed9bd3d',1);
INSERT INTO contact_point VALUES(52,14,1,X'44c91b21e5cbc592e9302d220fcd7d27',10,1775001053000000,1775001053000000,'link',83886080,X'620858cf1dc78294edbb4cb6b1f4d42ee3a342d99b4dc0a00b361f0e976be23fdc84b5b629ec7b2c025680a7177e758b29365ef089',2);
INSERT INTO contact_point VALUES(53,26,2,X'5148b5736528ccf1969439b9d07950fa',10,1775208413000000,1775208413000000,'code',83886080,X'0b8c946e7d6b7a230c28cb318f61688564d1150ed6fe0d331def48ee9b92a63e5c799f3e14e966e923e14f6dfc724996602e446e2e46b1fdcdea28',3);
INSERT INTO contact_point VALUES(54,29,1,X'b51096deada5961a3d6b08624a5f3b3e',10,1775260253000000,1775260253000000,'code',83886080,X'c82b9780c27e8390903cd1cdbd053b4b2568d168c5bf406e679ea56f3d08d528a89ad3629371f85b0e3bf75e71c0a9dbfe91e14f3759',4);
CREATE TABLE ads_grant (
	ordinal    INTEGER PRIMARY KEY,
	contact_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	person     INTEGER NOT NULL,
	purposes   INTEGER NOT NULL CHECK (purposes <> 0 AND purposes & ~117440512 = 0),
	live       INTEGER NOT NULL CHECK (live & ~purposes = 0),
	expires_at INTEGER NOT NULL,
	import_id  INTEGER NOT NULL
);
INSERT INTO ads_grant VALUES(1,6,5,1,83886080,83886080,1799919001000000,1);
INSERT INTO ads_grant VALUES(2,7,6,2,83886080,0,1797240600000000,1);
INSERT INTO ads_grant VALUES(3,8,7,3,83886080,83886080,1802511000000000,1);
INSERT INTO ads_grant VALUES(4,10,8,4,83886080,83886080,1803807001000000,1);
INSERT INTO ads_grant VALUES(5,12,10,5,83886080,83886080,1804843800000000,1);
INSERT INTO ads_grant VALUES(6,14,12,6,83886080,83886080,1800955800000000,1);
INSERT INTO ads_grant VALUES(7,15,13,7,83886080,83886080,1805707800000000,1);
INSERT INTO ads_grant VALUES(8,16,14,8,83886080,0,1786095000000000,1);
INSERT INTO ads_grant VALUES(9,17,15,9,117440512,83886080,1785663000000000,1);
INSERT INTO ads_grant VALUES(10,18,16,10,83886080,83886080,1804584600000000,1);
INSERT INTO ads_grant VALUES(11,19,17,11,83886080,83886080,1799055000000000,1);
INSERT INTO ads_grant VALUES(12,22,20,12,33554432,33554432,1800696600000000,1);
INSERT INTO ads_grant VALUES(13,23,21,13,83886080,83886080,1805275800000000,1);
INSERT INTO ads_grant VALUES(14,25,23,14,83886080,83886080,1790415000000000,1);
INSERT INTO ads_grant VALUES(15,26,23,14,83886080,0,1804411801000000,1);
INSERT INTO ads_grant VALUES(16,29,25,15,83886080,83886080,1792264561000000,1);
INSERT INTO ads_grant VALUES(17,33,26,16,83886080,83886080,1800415381000000,1);
INSERT INTO ads_grant VALUES(18,38,29,17,117440512,0,1785109080000000,1);
INSERT INTO ads_grant VALUES(19,41,30,18,83886080,83886080,1801534440000000,1);
INSERT INTO ads_grant VALUES(20,42,30,18,83886080,83886080,1803105781000000,1);
INSERT INTO ads_grant VALUES(21,45,31,19,33554432,33554432,1788499681000000,1);
INSERT INTO ads_grant VALUES(22,47,32,20,83886080,83886080,1800663421000000,1);
INSERT INTO ads_grant VALUES(23,52,14,8,83886080,83886080,1809215453000000,2);
INSERT INTO ads_grant VALUES(24,53,26,16,83886080,83886080,1809336413000000,3);
INSERT INTO ads_grant VALUES(25,54,29,17,83886080,83886080,1809388253000000,4);
CREATE TABLE counter (
	name  TEXT    PRIMARY KEY,
	given INTEGER NOT NULL
);
INSERT INTO counter VALUES('person',20);
CREATE TABLE grant_end (
	contact_id INTEGER NOT NULL,
	purpose    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	reason     TEXT    NOT NULL CHECK (reason IN ('withdrawn', 'expired')),
	PRIMARY KEY (contact_id, purpose)
);
INSERT INTO grant_end VALUES(7,24,1773653213000000,'withdrawn');
INSERT INTO grant_end VALUES(7,26,1773653213000000,'withdrawn');
INSERT INTO grant_end VALUES(16,24,1773791453000000,'withdrawn');
INSERT INTO grant_end VALUES(16,26,1773791453000000,'withdrawn');
INSERT INTO grant_end VALUES(17,25,1773808733000000,'withdrawn');
INSERT INTO grant_end VALUES(26,24,1773946973000000,'withdrawn');
INSERT INTO grant_end VALUES(26,26,1773946973000000,'withdrawn');
INSERT INTO grant_end VALUES(38,24,1774050653000000,'withdrawn');
INSERT INTO grant_end VALUES(38,25,1774050653000000,'withdrawn');
INSERT INTO grant_end VALUES(38,26,1774050653000000,'withdrawn');
CREATE TABLE import (
	id            INTEGER PRIMARY KEY,
	digest        BLOB    NOT NULL,
	begun_at      INTEGER NOT NULL,
	first_ordinal INTEGER NOT NULL,     -- ordinals that it brings are not below
	completed_at  INTEGER               -- null: nothing that it brings can be matched
);
INSERT INTO import VALUES(1,X'319f4e4ee8842630aab7dc38de8a43615b251c4a3b8a8b8481ac4d0fddde6df5',1773480413000000,1,1773480413000000);
INSERT INTO import VALUES(2,X'a8c5a32d6b75d5803764bb89d1357f84e5d8e60992b3d5fba9afdec8bc2c7dfd',1775001053000000,23,1775001053000000);
INSERT INTO import VALUES(3,X'e2704bb6837d4d3a3c02fb36760ecfefd4e126876e481ca758d188336115bfe4',1775208413000000,24,1775208413000000);
INSERT INTO import VALUES(4,X'3b42e9c87ccea1bccf65774f47df1e081b9634305de687a1043757fb0d7de3af',1775260253000000,25,1775260253000000);
CREATE TABLE chunk (
	sum       BLOB    PRIMARY KEY,
	size      INTEGER NOT NULL,
	family    INTEGER NOT NULL CHECK (family = 1),
	class     INTEGER NOT NULL,
	epoch     INTEGER NOT NULL,
	rule_set  INTEGER NOT NULL,
	entries   INTEGER NOT NULL,
	import_id INTEGER NOT NULL
);
INSERT INTO chunk VALUES(X'f08d075dde6885868e4dc4e8a19f7d8c6a7ab8a37dacaeb759f1a2d4d84a1241',508,1,1,1,1,23,1);
INSERT INTO chunk VALUES(X'38b2f8b17a62ca23e5281e87cb80c52de67590a25359201da1f5ef7303986fc3',288,1,2,1,1,12,1);
INSERT INTO chunk VALUES(X'b353d47cca1ba4eca83dfec79052be054b5eae57c49f63a7c9b2d9f7306f3918',128,1,1,1,1,4,2);
INSERT INTO chunk VALUES(X'70acc33df2f9fd3b067c09f512178ca07861fdfd10ca45d6161d9464c7a7350a',88,1,2,1,1,2,3);
INSERT INTO chunk VALUES(X'16a29acc565804129a7c362925d3a621128ac063f8c1c1322c84273a2108a997',68,1,1,1,1,1,4);
CREATE TABLE segment (
	class  INTEGER PRIMARY KEY,
	source BLOB    NOT NULL,            -- digest of the chunks that it merges
	sum    BLOB    NOT NULL,
	size   INTEGER NOT NULL
);
INSERT INTO segment VALUES(1,X'c74d3840c81c89f36612cbc3cd26c49b1af09b30345d570ab914a48503b0ec66',X'd1696343443348a06d2025a2832e2e20e24f587a2b5b17cb34cc4a72c98e7062',608);
INSERT INTO segment VALUES(2,X'e22536630b473730a1b96759b9c6e650d0e3e6fad0092dec134d9e5fe46c2b29',X'b7dee935d0d2f81aba6e543418f5f089e8c5bea07659269d1ed9f2d3fb8d9c35',328);
CREATE TABLE change_ads (
	position INTEGER PRIMARY KEY,       -- the last of the range
	first    INTEGER NOT NULL,
	at       INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	purposes INTEGER NOT NULL,
	subject  TEXT    NOT NULL,
	ordinals BLOB                       -- roaring, null for org and list
);
INSERT INTO change_ads VALUES(2,1,1773480413000000,'grant_on',33554432,'',X'3a3000000100000000000100100000000c001500');
INSERT INTO change_ads VALUES(20,3,1773480413000000,'grant_on',83886080,'',X'3b30000001000011000500010007000a0001000d0004001300010016000000');
INSERT INTO change_ads VALUES(22,21,1773480413000000,'grant_on',117440512,'',X'3a30000001000000000001001000000009001200');
INSERT INTO change_ads VALUES(23,23,1773653213000000,'grant_off',83886080,'',X'3a3000000100000000000000100000000200');
INSERT INTO change_ads VALUES(24,24,1773791453000000,'grant_off',83886080,'',X'3a3000000100000000000000100000000800');
INSERT INTO change_ads VALUES(25,25,1773808733000000,'grant_off',33554432,'',X'3a3000000100000000000000100000000900');
INSERT INTO change_ads VALUES(26,26,1773946973000000,'grant_off',83886080,'',X'3a3000000100000000000000100000000f00');
INSERT INTO change_ads VALUES(27,27,1774050653000000,'grant_off',117440512,'',X'3a3000000100000000000000100000001200');
INSERT INTO change_ads VALUES(28,28,1774275293000000,'mask',117440512,'objection',X'3a3000000100000000000000100000000300');
INSERT INTO change_ads VALUES(29,29,1774690013000000,'mask',117440512,'objection',X'3a3000000100000000000000100000001500');
INSERT INTO change_ads VALUES(30,30,1775001053000000,'grant_on',83886080,'',X'3a3000000100000000000000100000001700');
INSERT INTO change_ads VALUES(31,31,1775208413000000,'grant_on',83886080,'',X'3a3000000100000000000000100000001800');
INSERT INTO change_ads VALUES(32,32,1775260253000000,'grant_on',83886080,'',X'3a3000000100000000000000100000001900');
INSERT INTO change_ads VALUES(33,33,1775260253000000,'org',0,'org_oymcwqmyo645b2dobekdhfgf',NULL);
INSERT INTO change_ads VALUES(34,34,1775260253000000,'list',0,'lst_rx3kx7n53eksfvqxyixa6tod',NULL);
INSERT INTO change_ads VALUES(35,35,1775260253000000,'list',0,'lst_rx3kx7n53eksfvqxyixa6tod',NULL);
INSERT INTO change_ads VALUES(36,36,1775260253000000,'list',0,'lst_rx3kx7n53eksfvqxyixa6tod',NULL);
INSERT INTO change_ads VALUES(37,37,1775260253000000,'org',0,'org_i3lbrfsifd2waq3y3tswnx5i',NULL);
INSERT INTO change_ads VALUES(38,38,1775260253000000,'list',0,'lst_qtgn44yeatpzyouzspciga7e',NULL);
INSERT INTO change_ads VALUES(39,39,1775260253000000,'list',0,'lst_qtgn44yeatpzyouzspciga7e',NULL);
INSERT INTO change_ads VALUES(40,40,1775260253000000,'list',0,'lst_qtgn44yeatpzyouzspciga7e',NULL);
INSERT INTO change_ads VALUES(41,41,1775260253000000,'org',0,'org_uuesdjjqycgimzfytizksg43',NULL);
INSERT INTO change_ads VALUES(42,42,1775260253000000,'list',0,'lst_cpzv3meeyxmt2hnfx337nvx5',NULL);
CREATE TABLE outbox (
	id    INTEGER PRIMARY KEY,
	space TEXT    NOT NULL CHECK (space IN ('ads', 'registry')),
	at    INTEGER NOT NULL,
	kind  TEXT    NOT NULL,
	role  TEXT    NOT NULL,
	actor TEXT    NOT NULL,
	body  TEXT    NOT NULL
);
INSERT INTO outbox VALUES(1,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"two-factor@1","purposes":"sec.2fa","texts_sha256":{"de":"8d31c4e1cca7f23db03ebf92be59e4b7eb0cfe80c140232b3d43ece7ca1e6d8f","en":"c003435ae98eab2dc91d39a1b8854e1ba581d30583f06c4c2f3a0b2a7a512892","es":"c2674ea5090427bc06f25f39c74f5f9cbf25419991284d95645f36e0729b718b","fr":"c6d9576e5687504a1d205a67f1b9806b53946bd73dbd59cd026e1f9b32268350","it":"9cb83fdfe2d3e8f4c8dd1c995a060cd96b66d399467bcb57033ff9e242720bb5"}}');
INSERT INTO outbox VALUES(2,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"account-recovery@1","purposes":"sec.recovery","texts_sha256":{"de":"b11b3de6fe914418d6e4edee387bdad879c373682f20ea1ba6d4491b5141ef32","en":"6b1bcf775672b3b4d7f821fc07f02249c0cc496b279c162db46b0676b310dfb5","it":"d501feadcfc78f2b9bcf457e19f3c396a712a5f787fda4bbea33aed1d5f43e8a"}}');
INSERT INTO outbox VALUES(3,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"unlock-account@1","purposes":"sec.reauth sec.fraud","texts_sha256":{"en":"c529bb36b837f64188c2a490a6f51c02e7d9ca9b84e4adeae21d64ba4aef9c8f","es":"3fc3c16c993c73c1b1f5ea823287e6f10d2a918f05eaaea571f89cf8e56301df","fr":"fcea1dcb782745aa70be0cf4b28a3c2d1f45d522ddb0e9cff66bf0fb7946865f"}}');
INSERT INTO outbox VALUES(4,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"login-alert@1","purposes":"sec.login_alert","texts_sha256":{"en":"386ef54f10f078b7cafc7f9f46317cc8a9c239ee5177c5955716c8aa5812c3b9","it":"8de855aa6206879d6841bd5b0e15f5e682acf964b9746384c0442652a913880b"}}');
INSERT INTO outbox VALUES(5,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"sign-up@1","purposes":"svc.account svc.notify","texts_sha256":{"de":"7b59df89f23bf9c3920b3785c6b5b00f5797559110d1c18039e5892ac5dcf7d7","en":"c89fa7ab19c021c8026aaa04b862a2c3b4cd18e14b7b9e81c0f0ce98e93de0f4","fr":"1b22034b38861d6dab6de36beb3c82005bdac09764535805e7a6da5d6a9c0647"}}');
INSERT INTO outbox VALUES(6,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"billing-contact@1","purposes":"svc.billing","texts_sha256":{"en":"150a11a36cd56ce85c8d5e8701c8ef129c62cc43c30330fbf4d2429ef96dc68e","es":"ad26eb865fbf3939dc37bcdd8faa39771dd94b305829331ffa2f5e4e93ef4dae"}}');
INSERT INTO outbox VALUES(7,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"find-friends@1","purposes":"svc.contact_discovery","texts_sha256":{"de":"768dfa32144fa65b013fc7f28e84d82e7412f69dd1c8d134df303c60fa21e220","en":"ac3225a4fcdafef928cf65eca70418cf5fbf0f5cde61613c1be52d10d7170ade"}}');
INSERT INTO outbox VALUES(8,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"newsletter@1","purposes":"mkt.email","texts_sha256":{"en":"ea8924c2031c5d910740683853db0b499d88a18e75389527662f31098ad90224","fr":"94c25b25f033f233c45df96e8f0b3641dbab70ed7c5764514e00f11e4c89d4d3","it":"638172b2f18442c13366e3dabe3e1522eaa914fc8705ba95942fa779017c4de0"}}');
INSERT INTO outbox VALUES(9,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"offers-from-advertisers@1","purposes":"ads.match.advertiser ads.suppress","texts_sha256":{"en":"8bc727aeceaee8e2f8a1e34d29ec76d3a5f80613a6a2a9f74721fa0cce53ba1f","it":"06791eeb87c4514b1e938f20aadffed734fcb938eef09b285cd9157ecc8cd4b9"},"approved_by":["ines.okafor","lars.brandt"]}');
INSERT INTO outbox VALUES(10,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"offers-from-advertisers@2","purposes":"ads.match.advertiser ads.suppress","texts_sha256":{"de":"d64e03a68fee3d0e3e61c58a2c931f56ad815f6051aff3e51bafd7de6600b698","en":"81d3ccdccd94d620cf9231c07965717365bef31fa8081289e50d27e1771b8110","es":"457aca93b08a96a3bdf2ebc1d6f08a741eb267f291832737ce68c17b9fe947db","fr":"c8e019c52c2331bad139f6a421304f6ca4767b8ad1aabcd502856ab2118f4d2d","it":"77676bb63ae0d095305bdbdcf7c7a50915842d29da9342224881ea29bfd82058"},"approved_by":["ines.okafor","lars.brandt"]}');
INSERT INTO outbox VALUES(11,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"offers-from-partners@1","purposes":"ads.match.partner","texts_sha256":{"de":"94d1cc3c4d0c5e9f894995fc2cf5ac2be1b19c5767b0827e64d81b657becff56","en":"05b409df1e40cd6dbe0f4809bdda5f0ef17b086225b54e0defd828604858efc6"},"approved_by":["ines.okafor","lars.brandt"]}');
INSERT INTO outbox VALUES(12,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"all-offers@1","purposes":"ads.match.advertiser ads.match.partner ads.suppress","texts_sha256":{"en":"d86340dfbcd214cb581d5080f96cc41311f62f3fa8c9ea50c6a65f5084bbb603","es":"df715455c296512cd5819e54758dfc6a14ff540225c503d320e059a385f7b8d3"},"approved_by":["ines.okafor","lars.brandt"]}');
INSERT INTO outbox VALUES(13,'registry',1773480413000000,'import.begun','operator','anna','{"import":1,"digest":"319f4e4ee8842630aab7dc38de8a43615b251c4a3b8a8b8481ac4d0fddde6df5"}');
INSERT INTO outbox VALUES(14,'registry',1773480413000000,'import.batch','operator','anna','{"import":1,"file":"accounts.csv","from_row":2,"to_row":36}');
INSERT INTO outbox VALUES(15,'registry',1773480413000000,'import.batch','operator','anna','{"import":1,"file":"contact_points.csv","from_row":2,"to_row":52}');
INSERT INTO outbox VALUES(16,'ads',1773480413000000,'import.completed','operator','anna','{"import":1,"granted":22}');
INSERT INTO outbox VALUES(17,'registry',1773653213000000,'grant.withdrawn','platform','test','{"ends":[{"contact":7,"purpose":"ads.match.advertiser"},{"contact":7,"purpose":"ads.suppress"}]}');
INSERT INTO outbox VALUES(18,'ads',1773653213000000,'grant.withdrawn','platform','test','{"ordinals":[2],"purposes":"ads.match.advertiser ads.suppress"}');
INSERT INTO outbox VALUES(19,'registry',1773791453000000,'grant.withdrawn','platform','test','{"ends":[{"contact":16,"purpose":"ads.match.advertiser"},{"contact":16,"purpose":"ads.suppress"}]}');
INSERT INTO outbox VALUES(20,'ads',1773791453000000,'grant.withdrawn','platform','test','{"ordinals":[8],"purposes":"ads.match.advertiser ads.suppress"}');
INSERT INTO outbox VALUES(21,'registry',1773808733000000,'grant.withdrawn','platform','test','{"ends":[{"contact":17,"purpose":"ads.match.partner"}]}');
INSERT INTO outbox VALUES(22,'ads',1773808733000000,'grant.withdrawn','platform','test','{"ordinals":[9],"purposes":"ads.match.partner"}');
INSERT INTO outbox VALUES(23,'registry',1773946973000000,'grant.withdrawn','platform','test','{"ends":[{"contact":26,"purpose":"ads.match.advertiser"},{"contact":26,"purpose":"ads.suppress"}]}');
INSERT INTO outbox VALUES(24,'ads',1773946973000000,'grant.withdrawn','platform','test','{"ordinals":[15],"purposes":"ads.match.advertiser ads.suppress"}');
INSERT INTO outbox VALUES(25,'registry',1774050653000000,'grant.withdrawn','platform','test','{"ends":[{"contact":38,"purpose":"ads.match.advertiser"},{"contact":38,"purpose":"ads.match.partner"},{"contact":38,"purpose":"ads.suppress"}]}');
INSERT INTO outbox VALUES(26,'ads',1774050653000000,'grant.withdrawn','platform','test','{"ordinals":[18],"purposes":"ads.match.advertiser ads.match.partner ads.suppress"}');
INSERT INTO outbox VALUES(27,'registry',1774275293000000,'objection.made','platform','test','{"account":7}');
INSERT INTO outbox VALUES(28,'ads',1774275293000000,'objection.made','platform','test','{"ordinals":[3],"purposes":"ads.match.advertiser ads.match.partner ads.suppress"}');
INSERT INTO outbox VALUES(29,'registry',1774690013000000,'objection.made','platform','test','{"account":31}');
INSERT INTO outbox VALUES(30,'ads',1774690013000000,'objection.made','platform','test','{"ordinals":[21],"purposes":"ads.match.advertiser ads.match.partner ads.suppress"}');
INSERT INTO outbox VALUES(31,'registry',1775001053000000,'import.begun','operator','anna','{"import":2,"digest":"a8c5a32d6b75d5803764bb89d1357f84e5d8e60992b3d5fba9afdec8bc2c7dfd"}');
INSERT INTO outbox VALUES(32,'registry',1775001053000000,'import.batch','operator','anna','{"import":2,"file":"contact_points.csv","from_row":2,"to_row":2}');
INSERT INTO outbox VALUES(33,'ads',1775001053000000,'import.completed','operator','anna','{"import":2,"granted":1}');
INSERT INTO outbox VALUES(34,'registry',1775208413000000,'import.begun','operator','anna','{"import":3,"digest":"e2704bb6837d4d3a3c02fb36760ecfefd4e126876e481ca758d188336115bfe4"}');
INSERT INTO outbox VALUES(35,'registry',1775208413000000,'import.batch','operator','anna','{"import":3,"file":"contact_points.csv","from_row":2,"to_row":2}');
INSERT INTO outbox VALUES(36,'ads',1775208413000000,'import.completed','operator','anna','{"import":3,"granted":1}');
INSERT INTO outbox VALUES(37,'registry',1775260253000000,'import.begun','operator','anna','{"import":4,"digest":"3b42e9c87ccea1bccf65774f47df1e081b9634305de687a1043757fb0d7de3af"}');
INSERT INTO outbox VALUES(38,'registry',1775260253000000,'import.batch','operator','anna','{"import":4,"file":"contact_points.csv","from_row":2,"to_row":2}');
INSERT INTO outbox VALUES(39,'ads',1775260253000000,'import.completed','operator','anna','{"import":4,"granted":1}');
INSERT INTO outbox VALUES(40,'registry',1775260253000000,'key.issued','operator','anna','{"key":"d23d15b18cdd3989","role":"org","org":"org_oymcwqmyo645b2dobekdhfgf"}');
INSERT INTO outbox VALUES(41,'ads',1775260253000000,'org.created','operator','anna','{"org":"org_oymcwqmyo645b2dobekdhfgf","kind":"advertiser"}');
INSERT INTO outbox VALUES(42,'ads',1775260253000000,'audience.created','org','d23d15b18cdd3989','{"audience":"aud_koidndovejuuryqeiawbgoti","org":"org_oymcwqmyo645b2dobekdhfgf"}');
INSERT INTO outbox VALUES(43,'ads',1775260253000000,'list.accepted','org','d23d15b18cdd3989','{"list":"lst_rx3kx7n53eksfvqxyixa6tod","audience":"aud_koidndovejuuryqeiawbgoti","org":"org_oymcwqmyo645b2dobekdhfgf","digest":"b9f5486e5046057682857d4011d5c38988a27f1b97fb9fd4e0388de9a855593e","rows":200,"epoch":1,"rule_set":1}');
INSERT INTO outbox VALUES(44,'ads',1775260253000000,'match.intended','system','matcher','{"list":"lst_rx3kx7n53eksfvqxyixa6tod","code":"test"}');
INSERT INTO outbox VALUES(45,'ads',1775260253000000,'version.sealed','system','matcher','{"audience":"aud_koidndovejuuryqeiawbgoti","version":1,"list":"lst_rx3kx7n53eksfvqxyixa6tod","base":"0000000000000000000000000000000000000000000000000000000000000000","digest":"8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d","members":16,"added":16,"removed":0,"position":35,"epoch":1,"rule_set":1,"code":"test","size":"too small","publish_at":"2026-04-03T23:52:00Z"}');
INSERT INTO outbox VALUES(46,'registry',1775260253000000,'key.issued','operator','anna','{"key":"6dd5404bd9a54964","role":"platform"}');
INSERT INTO outbox VALUES(47,'registry',1775260253000000,'staff.lookup','operator','anna','{"audience":"aud_koidndovejuuryqeiawbgoti","purpose":"ads.match.advertiser"}');
INSERT INTO outbox VALUES(48,'registry',1775260253000000,'key.issued','operator','anna','{"key":"6116f9ef56d01cc0","role":"org","org":"org_i3lbrfsifd2waq3y3tswnx5i"}');
INSERT INTO outbox VALUES(49,'ads',1775260253000000,'org.created','operator','anna','{"org":"org_i3lbrfsifd2waq3y3tswnx5i","kind":"partner"}');
INSERT INTO outbox VALUES(50,'ads',1775260253000000,'audience.created','org','6116f9ef56d01cc0','{"audience":"aud_qyjywppn22ilatebephjkzhc","org":"org_i3lbrfsifd2waq3y3tswnx5i"}');
INSERT INTO outbox VALUES(51,'ads',1775260253000000,'list.accepted','org','6116f9ef56d01cc0','{"list":"lst_qtgn44yeatpzyouzspciga7e","audience":"aud_qyjywppn22ilatebephjkzhc","org":"org_i3lbrfsifd2waq3y3tswnx5i","digest":"c9192f1164bdef2ec26843a37cf8f5b4124891c999c8fade832b0e96c6118de7","rows":200,"epoch":1,"rule_set":1}');
INSERT INTO outbox VALUES(52,'ads',1775260253000000,'match.intended','system','matcher','{"list":"lst_qtgn44yeatpzyouzspciga7e","code":"test"}');
INSERT INTO outbox VALUES(53,'ads',1775260253000000,'version.sealed','system','matcher','{"audience":"aud_qyjywppn22ilatebephjkzhc","version":1,"list":"lst_qtgn44yeatpzyouzspciga7e","base":"0000000000000000000000000000000000000000000000000000000000000000","digest":"8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d","members":16,"added":16,"removed":0,"position":39,"epoch":1,"rule_set":1,"code":"test","size":"too small","publish_at":"2026-04-03T23:52:00Z"}');
INSERT INTO outbox VALUES(54,'registry',1775260253000000,'key.issued','operator','anna','{"key":"1dedddf579dc391f","role":"platform"}');
INSERT INTO outbox VALUES(55,'registry',1775260253000000,'key.issued','operator','anna','{"key":"31cef761eb691c8f","role":"org","org":"org_uuesdjjqycgimzfytizksg43"}');
INSERT INTO outbox VALUES(56,'ads',1775260253000000,'org.created','operator','anna','{"org":"org_uuesdjjqycgimzfytizksg43","kind":"advertiser"}');
INSERT INTO outbox VALUES(57,'ads',1775260253000000,'audience.created','org','31cef761eb691c8f','{"audience":"aud_hrvludf5y72gdj3xh36jshjm","org":"org_uuesdjjqycgimzfytizksg43"}');
INSERT INTO outbox VALUES(58,'ads',1775260253000000,'list.accepted','org','31cef761eb691c8f','{"list":"lst_cpzv3meeyxmt2hnfx337nvx5","audience":"aud_hrvludf5y72gdj3xh36jshjm","org":"org_uuesdjjqycgimzfytizksg43","digest":"48ac4995e37c5b01c96201a907bbbad07a2f0c5f683d3dd84c6f10be0b72d0f5","rows":200,"epoch":1,"rule_set":1}');
INSERT INTO outbox VALUES(59,'registry',1775260253000000,'key.issued','operator','anna','{"key":"260bf848b57fd6e6","role":"platform"}');
CREATE TABLE org (
	id           TEXT    PRIMARY KEY,
	name         TEXT    NOT NULL,
	legal_entity TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('advertiser', 'partner')),
	state        TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
	created_at   INTEGER NOT NULL,
	seq          INTEGER NOT NULL UNIQUE
);
INSERT INTO org VALUES('org_oymcwqmyo645b2dobekdhfgf','harrow-outdoor','harrow-outdoor Ltd','advertiser','active',1775260253000000,1);
INSERT INTO org VALUES('org_i3lbrfsifd2waq3y3tswnx5i','lindholm-audio','lindholm-audio Ltd','partner','active',1775260253000000,2);
INSERT INTO org VALUES('org_uuesdjjqycgimzfytizksg43','brackwater-bank','brackwater-bank Ltd','advertiser','active',1775260253000000,3);
CREATE TABLE access_key (
	public     TEXT    PRIMARY KEY,
	hash       BLOB    NOT NULL,
	role       INTEGER NOT NULL,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
);
INSERT INTO access_key VALUES('d23d15b18cdd3989',X'8218e66124189ca2f3e32cc7df2d705b7c3892a6f630aa301b06d94a0f3a0169',3,'org_oymcwqmyo645b2dobekdhfgf','first',1775260253000000,1806882653000000);
INSERT INTO access_key VALUES('6dd5404bd9a54964',X'14db0e3fb574323dfd32615c90f2acf1f2593dcd3e23d10d1ac8c24f049bfe27',1,'','accounts',1775260253000000,1806882653000000);
INSERT INTO access_key VALUES('6116f9ef56d01cc0',X'67f9d35e5925cce232fac2211686167464caced7ebf15c72de655aaaae762015',3,'org_i3lbrfsifd2waq3y3tswnx5i','first',1775260253000000,1806882653000000);
INSERT INTO access_key VALUES('1dedddf579dc391f',X'9aaf9383a4721685db6bd585ef369d35f023399a1152fd1a7b3b496ec9f6f4e6',1,'','accounts',1775260253000000,1806882653000000);
INSERT INTO access_key VALUES('31cef761eb691c8f',X'172671f766700a82dba4edd76e386ae63a4734cabf89d5d5fcfb140c87e07eda',3,'org_uuesdjjqycgimzfytizksg43','first',1775260253000000,1806882653000000);
INSERT INTO access_key VALUES('260bf848b57fd6e6',X'0896fd93916c09c947e7d1f9ef4766a6390664bc63e377c5245ca6c5ebec6fa4',1,'','accounts',1775260253000000,1806882653000000);
CREATE TABLE id_stream (
	org_id TEXT    NOT NULL,
	prefix TEXT    NOT NULL,
	given  INTEGER NOT NULL,
	PRIMARY KEY (org_id, prefix)
);
INSERT INTO id_stream VALUES('','org',3);
INSERT INTO id_stream VALUES('org_oymcwqmyo645b2dobekdhfgf','aud',1);
INSERT INTO id_stream VALUES('org_oymcwqmyo645b2dobekdhfgf','lst',1);
INSERT INTO id_stream VALUES('org_i3lbrfsifd2waq3y3tswnx5i','aud',1);
INSERT INTO id_stream VALUES('org_i3lbrfsifd2waq3y3tswnx5i','lst',1);
INSERT INTO id_stream VALUES('org_uuesdjjqycgimzfytizksg43','aud',1);
INSERT INTO id_stream VALUES('org_uuesdjjqycgimzfytizksg43','lst',1);
CREATE TABLE audience (
	id         TEXT    PRIMARY KEY,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	seq        INTEGER NOT NULL UNIQUE
);
INSERT INTO audience VALUES('aud_koidndovejuuryqeiawbgoti','org_oymcwqmyo645b2dobekdhfgf','harrow-outdoor',1775260253000000,1);
INSERT INTO audience VALUES('aud_qyjywppn22ilatebephjkzhc','org_i3lbrfsifd2waq3y3tswnx5i','lindholm-audio',1775260253000000,2);
INSERT INTO audience VALUES('aud_hrvludf5y72gdj3xh36jshjm','org_uuesdjjqycgimzfytizksg43','brackwater-bank',1775260253000000,3);
CREATE TABLE list (
	id           TEXT    PRIMARY KEY,
	org_id       TEXT    NOT NULL,
	audience_id  TEXT    NOT NULL,
	state        TEXT    NOT NULL CHECK (state IN ('accepted', 'matched')),
	report       TEXT    NOT NULL,
	spill_sum    BLOB,
	spill_size   INTEGER,
	epoch        INTEGER NOT NULL,
	rule_set     INTEGER NOT NULL,
	accepted_at  INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	members_sum  BLOB,
	members_size INTEGER,
	version      INTEGER NOT NULL,      -- of the audience that it first counts in; 0 until matched
	seq          INTEGER NOT NULL UNIQUE,
	CHECK ((state = 'accepted') = (spill_sum IS NOT NULL)),
	CHECK ((state = 'matched') = (members_sum IS NOT NULL AND version > 0))
);
INSERT INTO list VALUES('lst_rx3kx7n53eksfvqxyixa6tod','org_oymcwqmyo645b2dobekdhfgf','aud_koidndovejuuryqeiawbgoti','matched','{"header":true,"columns":[{"number":1,"kind":"email"},{"number":2,"kind":"phone"}],"dropped":3,"rows":{"read":200,"used":73,"empty":0,"duplicate":127,"refused":0},"identifiers":{"read":400,"used":92,"empty":163,"duplicate":145,"refused":0},"clear":237,"hashed":0,"repaired":0,"refused":[]}',NULL,NULL,1,1,1775260253000000,1790812253000000,X'8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d',48,1,1);
INSERT INTO list VALUES('lst_qtgn44yeatpzyouzspciga7e','org_i3lbrfsifd2waq3y3tswnx5i','aud_qyjywppn22ilatebephjkzhc','matched','{"header":true,"columns":[{"number":1,"kind":"email"},{"number":2,"kind":"phone"}],"dropped":0,"rows":{"read":200,"used":87,"empty":0,"duplicate":113,"refused":0},"identifiers":{"read":400,"used":106,"empty":162,"duplicate":132,"refused":0},"clear":0,"hashed":238,"repaired":0,"refused":[]}',NULL,NULL,1,1,1775260253000000,1790812253000000,X'8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d',48,1,2);
INSERT INTO list VALUES('lst_cpzv3meeyxmt2hnfx337nvx5','org_uuesdjjqycgimzfytizksg43','aud_hrvludf5y72gdj3xh36jshjm','accepted','{"header":true,"columns":[{"number":1,"kind":"email"},{"number":2,"kind":"phone"}],"dropped":0,"rows":{"read":200,"used":82,"empty":0,"duplicate":118,"refused":0},"identifiers":{"read":400,"used":98,"empty":165,"duplicate":137,"refused":0},"clear":113,"hashed":122,"repaired":0,"refused":[]}',X'48ac4995e37c5b01c96201a907bbbad07a2f0c5f683d3dd84c6f10be0b72d0f5',2128,1,1,1775260253000000,1790812253000000,NULL,NULL,0,3);
CREATE TABLE audience_version (
	audience_id  TEXT    NOT NULL,
	number       INTEGER NOT NULL,
	base         BLOB    NOT NULL,
	members_sum  BLOB    NOT NULL,
	members_size INTEGER NOT NULL,
	added        INTEGER NOT NULL,
	removed      INTEGER NOT NULL,
	position     INTEGER NOT NULL,
	epoch        INTEGER NOT NULL,
	rule_set     INTEGER NOT NULL,
	sealed_at    INTEGER NOT NULL,
	publish_at   INTEGER NOT NULL,
	size_step    INTEGER NOT NULL,      -- report.Size.Step
	PRIMARY KEY (audience_id, number)
);
INSERT INTO audience_version VALUES('aud_koidndovejuuryqeiawbgoti',1,X'0000000000000000000000000000000000000000000000000000000000000000',X'8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d',48,16,0,35,1,1,1775260253000000,1775260320000000,0);
INSERT INTO audience_version VALUES('aud_qyjywppn22ilatebephjkzhc',1,X'0000000000000000000000000000000000000000000000000000000000000000',X'8ded1acfd52c3d2666a4f4dc436f6143dedf8a89b042bb835ee0c03e1694c97d',48,16,0,39,1,1,1775260253000000,1775260320000000,0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',2);
CREATE INDEX account_history_account ON account_history (account_id);
CREATE INDEX ads_grant_account ON ads_grant (account_id);
CREATE UNIQUE INDEX ads_grant_contact ON ads_grant (contact_id);
CREATE INDEX ads_grant_due ON ads_grant (expires_at) WHERE live <> 0;
CREATE UNIQUE INDEX import_one_open ON import ((1)) WHERE completed_at IS NULL;
CREATE INDEX audience_org ON audience (org_id);
CREATE INDEX list_audience ON list (audience_id);
CREATE INDEX list_unmatched ON list (seq) WHERE state = 'accepted';
COMMIT;
