// Command admission-load is both ends of the admission benchmark.
//
//	admission-load serve ADDRESS CERTIFICATE KEY     a peer: decodes the review and answers with a fixed patch
//	admission-load ask URL CA CONNECTIONS REQUESTS   reviews from standard input over kept-alive TLS connections;
//	                                                 prints the latency of each in microseconds, one a line
//
// The peer is the least that any webhook in Go does: net/http, encoding/json into a map, a patch of the size of a real
// one. It decides nothing.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const patchSize = 4322 // of a typical pod by the existing injector

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "serve":
		check(serve(os.Args[2], os.Args[3], os.Args[4]))
	case len(os.Args) == 6 && os.Args[1] == "ask":
		connections, err := strconv.Atoi(os.Args[4])
		check(err)
		requests, err := strconv.Atoi(os.Args[5])
		check(err)
		check(ask(os.Args[2], os.Args[3], connections, requests))
	default:
		fmt.Fprintln(os.Stderr, "usage: admission-load serve ADDRESS CERTIFICATE KEY | ask URL CA CONNECTIONS REQUESTS")
		os.Exit(2)
	}
}

func serve(address, certificate, key string) error {
	patch := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", patchSize)))
	http.HandleFunc("/mutate", func(w http.ResponseWriter, r *http.Request) {
		var review map[string]any
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		request, _ := review["request"].(map[string]any)
		review["response"] = map[string]any{"uid": request["uid"], "allowed": true, "patchType": "JSONPatch", "patch": patch}
		delete(review, "request")
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	})
	return http.ListenAndServeTLS(address, certificate, key, nil)
}

func ask(url, ca string, connections, requests int) error {
	body, err := io.ReadAll(os.Stdin)
	check(err)
	pem, err := os.ReadFile(ca)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	latencies := make([][]time.Duration, connections)
	var group sync.WaitGroup
	for worker := range connections {
		group.Add(1)
		go func() {
			defer group.Done()
			// A client of its own: one connection for each worker, kept alive. HTTP/1.1, as the API server uses with webhooks
			// that offer no HTTP/2.
			client := &http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: pool}, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
			}}
			// The first request pays for the handshake and is not counted.
			for number := range requests/connections + 1 {
				begin := time.Now()
				check(post(client, url, body))
				if number > 0 {
					latencies[worker] = append(latencies[worker], time.Since(begin))
				}
			}
		}()
	}
	group.Wait()
	var lines strings.Builder
	for _, some := range latencies {
		for _, one := range some {
			fmt.Fprintln(&lines, one.Microseconds())
		}
	}
	_, err = os.Stdout.WriteString(lines.String())
	return err
}

func post(client *http.Client, url string, body []byte) error {
	answer, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || !bytes.Contains(content, []byte(`"allowed":true`)) {
		return fmt.Errorf("unexpected answer %d: %.200s", answer.StatusCode, content)
	}
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
