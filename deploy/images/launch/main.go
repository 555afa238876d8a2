// Command sealer-launch puts the variables of an env file into its environment and becomes the command that it is given.
//
//	sealer-launch --env-file PATH -- COMMAND [ARGUMENT]...
//
// It stands in front of a container's command when a pod asks for secrets as environment variables. It needs no shell,
// no library and no network, and nothing of it is left once the command runs: it is replaced, so that signals, exit
// status and process id are the command's own.
//
// The file holds records NAME=value, each ended by one NUL byte, as /proc/PID/environ does: a value may hold any other
// byte, and nothing is quoted. A variable of the file replaces one of the container's of the same name.
//
// Exit status where it cannot become the command, as env(1) has it: 125 for a fault of its own, 126 for a command that
// cannot be run, 127 for one that is not found. No message ever holds a value.
package main

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const (
	statusFault    = 125
	statusNotRun   = 126
	statusNotFound = 127

	// What the usual shells and runtimes search where PATH says nothing.
	defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	usage       = "usage: sealer-launch --env-file PATH -- COMMAND [ARGUMENT]..."
)

func main() {
	file, command, ok := parseArguments(os.Args[1:])
	if !ok {
		fail(statusFault, usage)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		fail(statusFault, "cannot read "+file+": "+reason(err))
	}
	variables, fault := parseVariables(string(content))
	if fault != "" {
		fail(statusFault, file+": "+fault)
	}
	environment := merge(os.Environ(), variables)
	path, status := lookUp(command[0], value(environment, "PATH"))
	if status != 0 {
		fail(status, "cannot run "+command[0]+": "+map[int]string{
			statusNotFound: "not found", statusNotRun: "permission denied",
		}[status])
	}
	err = syscall.Exec(path, command, environment)
	// Still here: the kernel refused. Its reasons name neither arguments nor variables.
	if errors.Is(err, syscall.E2BIG) {
		fail(statusNotRun, "cannot run "+command[0]+": the variables are larger than the kernel takes")
	}
	if errors.Is(err, syscall.ENOENT) {
		fail(statusNotFound, "cannot run "+command[0]+": its interpreter is not found")
	}
	fail(statusNotRun, "cannot run "+command[0]+": "+reason(err))
}

// parseArguments takes --env-file PATH (or --env-file=PATH), then --, then the command.
func parseArguments(arguments []string) (file string, command []string, ok bool) {
	for len(arguments) > 0 {
		word := arguments[0]
		switch {
		case word == "--":
			return file, arguments[1:], file != "" && len(arguments) > 1
		case word == "--env-file" && len(arguments) > 1:
			file, arguments = arguments[1], arguments[2:]
		case strings.HasPrefix(word, "--env-file="):
			file, arguments = strings.TrimPrefix(word, "--env-file="), arguments[1:]
		default:
			return "", nil, false
		}
	}
	return "", nil, false
}

// parseVariables splits an env file into its records; fault says what is wrong with it, without any value.
func parseVariables(content string) (variables []string, fault string) {
	if content == "" {
		return nil, ""
	}
	if !strings.HasSuffix(content, "\x00") {
		return nil, "it is cut short: the last record has no end"
	}
	records := strings.Split(strings.TrimSuffix(content, "\x00"), "\x00")
	for number, record := range records {
		name, _, found := strings.Cut(record, "=")
		if !found || !isName(name) {
			return nil, "record " + strconv.Itoa(number+1) + " is not NAME=value"
		}
	}
	return records, ""
}

// isName tells whether a text is the name of a variable (POSIX.1-2024, 8.1, with lower case letters as all shells take them).
func isName(text string) bool {
	for i, c := range []byte(text) {
		letter := c == '_' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c < '0' || '9' < c) {
			return false
		}
	}
	return text != ""
}

// merge returns the environment with the variables set, each name once, so that no program sees two of one name.
func merge(environment, variables []string) []string {
	last := map[string]string{}
	for _, record := range variables {
		name, _, _ := strings.Cut(record, "=")
		last[name] = record
	}
	merged := make([]string, 0, len(environment)+len(variables))
	for _, record := range environment {
		name, _, _ := strings.Cut(record, "=")
		if _, replaced := last[name]; !replaced {
			merged = append(merged, record)
		}
	}
	for _, record := range variables {
		name, _, _ := strings.Cut(record, "=")
		if last[name] == record {
			merged = append(merged, record)
			delete(last, name)
		}
	}
	return merged
}

func value(environment []string, name string) string {
	for _, record := range environment {
		if found, value, _ := strings.Cut(record, "="); found == name {
			return value
		}
	}
	return ""
}

// lookUp finds a command as execvp(3) does: one with a slash is a path, another is searched for along PATH.
func lookUp(command, path string) (found string, status int) {
	if strings.Contains(command, "/") {
		return command, runnable(command)
	}
	if path == "" {
		path = defaultPath
	}
	status = statusNotFound
	for _, folder := range strings.Split(path, ":") {
		if folder == "" {
			folder = "."
		}
		candidate := folder + "/" + command
		switch runnable(candidate) {
		case 0:
			return candidate, 0
		case statusNotRun:
			// Searched on, as a later folder may have one that can be run; remembered, as "not found" would mislead.
			status = statusNotRun
		}
	}
	return "", status
}

func runnable(path string) int {
	const execute = 1 // X_OK of access(2)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrPermission):
		return statusNotRun
	case err != nil:
		return statusNotFound
	case info.IsDir() || syscall.Access(path, execute) != nil:
		return statusNotRun
	}
	return 0
}

// reason is what the system said, without the operation and the path that os puts in front.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return "an unknown fault"
}

func fail(status int, message string) {
	os.Stderr.WriteString("sealer-launch: " + message + "\n")
	os.Exit(status)
}
