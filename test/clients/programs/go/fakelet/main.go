// A kubelet with one pod: exec and attach run commands of this computer, port-forward leads to an HTTP server in this
// process, logs go on while they are followed. The streams are the kubelet's own code, by SPDY and WebSocket.
//
// It prints one line of JSON with its port, and ends when its standard input does.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubelet/pkg/cri/streaming/portforward"
	streams "k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	idle     = time.Hour
	creation = 30 * time.Second
	// The port that the pod's container listens on, as its specification names it.
	containerPort = 8080
	logPause      = 100 * time.Millisecond
)

type pod struct{ address string }

func (p pod) ExecInContainer(ctx context.Context, _ string, _ types.UID, _ string, command []string, in io.Reader, out, errors_ io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	if out != nil {
		child.Stdout = out
	}
	if errors_ != nil {
		child.Stderr = errors_
	}
	if in != nil {
		// With `child.Stdin = in`, Wait would wait for a client that keeps its end open.
		pipe, err := child.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			io.Copy(pipe, in)
			pipe.Close()
		}()
	}
	err := child.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return utilexec.CodeExitError{Err: fmt.Errorf("exit code %d", exit.ExitCode()), Code: exit.ExitCode()}
	}
	return err
}

func (p pod) AttachContainer(ctx context.Context, name string, uid types.UID, container string, in io.Reader, out, errors_ io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	return p.ExecInContainer(ctx, name, uid, container, []string{"cat"}, in, out, errors_, tty, resize, 0)
}

func (p pod) PortForward(ctx context.Context, _ string, _ types.UID, port int32, stream io.ReadWriteCloser) error {
	if port != containerPort {
		return fmt.Errorf("nothing listens on port %d of the pod", port)
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	defer connection.Close()
	done := make(chan struct{}, 2)
	go func() {
		io.Copy(connection, stream)
		connection.(*net.TCPConn).CloseWrite()
		done <- struct{}{}
	}()
	go func() {
		io.Copy(stream, connection)
		done <- struct{}{}
	}()
	<-done
	<-done
	return nil
}

func main() {
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(web, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "the pod answers %s\n", r.URL.Path)
	}))
	p := pod{address: web.Addr().String()}

	mux := http.NewServeMux()
	mux.HandleFunc("/exec/", func(w http.ResponseWriter, r *http.Request) {
		if options := streamOptions(w, r); options != nil {
			streams.ServeExec(w, r, p, "p", "u", "c", r.URL.Query()["command"], options, idle, creation, streamProtocols)
		}
	})
	mux.HandleFunc("/attach/", func(w http.ResponseWriter, r *http.Request) {
		if options := streamOptions(w, r); options != nil {
			streams.ServeAttach(w, r, p, "p", "u", "c", options, idle, creation, streamProtocols)
		}
	})
	mux.HandleFunc("/portForward/", func(w http.ResponseWriter, r *http.Request) {
		options, err := portforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(w, r, p, "p", "u", options, idle, creation, portforward.SupportedProtocols)
	})
	mux.HandleFunc("/containerLogs/", serveLogs)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		Handler:   mux,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}},
		// SPDY upgrades a connection of HTTP/1.1.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(server.ServeTLS(listener, "", ""))
}

// v5 is of WebSockets, which the API server ends.
var streamProtocols = []string{"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"}

func streamOptions(w http.ResponseWriter, r *http.Request) *streams.Options {
	options, err := streams.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil
	}
	return options
}

// Five lines at once; where they are followed, more until the client goes. With times where they are asked for: k9s and
// stern cut them off.
func serveLogs(w http.ResponseWriter, r *http.Request) {
	flush := w.(http.Flusher).Flush
	line := 0
	write := func() {
		if r.URL.Query().Get("timestamps") == "true" {
			fmt.Fprintf(w, "%s ", time.Now().UTC().Format(time.RFC3339Nano))
		}
		fmt.Fprintf(w, "line %d\n", line)
		line++
	}
	for line < 5 {
		write()
	}
	flush()
	if r.URL.Query().Get("follow") != "true" {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(logPause):
			write()
			flush()
		}
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
