// Package upload takes files that arrive in parts, so that a large list whose
// connection breaks goes on where it was.
//
// The promise: Offset is how much is durable, exactly, whatever was cut off or
// killed; what arrived lies encrypted, each part under a key of its own; the key
// they come from is sealed under the installation's key-encryption key, and goes
// with the row when the upload is used, deleted, or a day old, so that nobody can
// read any of it from then on. An upload is used once, in the transaction that
// keeps what was made of it. Another org's upload is answered exactly like one
// that does not exist.
//
// A part is a blob and a row, in that order: the row is the only commit point, and
// what has none is collected (blob.Collector). The protocol is the door's.
package upload
