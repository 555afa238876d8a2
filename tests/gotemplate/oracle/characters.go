package main

import (
	"strings"
	"unicode"
)

// runs says for which characters a class holds: each at which that changes, beginning with not.
func runs(holds func(rune) bool) string {
	var made strings.Builder
	inside := false
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if holds(r) != inside {
			inside = !inside
			made.WriteRune(r)
		}
	}
	return made.String()
}

func printable() string { return runs(unicode.IsPrint) }
func letter() string    { return runs(unicode.IsLetter) }
func digit() string     { return runs(unicode.IsDigit) }
