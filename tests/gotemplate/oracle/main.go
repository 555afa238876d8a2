// The oracle: Go's own text/template, Sprig and consul-template, asked case by case.
//
// Standard input holds one JSON object a line (type testCase), standard output one a line in return (type answer), in the
// same order. Strings that may not be UTF-8 travel as base64.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

type testCase struct {
	Name       string `json:"name"`
	Template   []byte `json:"template"`
	Data       string `json:"data"` // JSON; empty for nil
	Functions  string `json:"functions"`
	MissingKey string `json:"missingkey"`
	Left       string `json:"left"`
	Right      string `json:"right"`
	Repeat     int    `json:"repeat"` // render so many times more, and say how long one takes
}

type answer struct {
	Output  []byte `json:"output"`
	Kind    string `json:"kind,omitempty"` // parse, exec, panic or data
	Message string `json:"message,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  *int   `json:"column,omitempty"`
	Nanos   int64  `json:"nanos,omitempty"`
}

var position = regexp.MustCompile(`^template: (?s:.*?):(\d+)(?::(\d+))?: `)

func failed(kind string, err error) answer {
	result := answer{Kind: kind, Message: err.Error()}
	if found := position.FindStringSubmatch(result.Message); found != nil {
		result.Line, _ = strconv.Atoi(found[1])
		if found[2] != "" {
			column, _ := strconv.Atoi(found[2])
			result.Column = &column
		}
	}
	return result
}

func functions(name string) template.FuncMap {
	switch name {
	case "", "none":
		return template.FuncMap{}
	case "values":
		return valueFunctions()
	case "sprig":
		return sprig.TxtFuncMap()
	}
	panic("no such functions: " + name)
}

// patience is how long a case may take. One that takes longer goes on in vain until the oracle ends.
const patience = 5 * time.Second

func answerInTime(given testCase) answer {
	done := make(chan answer, 1)
	go func() { done <- answerTo(given) }()
	select {
	case result := <-done:
		return result
	case <-time.After(patience + time.Duration(given.Repeat)*time.Millisecond):
		return answer{Kind: "timeout", Message: "takes too long"}
	}
}

// limited refuses more output than anybody wants to compare.
type limited struct{ bytes.Buffer }

func (l *limited) Write(piece []byte) (int, error) {
	if l.Len()+len(piece) > 16<<20 {
		return 0, errors.New("too much output")
	}
	return l.Buffer.Write(piece)
}

func answerTo(given testCase) (result answer) {
	defer func() {
		if found := recover(); found != nil {
			result = answer{Kind: "panic", Message: fmt.Sprint(found)}
		}
	}()
	if given.Functions == "consul" {
		return answerByConsulTemplate(given)
	}
	var data any
	if given.Data != "" {
		if err := json.Unmarshal([]byte(given.Data), &data); err != nil {
			return failed("data", err)
		}
	}
	made := template.New(given.Name).Funcs(functions(given.Functions)).Delims(given.Left, given.Right)
	if given.MissingKey != "" {
		made = made.Option("missingkey=" + given.MissingKey)
	}
	parsed, err := made.Parse(string(given.Template))
	if err != nil {
		return failed("parse", err)
	}
	var output limited
	if err := parsed.Execute(&output, data); err != nil {
		return failed("exec", err)
	}
	result = answer{Output: output.Bytes()}
	if given.Repeat > 0 {
		begin := time.Now()
		for range given.Repeat {
			output.Reset()
			_ = parsed.Execute(&output, data)
		}
		result.Nanos = time.Since(begin).Nanoseconds() / int64(given.Repeat)
	}
	return result
}

func main() {
	debug.SetMaxStack(1 << 30)
	reader := bufio.NewReaderSize(os.Stdin, 1<<20)
	writer := bufio.NewWriter(os.Stdout)
	decoder := json.NewDecoder(reader)
	encoder := json.NewEncoder(writer)
	for decoder.More() {
		var given testCase
		if err := decoder.Decode(&given); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := encoder.Encode(answerInTime(given)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		// Answer at once when nothing more waits: a caller may ask again by what it read.
		if reader.Buffered() == 0 {
			writer.Flush()
		}
	}
	writer.Flush()
}
