// Package purpose is the closed table of what a contact point may be used for.
//
// The promise: a purpose is bound to a contact point by the prompt that asked
// for it (GDPR Art. 5(1)(b)), and only the three ads.* purposes can ever be
// matched against a list. Unknown is the zero value, and nothing may be done
// for it. Purposes that protect the person (sec.*) cannot stand beside ads.*
// in one prompt; see Set.Validate. There is no way to add a purpose at run
// time.
//
// The export names are terms of the W3C community group's Data Privacy
// Vocabulary (DPV 2.0, https://w3id.org/dpv#).
package purpose
