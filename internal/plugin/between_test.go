package plugin_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// between is the same shop, where something happens before the first write that the plugin
// sends arrives: between what it has read and what it writes.
func (s *shop) between(happens func()) *shop {
	s.Helper()
	var once sync.Once
	return s.behind(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			once.Do(happens)
		}
		return true
	})
}

// failing is the same shop, where some requests are answered with an error.
func (s *shop) failing(which func(method, path string, dry bool) bool) *shop {
	s.Helper()
	return s.behind(func(w http.ResponseWriter, r *http.Request) bool {
		if which(r.Method, r.URL.Path, r.URL.Query().Has("dryRun")) {
			http.Error(w, "it does not want to", http.StatusInternalServerError)
			return false
		}
		return true
	})
}

// behind is the same shop, reached through a proxy that passes on what it is told to.
func (s *shop) behind(passes func(http.ResponseWriter, *http.Request) bool) *shop {
	s.Helper()
	config := s.ControlPlane.RESTConfig()
	target, err := url.Parse(config.Host)
	s.Must(err)
	transport, err := rest.TransportFor(config)
	s.Must(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = transport
	proxy.FlushInterval = -1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if passes(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	s.t.Cleanup(server.Close)
	other := *s
	other.kubeconfig = filepath.Join(s.t.TempDir(), "kubeconfig")
	file := clientcmdapi.NewConfig()
	file.Clusters["test"] = &clientcmdapi.Cluster{Server: server.URL}
	file.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	file.AuthInfos["test"] = &clientcmdapi.AuthInfo{}
	file.CurrentContext = "test"
	s.Must(clientcmd.WriteToFile(*file, other.kubeconfig))
	return &other
}
