package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	dependency "github.com/hashicorp/consul-template/dependency"
	consul "github.com/hashicorp/consul-template/template"
)

// consulWorld is what a template of consul-template can see: all that has been fetched already, and the environment.
type consulWorld struct {
	Env     []string                      `json:"env"`     // NAME=value
	Secrets map[string]*dependency.Secret `json:"secrets"` // by path, with ?version=N or without
	Lists   map[string][]string           `json:"lists"`   // by path
	Writes  []consulWrite                 `json:"writes"`
	Pki     []consulPki                   `json:"pki"`
	Files   map[string]string             `json:"files"` // by path
}

type consulWrite struct {
	Path   string             `json:"path"`
	Data   map[string]any     `json:"data"`
	Secret *dependency.Secret `json:"secret"`
}

type consulPki struct {
	Path string                `json:"path"`
	Data map[string]any        `json:"data"`
	Pems dependency.PemEncoded `json:"pems"`
}

// readWorld decodes a world; numbers stay json.Number, as Vault's client has them.
func readWorld(data string) (*consulWorld, error) {
	world := &consulWorld{}
	if data == "" {
		return world, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(data)))
	decoder.UseNumber()
	return world, decoder.Decode(world)
}

func (w *consulWorld) remember(brain *consul.Brain) error {
	var failures []error
	keep := func(query dependency.Dependency, err error, value any) {
		failures = append(failures, err)
		if err == nil {
			brain.Remember(query, value)
		}
	}
	for path, secret := range w.Secrets {
		query, err := dependency.NewVaultReadQuery(path)
		keep(query, err, secret)
	}
	for path, names := range w.Lists {
		query, err := dependency.NewVaultListQuery(path)
		keep(query, err, names)
	}
	for _, write := range w.Writes {
		query, err := dependency.NewVaultWriteQuery(write.Path, write.Data)
		keep(query, err, write.Secret)
	}
	for _, pki := range w.Pki {
		query, err := dependency.NewVaultPKIQuery(pki.Path, "", pki.Data)
		keep(query, err, pki.Pems)
	}
	for path, content := range w.Files {
		query, err := dependency.NewFileQuery(path)
		keep(query, err, content)
	}
	return errors.Join(failures...)
}

// answerByConsulTemplate renders once. What the template asks for and the world lacks is a failure of kind "missing".
func answerByConsulTemplate(given testCase) answer {
	world, err := readWorld(given.Data)
	if err != nil {
		return failed("data", err)
	}
	brain := consul.NewBrain()
	if err := world.remember(brain); err != nil {
		return failed("data", err)
	}
	made, err := consul.NewTemplate(&consul.NewTemplateInput{
		Contents:      string(given.Template),
		LeftDelim:     given.Left,
		RightDelim:    given.Right,
		ErrMissingKey: given.MissingKey == "error",
	})
	if err != nil {
		return failed("parse", err)
	}
	result, err := made.Execute(&consul.ExecuteInput{Brain: brain, Env: world.Env})
	if err != nil {
		// consul-template says which of the two failed in front of what text/template says.
		if message, found := strings.CutPrefix(err.Error(), "parse: "); found {
			return failed("parse", errors.New(message))
		}
		return failed("exec", errors.New(strings.TrimPrefix(err.Error(), "execute: ")))
	}
	if result.Missing.Len() > 0 {
		names := make([]string, 0, result.Missing.Len())
		for _, missing := range result.Missing.List() {
			names = append(names, missing.String())
		}
		sort.Strings(names)
		return failed("missing", fmt.Errorf("%s", strings.Join(names, ", ")))
	}
	return answer{Output: result.Output}
}
