// Command kubelab is the Kubernetes of the test lab in one binary: by its first argument (or by the
// name it is called under) it is etcd, kube-apiserver, kube-controller-manager, kube-proxy or kubectl.
//
// One binary means one link step, which is most of what building these programs costs.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/restclient"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kubecontrollermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
)

const usage = `usage: kubelab etcd|kube-apiserver|kube-controller-manager|kube-proxy|kubectl|version [flags]`

func main() {
	args := os.Args
	name := filepath.Base(args[0])
	// In the cache its name carries a hash.
	if name == "kubelab" || strings.HasPrefix(name, "kubelab-") {
		if len(args) < 2 {
			fmt.Fprintln(os.Stderr, usage)
			os.Exit(2)
		}
		name, args = args[1], args[1:]
	}
	// The commands read os.Args themselves.
	os.Args = args
	switch name {
	case "etcd":
		etcdmain.Main(args)
	case "kube-apiserver":
		os.Exit(cli.Run(kubeapiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(kubecontrollermanager.NewControllerManagerCommand()))
	case "kube-proxy":
		os.Exit(cli.Run(kubeproxy.NewProxyCommand()))
	case "kubectl":
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	case "version":
		fmt.Println(version.Get().GitVersion)
	default:
		fmt.Fprintf(os.Stderr, "kubelab: unknown program %q\n%s\n", name, usage)
		os.Exit(2)
	}
}
