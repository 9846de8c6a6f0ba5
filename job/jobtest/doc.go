// Package jobtest is the contract of job.Queue as tests: a case for every
// sentence in the comments of package job that can be seen from outside, and
// random histories against a model.
//
// Every adapter runs it unchanged. The clock is the test's, and nothing waits for
// time to pass; a process dies by never coming back to what it was doing.
package jobtest
