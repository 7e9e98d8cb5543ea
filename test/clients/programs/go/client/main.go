// Does with client-go what `test/clients` asks of every client, by the kubeconfig of KUBECONFIG. Usage: client spdy|websocket.
// It prints a line of JSON for each operation.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

const limit = 20 * time.Second

type result struct {
	Operation string `json:"operation"`
	Value     string `json:"value,omitempty"`
	Error     string `json:"error,omitempty"`
}

func report(operation string, do func(context.Context) (string, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		value, err := do(ctx)
		if err != nil {
			done <- result{Operation: operation, Error: err.Error()}
			return
		}
		done <- result{Operation: operation, Value: value}
	}()
	var answer result
	select {
	case answer = <-done:
	case <-ctx.Done():
		answer = result{Operation: operation, Error: "no answer in time"}
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}

func main() {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		fatal(err)
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		fatal(err)
	}
	core := clients.CoreV1()

	report("get", func(ctx context.Context) (string, error) {
		namespace, err := core.Namespaces().Get(ctx, "default", metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		return namespace.Name, nil
	})
	report("list", func(ctx context.Context) (string, error) {
		list, err := core.ConfigMaps("bulk").List(ctx, metav1.ListOptions{})
		if err != nil {
			return "", err
		}
		return fmt.Sprint(len(list.Items)), nil
	})
	report("watch", func(ctx context.Context) (string, error) {
		watch, err := core.ConfigMaps("bulk").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			return "", err
		}
		defer watch.Stop()
		for range 5 {
			if event, open := <-watch.ResultChan(); !open || event.Type != "ADDED" {
				return "", fmt.Errorf("unexpected event %v", event)
			}
		}
		return "5 events", nil
	})
	report("logs", func(ctx context.Context) (string, error) {
		stream, err := core.Pods("default").GetLogs("p", &corev1.PodLogOptions{Follow: true}).Stream(ctx)
		if err != nil {
			return "", err
		}
		defer stream.Close()
		lines := bufio.NewScanner(stream)
		for range 8 {
			if !lines.Scan() {
				return "", errors.Join(lines.Err(), io.ErrUnexpectedEOF)
			}
		}
		return lines.Text(), nil
	})
	report("exec", func(ctx context.Context) (string, error) {
		options := &corev1.PodExecOptions{Container: "c", Command: []string{"echo", "hello"}, Stdout: true, Stderr: true}
		request := core.RESTClient().Post().Resource("pods").Namespace("default").Name("p").SubResource("exec").
			VersionedParams(options, scheme.ParameterCodec)
		executor, err := newExecutor(config, request.URL())
		if err != nil {
			return "", err
		}
		var out, problems bytes.Buffer
		err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &out, Stderr: &problems})
		return strings.TrimSpace(out.String()), err
	})
	report("port-forward", func(ctx context.Context) (string, error) {
		request := core.RESTClient().Post().Resource("pods").Namespace("default").Name("p").SubResource("portforward")
		dialer, err := newDialer(config, request.URL())
		if err != nil {
			return "", err
		}
		return forward(dialer)
	})
}

func byWebSocket() bool { return len(os.Args) > 1 && os.Args[1] == "websocket" }

func newExecutor(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
	if byWebSocket() {
		return remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	}
	return remotecommand.NewSPDYExecutor(config, "POST", target)
}

func newDialer(config *rest.Config, target *url.URL) (httpstream.Dialer, error) {
	if byWebSocket() {
		return portforward.NewSPDYOverWebsocketDialer(target, config)
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: transport}, "POST", target), nil
}

func forward(dialer httpstream.Dialer) (string, error) {
	stop, ready := make(chan struct{}), make(chan struct{})
	defer close(stop)
	forwarder, err := portforward.New(dialer, []string{"0:8080"}, stop, ready, io.Discard, os.Stderr)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case err := <-ended:
		return "", err
	case <-ready:
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return "", err
	}
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/x", ports[0].Local))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return strings.TrimSpace(string(body)), err
}

func fatal(err error) {
	json.NewEncoder(os.Stdout).Encode(result{Operation: "start", Error: err.Error()})
	os.Exit(1)
}
