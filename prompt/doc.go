// Package prompt is the register of the questions at which people gave their
// contact points.
//
// The promise: purpose is decided at the prompt. A contact point may be used
// for what the prompt in effect asked for, in the words it asked with, and for
// nothing else. A prompt version never changes once it is brought; another
// text or another purpose is another version. A prompt that asks in the name of
// security cannot grant advertising. A prompt that grants advertising has no
// effect until a second operator, who has proved to be another person than the
// first, has read its text and stated that it asks for advertising; a second
// operator who reads anything else in it refuses it for good. A prompt that is
// not in effect grants nothing.
//
// Reading order: Prompt, Proposal, Service.Apply, Service.Approve.
//
// (GDPR Art. 5(1)(b), 7(1); in the 2019 case everything turned on the texts of
// the prompts.)
package prompt
