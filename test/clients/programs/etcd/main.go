// etcd, of the version that kube-apiserver expects: Debian's is too old for a watch with bookmarks.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
