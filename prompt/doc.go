// Package prompt is the register of the questions at which people gave their
// contact points.
//
// The promise: purpose is decided at the prompt. A contact point may be used
// for what the registered prompt asked for, in the words it asked with, and for
// nothing else. A prompt version never changes once it is registered; another
// text or another purpose is another version. A prompt that asks in the name of
// security cannot grant advertising, and a prompt that grants advertising needs
// two different operators' approval. A prompt that is not registered grants
// nothing.
//
// (GDPR Art. 5(1)(b), 7(1); in the 2019 case everything turned on the texts of
// the prompts.)
package prompt
