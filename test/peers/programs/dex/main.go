// An issuer of dex: dex PORT PAGES CLIENT EMAIL PASSWORD. Keeps everything in memory, and has one user.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"
)

func main() {
	port, pages, client, email, password := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), 10)
	check(err)
	store := memory.New(logger)
	check(store.CreateClient(storage.Client{ID: client, Name: "Kubernetes", Public: true}))
	check(store.CreatePassword(storage.Password{Email: email, Hash: hash, Username: email, UserID: "1"}))
	check(store.CreateConnector(storage.Connector{ID: server.LocalConnector, Type: server.LocalConnector, Name: "Email"}))
	issuer, err := server.NewServer(context.Background(), server.Config{
		Issuer:             "http://127.0.0.1:" + port,
		Storage:            store,
		SkipApprovalScreen: true,
		IDTokensValidFor:   time.Hour,
		Web:                server.WebConfig{Dir: pages},
		Logger:             logger,
		PrometheusRegistry: prometheus.NewRegistry(),
	})
	check(err)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, issuer))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
