// Package blobtest is the contract of blob.Store as tests: a case for every
// sentence of it that can be seen from outside. Every implementation runs it,
// and adds the faults of its own medium with Want, WantFault and WantGone. That
// a committed blob outlives a power cut cannot be seen from here.
package blobtest
