package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
)

// Sample is a struct with fields and methods.
type Sample struct {
	Name   string
	Count  int
	Any    any
	List   []string
	hidden string
}

func (s Sample) Greet(who string) string      { return "hello " + who + " from " + s.Name }
func (s Sample) Sum(numbers ...int) int       { return s.Count + sum(numbers) }
func (s Sample) Fail() (string, error)        { return "", errors.New("sample failed") }
func (s *Sample) Renamed(name string) *Sample { return &Sample{Name: name, Count: s.Count} }

// Level is a named integer that says itself.
type Level int

func (l Level) String() string { return fmt.Sprintf("level-%d", int(l)) }

func sum(numbers []int) int {
	total := 0
	for _, number := range numbers {
		total += number
	}
	return total
}

var kinds = map[string]reflect.Type{
	"int": reflect.TypeFor[int](), "int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](),
	"int32": reflect.TypeFor[int32](), "int64": reflect.TypeFor[int64](), "uint": reflect.TypeFor[uint](),
	"uint8": reflect.TypeFor[uint8](), "uint16": reflect.TypeFor[uint16](), "uint32": reflect.TypeFor[uint32](),
	"uint64": reflect.TypeFor[uint64](), "uintptr": reflect.TypeFor[uintptr](), "float32": reflect.TypeFor[float32](),
	"float64": reflect.TypeFor[float64](), "level": reflect.TypeFor[Level](),
}

var nils = map[string]any{
	"[]string": []string(nil), "[]any": []any(nil), "map[string]string": map[string]string(nil),
	"map[string]any": map[string]any(nil), "[]byte": []byte(nil), "*Sample": (*Sample)(nil), "*int": (*int)(nil),
}

func as(kind string, value any) (any, error) {
	wanted, known := kinds[kind]
	switch value.(type) {
	case int, float64:
		if known {
			return reflect.ValueOf(value).Convert(wanted).Interface(), nil
		}
	}
	return nil, errors.New("cannot convert")
}

func pointer(value any) any {
	if value == nil {
		return nil
	}
	made := reflect.New(reflect.TypeOf(value))
	made.Elem().Set(reflect.ValueOf(value))
	return made.Interface()
}

func integers(pairs ...any) map[int]string {
	made := map[int]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, isInt := pairs[i].(int)
		text, isText := pairs[i+1].(string)
		if isInt && isText {
			made[key] = text
		}
	}
	return made
}

func texts(pairs ...string) map[string]string {
	made := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		made[pairs[i]] = pairs[i+1]
	}
	return made
}

func counted(n int64) <-chan int64 {
	made := make(chan int64, n)
	for i := range n {
		made <- i
	}
	close(made)
	return made
}

func sample(name string, count int) Sample {
	return Sample{Name: name, Count: count, List: []string{"a", "b"}, hidden: "no"}
}

// valueFunctions make values of types that JSON has not, and take values in parameters of many types.
func valueFunctions() template.FuncMap {
	return template.FuncMap{
		"as":       as,
		"nilOf":    func(kind string) any { return nils[kind] },
		"strs":     func(items ...string) []string { return items },
		"anys":     func(items ...any) []any { return items },
		"ints":     func(items ...int) []int { return items },
		"floats":   func(items ...float64) []float64 { return items },
		"nested":   func(items ...[]string) [][]string { return items },
		"texts":    texts,
		"integers": integers,
		"bools":    func() map[bool]int { return map[bool]int{true: 1, false: 0} },
		"reals":    func() map[float64]string { return map[float64]string{2.5: "b", -1: "a", 10: "c"} },
		"mixed":    func() map[any]any { return map[any]any{"k": 1, 2: "two"} },
		"bytes":    func(text string) []byte { return []byte(text) },
		"raw":      func(numbers ...int) string { return rawText(numbers) },
		"pointer":  pointer,
		"sample":   sample,
		"samplePointer": func(name string, count int) *Sample {
			made := sample(name, count)
			return &made
		},
		"number":      func(text string) json.Number { return json.Number(text) },
		"failure":     func(text string) any { return errors.New(text) },
		"fail":        func(text string) (string, error) { return "", errors.New(text) },
		"counted":     counted,
		"nothing":     func() any { return nil },
		"identity":    func(value any) any { return value },
		"upper":       strings.ToUpper,
		"joined":      func(separator string, items ...string) string { return strings.Join(items, separator) },
		"total":       func(numbers ...int) int { return sum(numbers) },
		"callable":    callable,
		"takeInt":     func(value int) string { return fmt.Sprintf("int %d", value) },
		"takeInt8":    func(value int8) string { return fmt.Sprintf("int8 %d", value) },
		"takeInt64":   func(value int64) string { return fmt.Sprintf("int64 %d", value) },
		"takeUint8":   func(value uint8) string { return fmt.Sprintf("uint8 %d", value) },
		"takeUint":    func(value uint) string { return fmt.Sprintf("uint %d", value) },
		"takeFloat":   func(value float64) string { return fmt.Sprintf("float64 %g", value) },
		"takeSingle":  func(value float32) string { return fmt.Sprintf("float32 %g", value) },
		"takeComplex": func(value complex128) string { return fmt.Sprintf("complex128 %g", value) },
		"takeBool":    func(value bool) string { return fmt.Sprintf("bool %t", value) },
		"takeText":    func(value string) string { return "string " + value },
		"takeMap":     func(value map[string]any) string { return fmt.Sprintf("map %v", value) },
		"takeTexts":   func(value map[string]string) string { return fmt.Sprintf("texts %v", value) },
		"takeList":    func(value []any) string { return fmt.Sprintf("list %v", value) },
		"takeStrs":    func(value []string) string { return fmt.Sprintf("strs %v %t", value, value == nil) },
		"takeBytes":   func(value []byte) string { return fmt.Sprintf("bytes %x", value) },
		"takeError":   func(value error) string { return "error" },
		"takeSample":  func(value Sample) string { return "sample " + value.Name },
		"takeAny":     func(value any) string { return fmt.Sprintf("any %T", value) },
		"takeTwo":     func(first string, second int) string { return fmt.Sprintf("two %s %d", first, second) },
		"takeMany":    func(first string, rest ...int) string { return fmt.Sprintf("many %s %v", first, rest) },
		"typeOf":      func(value any) string { return fmt.Sprintf("%T", value) },
		"kindOf":      func(value any) string { return reflect.ValueOf(value).Kind().String() },
		"deepEqual":   reflect.DeepEqual,
		"printable":   printable,
		"letter":      letter,
		"digit":       digit,
	}
}

func rawText(numbers []int) string {
	made := make([]byte, len(numbers))
	for i, number := range numbers {
		made[i] = byte(number)
	}
	return string(made)
}

func callable(name string) any {
	switch name {
	case "upper":
		return strings.ToUpper
	case "total":
		return func(numbers ...int) int { return sum(numbers) }
	case "two":
		return func(text string, number int64) (string, error) { return fmt.Sprint(text, number), nil }
	case "fail":
		return func() (string, error) { return "", errors.New("callable failed") }
	}
	return nil
}
