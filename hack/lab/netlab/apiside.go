package main

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// apiSide is the part of a control plane that Kubernetes leaves to others: it answers token reviews
// from a directory with one file per token, so that a token can be made and revoked while the API
// server runs, and it serves subresources.kubevirt.io, as an aggregated API, from a directory with one
// file per VirtualMachineInstance.
func apiSide(args []string) error {
	flags := flag.NewFlagSet("apiside", flag.ContinueOnError)
	listen := flags.String("listen", ":9443", "address to listen on")
	cert := flags.String("cert", "", "certificate file")
	key := flags.String("key", "", "key file")
	tokens := flags.String("tokens", "", "directory: file name = token, content = JSON of status.user")
	guests := flags.String("guests", "", "directory: NAMESPACE/NAME.json = answer to guestosinfo")
	if err := flags.Parse(args); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { reviewToken(w, r, *tokens) })
	for _, version := range []string{"v1", "v1alpha3"} {
		root := "/apis/subresources.kubevirt.io/" + version
		mux.HandleFunc("GET "+root, func(w http.ResponseWriter, _ *http.Request) { subresources(w, version) })
		mux.HandleFunc("GET "+root+"/namespaces/{namespace}/virtualmachineinstances/{name}/guestosinfo",
			func(w http.ResponseWriter, r *http.Request) { guestInfo(w, r, *guests) })
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServeTLS(*cert, *key)
}

func reviewToken(w http.ResponseWriter, r *http.Request, tokens string) {
	var review struct {
		Spec struct {
			Token string `json:"token"`
		} `json:"spec"`
	}
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status := map[string]any{"authenticated": false}
	token := review.Spec.Token
	if token != "" && !strings.ContainsAny(token, "/.") {
		user, err := os.ReadFile(filepath.Join(tokens, token))
		if err == nil {
			status = map[string]any{"authenticated": true, "user": json.RawMessage(user)}
		} else if !errors.Is(err, os.ErrNotExist) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	answer(w, http.StatusOK, map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})
}

func subresources(w http.ResponseWriter, version string) {
	answer(w, http.StatusOK, map[string]any{
		"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "subresources.kubevirt.io/" + version,
		"resources": []any{map[string]any{
			"name": "virtualmachineinstances/guestosinfo", "singularName": "", "namespaced": true,
			"kind": "VirtualMachineInstanceGuestAgentInfo", "verbs": []string{"get"}}}})
}

func guestInfo(w http.ResponseWriter, r *http.Request, guests string) {
	namespace, name := r.PathValue("namespace"), r.PathValue("name")
	if strings.Contains(namespace+name, "..") {
		http.Error(w, "name", http.StatusBadRequest)
		return
	}
	info, err := os.ReadFile(filepath.Join(guests, namespace, name+".json"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		// What virt-api says when the agent is not connected.
		answer(w, http.StatusConflict, map[string]any{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Conflict", "code": http.StatusConflict,
			"message": "Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io \"" + name +
				"\": VMI does not have guest agent connected"})
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		answer(w, http.StatusOK, json.RawMessage(info))
	}
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		os.Stderr.WriteString("answer: " + err.Error() + "\n")
	}
}
