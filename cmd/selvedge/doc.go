// Selvedge serves tailored and partner audiences that no security contact can
// get into.
//
// The package reads the command line and prints; everything else is in the
// packages that it calls. There is a file for each group of commands. See the
// README for how they are used together.
package main
